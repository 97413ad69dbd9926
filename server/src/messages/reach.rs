//! Which mails the callers of this service may reach.

use sea_orm::{EntityTrait as _, Select};

use crate::store::outbox;

/// Where every query of the service begins: its callers are administrators, who reach all of them.
pub(super) fn mails() -> Select<outbox::Entity> {
    outbox::Entity::find()
}
