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

/// Queues the notice, unless the person is known here. The worker finds it by itself within a second.
///
/// Known is the device by its token, or the network: what the device says of itself is for a thief to choose. A device is
/// not needed where the network is known, or each computer of a school would be news; after many failures it is.
pub(super) async fn tell(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    arrival: &Arrival,
) -> Result<(), Error> {
    if account.email.is_none() {
        return Ok(());
    }
    let app = call.app;
    let device = Device::open(&app.master_key, &arrival.device_token);
    if device.is_some_and(|device| device.is_known_to(app, account, call.now)) {
        return Ok(());
    }
    let device_name = arrival.device_name.clone();
    let cause = if arrival.failures >= MANY_FAILURES {
        let failures = arrival.failures;
        Cause::ManyFailures {
            device_name,
            failures,
        }
    } else if is_new_place(call, txn, account).await? {
        Cause::NewPlace { device_name }
    } else {
        return Ok(());
    };
    outbox::enqueue_daily(txn, app, cause, account, call.now).await
}

/// Whether the account was opened before, and never from here.
async fn is_new_place(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
) -> Result<bool, Error> {
    let network = peer::network(call.client);
    if session::Entity::is_familiar(txn, account.id, &network).await? {
        return Ok(false);
    }
    Ok(session::Entity::has_any(txn, account.id).await?)
}
