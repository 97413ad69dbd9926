//! `IssueResetCode`: a short code for a person whom no mail reaches.

use std::time::Duration;

use guichet_proto::v1::{IssueResetCodeRequest, IssueResetCodeResponse};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction};
use serde_json::json;

use super::short;
use crate::{
    account::{fields::Fields, lifecycle, row, state::Transition},
    call::{Call, parse_duration, parse_id},
    clock::Timestamp,
    error::Error,
    event,
    outbox::{self, Cause},
    secret,
    store::{
        account::{self, State},
        reset_code::{self, Purpose},
    },
};

/// Long enough to be read out over the telephone.
const SHORTEST: Duration = Duration::from_mins(10);

/// A printed sheet lies in a pigeon-hole for some days.
const LONGEST: Duration = Duration::from_hours(14 * 24);

const DEFAULT: Duration = Duration::from_hours(24);

/// Makes a short code and shows it, this once.
pub async fn issue_reset_code(
    call: &Call<'_>,
    request: IssueResetCodeRequest,
) -> Result<IssueResetCodeResponse, Error> {
    let mut fields = Fields::default();
    let id = fields.part(parse_id("account_id", &request.account_id))?;
    let lifetime = fields.part(lifetime(request.ttl))?;
    fields.finish()?;
    let id = id.ok_or_else(|| Error::field("account_id", "REQUIRED"))?;
    // It would be a new password without the old one, and a session may be stolen.
    if call.caller.account_id() == Some(id) {
        return Err(Error::Forbidden);
    }
    let expire_time = call.now.plus(lifetime.unwrap_or(DEFAULT));

    let app = call.app;
    let txn = app.store.write().await?;
    let account = row::lock_in_scope(&txn, call, id).await?;
    let account = made_ready(call, &txn, account).await?;
    reset_code::Entity::revoke_all_for(&txn, id, Purpose::HandedOver, call.now).await?;
    let code = make(call, &txn, &account, expire_time).await?;
    let about = json!({ "expire_time": expire_time.to_proto().to_string() });
    let actor = call.caller.actor_id();
    event::append(&txn, call, "reset.code_issued", &account, actor, about).await?;
    if let Some(email) = &account.email {
        let expire_time = expire_time.unix_seconds();
        let cause = Cause::CodeIssued { expire_time };
        outbox::enqueue(&txn, app, cause, &account, email).await?;
    }
    txn.commit().await?;

    app.wake.send_replace(());
    Ok(IssueResetCodeResponse {
        code: secret::grouped(&code),
        user_id: id.to_string(),
        username: account.username,
        expire_time: Some(expire_time.to_proto()),
        link: outbox::link_to_reset(app, id),
    })
}

fn lifetime(asked: Option<prost_types::Duration>) -> Result<Duration, Error> {
    let Some(asked) = asked else {
        return Ok(DEFAULT);
    };
    let lifetime = parse_duration("ttl", asked)?;
    if (SHORTEST..=LONGEST).contains(&lifetime) {
        Ok(lifetime)
    } else {
        Err(Error::field("ttl", "OUT_OF_RANGE"))
    }
}

/// An account that may choose a password. To hand a code to the person of an old one is to vouch for them, and the only
/// way for who has no address.
async fn made_ready(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: account::Model,
) -> Result<account::Model, Error> {
    match account.state {
        State::Pending | State::Active => Ok(account),
        State::Disabled | State::Deleted => Err(Error::State),
        State::Legacy => {
            let without_password = account::ActiveModel {
                password_hash: Set(None),
                ..Default::default()
            };
            lifecycle::apply(txn, call, &account, Transition::Migrate, without_password).await
        }
    }
}

async fn make(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    account: &account::Model,
    expire_time: Timestamp,
) -> Result<String, Error> {
    let app = call.app;
    let code = secret::short_code();
    reset_code::ActiveModel {
        id: Set(app.clock.new_id()),
        account_id: Set(account.id),
        message_id: Set(app.clock.new_id()),
        purpose: Set(Purpose::HandedOver),
        code_hash: Set(short::digest(app, account.id, &code).to_vec()),
        email: Set(None),
        return_url: Set(None),
        create_time: Set(call.now),
        expire_time: Set(expire_time),
        use_time: Set(None),
        open_time: Set(None),
        revoke_time: Set(None),
        wrong_emails: Set(0),
    }
    .insert(txn)
    .await?;
    Ok(code)
}
