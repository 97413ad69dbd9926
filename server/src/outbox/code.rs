//! The codes of mails, made right before they leave, and the links that carry them.

use std::time::Duration;

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait};
use uuid::Uuid;

use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    secret,
    store::reset_code::{self, Purpose},
};

/// Makes an activation link to hand over on the spot, beside the one that is mailed.
pub async fn activation_link(app: &App, account_id: Uuid, email: &str) -> Result<String, Error> {
    let txn = app.store.write().await?;
    let fresh = Fresh {
        account_id,
        message_id: app.clock.new_id(),
        purpose: Purpose::Activation,
        email,
        return_url: None,
    };
    let code = mint(
        &txn,
        app,
        fresh,
        app.clock.now(),
        app.config.lifetimes.activation,
    )
    .await?;
    txn.commit().await?;
    Ok(link(app, "ResetPassword", account_id, &code))
}

/// A code about to be made.
pub(super) struct Fresh<'a> {
    pub(super) account_id: Uuid,
    pub(super) message_id: Uuid,
    pub(super) purpose: Purpose,
    pub(super) email: &'a str,
    pub(super) return_url: Option<String>,
}

/// Makes a code and keeps its hash.
pub(super) async fn mint(
    db: &impl ConnectionTrait,
    app: &App,
    fresh: Fresh<'_>,
    now: Timestamp,
    lifetime: Duration,
) -> Result<String, Error> {
    let code = secret::code();
    reset_code::ActiveModel {
        id: Set(app.clock.new_id()),
        account_id: Set(fresh.account_id),
        message_id: Set(fresh.message_id),
        purpose: Set(fresh.purpose),
        code_hash: Set(secret::hash(&code)),
        email: Set(Some(fresh.email.to_owned())),
        return_url: Set(fresh.return_url),
        create_time: Set(now),
        expire_time: Set(now.plus(lifetime)),
        use_time: Set(None),
        open_time: Set(None),
        revoke_time: Set(None),
        wrong_emails: Set(0),
    }
    .insert(db)
    .await?;
    Ok(code)
}

/// The address of a page that takes a code.
pub(super) fn link(app: &App, page: &str, account_id: Uuid, code: &str) -> String {
    format!(
        "{}/Account/{page}?userId={account_id}&code={code}",
        app.brand.public_url
    )
}

/// The address of the page that a code is typed into.
pub fn link_to_reset(app: &App, account_id: Uuid) -> String {
    format!(
        "{}/Account/ResetPassword?userId={account_id}",
        app.brand.public_url
    )
}
