//! Whom an institution's administrator may not touch, though they belong to the institution.

use sea_orm::{ConnectionTrait, QueryFilter as _, SelectExt as _};

use crate::{
    error::Error,
    store::{
        account::Model,
        institution_member::{Column, Entity},
        scope::Scope,
    },
};

/// Roles that reach further than any institution.
const ABOVE: [&str; 2] = ["admin", "service"];

/// Refuses an account that is ranked above who has `scope`: one that reaches everything, or that administers anything
/// out of scope, further up or beside it. Else who may give such an account another address could take it over.
pub async fn check(db: &impl ConnectionTrait, scope: &Scope, account: &Model) -> Result<(), Error> {
    if *scope == Scope::Everything {
        return Ok(());
    }
    let roles = account.role_names();
    if roles.iter().any(|role| ABOVE.contains(&role.as_str())) {
        return Err(Error::Forbidden);
    }
    let elsewhere = Entity::of(account.id).filter(scope.spares(Column::InstitutionId));
    if elsewhere.exists(db).await? {
        return Err(Error::Forbidden);
    }

    Ok(())
}
