//! `GetAccount`, `LookupAccounts` and `BatchGetAccounts`.

use std::collections::HashMap;

use guichet_proto::v1::{
    BatchGetAccountsRequest, BatchGetAccountsResponse, GetAccountRequest, GetAccountResponse,
    LookupAccountsRequest, LookupAccountsResponse, lookup_accounts_request::Key,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::{email_address::EmailAddress, username::Username, view};
use crate::{
    call::{Call, parse_id},
    error::{Error, Violation},
    store::{
        account::{Column, Entity, Model, State},
        scope::Scope,
    },
};

/// Most ids of one `BatchGetAccounts`.
const MAX_BATCH: usize = 100;

/// `GetAccount`.
pub async fn get_account(
    call: &Call<'_>,
    request: GetAccountRequest,
) -> Result<GetAccountResponse, Error> {
    let id = call.named_account("account_id", &request.account_id)?;
    let scope = if call.caller.account_id() == Some(id) {
        Scope::Everything
    } else {
        call.reading_scope()?
    };
    let account = Entity::within(&scope)
        .filter(Column::Id.eq(id))
        .one(&call.app.store.read)
        .await?
        .ok_or(Error::NotFound)?;

    Ok(GetAccountResponse {
        account: Some(view::account(&account)),
    })
}

/// `LookupAccounts`.
pub async fn lookup_accounts(
    call: &Call<'_>,
    request: LookupAccountsRequest,
) -> Result<LookupAccountsResponse, Error> {
    let query = match request.key.ok_or_else(|| Error::field("key", "REQUIRED"))? {
        Key::Username(username) => {
            Username::lookup_key(&username).map(|key| Entity::by_username_key(&key))
        }
        Key::Email(email) => EmailAddress::lookup_key(&email).map(|key| Entity::by_email_key(&key)),
        // PostgreSQL would refuse the NUL instead of finding nothing.
        Key::ExternalId(id) if id.contains('\0') => None,
        Key::ExternalId(id) => Some(Entity::find().filter(Column::ExternalId.eq(id))),
    };

    let accounts = match query {
        Some(query) => {
            query
                .filter(call.reading_scope()?.covers(Column::InstitutionId))
                .filter(Column::State.ne(State::Deleted))
                .order_by_asc(Column::Id)
                .all(&call.app.store.read)
                .await?
        }
        None => Vec::new(),
    };
    Ok(LookupAccountsResponse {
        accounts: accounts.iter().map(view::account).collect(),
    })
}

/// `BatchGetAccounts`.
pub async fn batch_get_accounts(
    call: &Call<'_>,
    request: BatchGetAccountsRequest,
) -> Result<BatchGetAccountsResponse, Error> {
    let ids = batch_ids(&request.account_ids)?;
    let found = Entity::within(&call.reading_scope()?)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(&call.app.store.read)
        .await?;
    let by_id: HashMap<Uuid, Model> = found
        .into_iter()
        .map(|account| (account.id, account))
        .collect();

    let accounts = ids
        .iter()
        .filter_map(|id| by_id.get(id))
        .map(view::account)
        .collect();
    Ok(BatchGetAccountsResponse { accounts })
}

fn batch_ids(texts: &[String]) -> Result<Vec<Uuid>, Error> {
    if texts.is_empty() {
        return Err(Error::field("account_ids", "REQUIRED"));
    }
    if texts.len() > MAX_BATCH {
        return Err(Error::InvalidFields(vec![Violation::with_limit(
            "account_ids",
            "TOO_MANY",
            MAX_BATCH,
        )]));
    }

    let mut ids = Vec::with_capacity(texts.len());
    let mut violations = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match parse_id("", text) {
            Ok(id) => ids.push(id),
            Err(_) => violations.push(Violation::new(
                format!("account_ids[{index}]"),
                "INVALID_ID",
            )),
        }
    }
    if violations.is_empty() {
        Ok(ids)
    } else {
        Err(Error::InvalidFields(violations))
    }
}
