//! A word to the person when the account is opened from somewhere new (ASVS 5.0, 6.3.5).

use std::time::Duration;

use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    call::Call,
    error::Error,
    outbox::{self, Cause},
    store::{account, outbox as mails, session},
    transport::peer,
};

/// Whoever travels must not get a mail at each station, or he stops reading them.
const AT_MOST_EVERY: Duration = Duration::from_hours(24);

/// Queues the notice, unless the account was opened from this network before or never at all. The worker finds it by
/// itself within a second.
///
/// The network decides, not what the device says of itself: that is for a thief to choose.
pub(super) async fn tell(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    device_name: &str,
) -> Result<(), Error> {
    let Some(email) = &account.email else {
        return Ok(());
    };
    let sessions = session::Entity::find().filter(session::Column::AccountId.eq(account.id));
    let here = session::Column::Network.eq(peer::network(call.client));
    let is_known = sessions.clone().filter(here).count(txn).await? > 0;
    if is_known || sessions.count(txn).await? == 0 {
        return Ok(());
    }
    let recent = mails::Entity::find()
        .filter(mails::Column::AccountId.eq(account.id))
        .filter(mails::Column::Kind.eq(outbox::NEW_PLACE))
        .filter(mails::Column::CreateTime.gt(call.now.minus(AT_MOST_EVERY)));
    if recent.count(txn).await? > 0 {
        return Ok(());
    }
    let cause = Cause::NewPlace {
        device_name: device_name.to_owned(),
    };
    outbox::enqueue(txn, call.app, cause, account, email).await
}
