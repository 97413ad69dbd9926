//! Which institution an account may be given to.

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    call::Call,
    error::{Error, Violation},
    institution,
    store::{account::Model, scope::Scope},
};

/// Refuses what is no institution in the caller's scope, and keeps the institution until the transaction ends. Whose
/// scope is bounded can't let an account go out of it.
pub async fn check(
    db: &impl ConnectionTrait,
    call: &Call<'_>,
    institution_id: Option<Uuid>,
) -> Result<(), Error> {
    const FIELD: &str = "account.institution_id";
    let scope = call.scope()?;
    match institution_id {
        Some(id) => match institution::row::keep(db, &scope, id).await {
            // One out of scope is as unknown as one that doesn't exist.
            Err(Error::NotFound) => Err(Error::field(FIELD, "UNKNOWN_INSTITUTION")),
            kept => kept.map(drop),
        },
        None if scope == Scope::Everything => Ok(()),
        None => Err(Error::InvalidFields(vec![Violation::new(
            FIELD, "REQUIRED",
        )])),
    }
}

/// Refuses roles from who may not give any.
pub fn check_roles(call: &Call<'_>, account: &Model) -> Result<(), Error> {
    if call.caller.has_role("admin") || account.role_names() == ["user"] {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
