//! A word to the person when the account is opened from somewhere new, or after many wrong passwords (ASVS 5.0, 6.3.5).

use sea_orm::DatabaseTransaction;

use super::{device::Device, session::Arrival};
use crate::{
    call::Call,
    error::Error,
    outbox::{self, Cause},
    store::{account, session},
    transport::peer,
};

/// More than a person mistypes.
const MANY_FAILURES: i64 = 10;

/// How well a person is known where they sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On a device that the person has signed in on.
    OwnDevice,
    /// The account was opened from this network, or never from anywhere.
    Familiar,
    /// The account was opened before, and never from here.
    New,
}

/// Looks where the person signs in. Before the transaction: nothing that is written there changes it.
///
/// Known is the device by its token, or the network: what the device says of itself is for a thief to choose. A device is
/// not needed where the network is known, or each computer of a school would be news.
pub(super) async fn look(
    call: &Call<'_>,
    account: &account::Model,
    device_token: &str,
) -> Result<Place, Error> {
    let app = call.app;
    let device = Device::open(&app.master_key, device_token);
    if device.is_some_and(|device| device.is_known_to(app, account, call.now)) {
        return Ok(Place::OwnDevice);
    }
    let db = &app.store.read;
    let network = peer::network(call.client);
    let is_new = !session::Entity::is_familiar(db, account.id, &network).await?
        && session::Entity::has_any(db, account.id).await?;
    Ok(if is_new { Place::New } else { Place::Familiar })
}

/// Queues the notice, unless the person is known there. Many failures are told wherever the person is: one who has taken
/// a device, or its token, is known as well. Where they were told today, a new place is told all the same: tries made
/// beforehand must not hide it. The worker finds it by itself within a second.
pub(super) async fn tell(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    (account, place): (&account::Model, Place),
    arrival: &Arrival,
) -> Result<(), Error> {
    let device_name = arrival.device_name.clone();
    let failures = arrival.failures;
    let many = Cause::ManyFailures {
        device_name: device_name.clone(),
        failures,
    };
    let are_many_news = failures >= MANY_FAILURES
        && !outbox::is_told_today(txn, call.app, &many, account.id, call.now).await?;
    let cause = match place {
        _ if are_many_news => many,
        Place::New => Cause::NewPlace { device_name },
        Place::OwnDevice | Place::Familiar => return Ok(()),
    };
    outbox::enqueue_daily(txn, call.app, cause, account, call.now).await
}
