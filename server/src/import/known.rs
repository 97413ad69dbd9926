//! What a batch of rows meets in the database.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::row::Candidate;
use crate::{
    error::Error,
    institution::row as institution_row,
    store::{account, account_origin, import, institution, scope::Scope},
};

/// What the database has that the rows of a batch may be, or may collide with.
#[derive(Debug, Default)]
pub struct Known {
    /// Who has a normalised username.
    pub usernames: HashSet<String>,
    /// Who has an external id.
    pub external_ids: HashSet<String>,
    /// Accounts of earlier imports of the same source, by the key of their row.
    pub origins: HashMap<String, account_origin::Model>,
    /// Those of them that are in the caller's scope.
    pub accounts: HashMap<Uuid, account::Model>,
    /// The institutions of the accounts in scope that have a normalised address.
    pub emails: HashMap<String, Vec<Option<Uuid>>>,
    /// Institutions in scope, by external id.
    pub institutions: HashMap<String, Uuid>,
}

impl Known {
    /// Looks everything up that the rows name. The institutions stay until the transaction ends, the job's too.
    ///
    /// # Errors
    /// `InvalidFields` if the job's institution is gone, or out of the caller's scope by now.
    pub async fn load(
        txn: &impl ConnectionTrait,
        scope: &Scope,
        job: &import::Model,
        rows: &[&Candidate],
    ) -> Result<Self, Error> {
        let origins = origins(txn, &job.source, rows).await?;
        let ids = origins.iter().map(|origin| origin.account_id);
        let accounts = account::Entity::within(scope)
            .filter(account::Column::Id.is_in(ids))
            .lock_exclusive()
            .all(txn)
            .await?;
        if let Some(id) = job.institution_id {
            let kept = institution_row::keep(txn, scope, id).await;
            kept.map_err(unknown_institution)?;
        }
        Ok(Self {
            usernames: texts(
                txn,
                account::Column::UsernameKey,
                rows.iter().map(|row| row.username_key.as_str()),
            )
            .await?,
            external_ids: texts(
                txn,
                account::Column::ExternalId,
                rows.iter().filter_map(|row| row.external_id.as_deref()),
            )
            .await?,
            emails: emails(txn, scope, rows).await?,
            institutions: institutions(txn, scope, rows).await?,
            origins: origins
                .into_iter()
                .map(|origin| (origin.row_key.clone(), origin))
                .collect(),
            accounts: accounts
                .into_iter()
                .map(|account| (account.id, account))
                .collect(),
        })
    }
}

/// Which of the rows earlier imports of the source have had.
pub async fn origins(
    db: &impl ConnectionTrait,
    source: &str,
    rows: &[&Candidate],
) -> Result<Vec<account_origin::Model>, Error> {
    let keys = rows.iter().map(|row| row.key.as_str());
    let origins = account_origin::Entity::find()
        .filter(account_origin::Column::Source.eq(source))
        .filter(account_origin::Column::RowKey.is_in(keys));
    Ok(origins.all(db).await?)
}

/// Which of `wanted` some account has in `column`.
async fn texts<'a>(
    txn: &impl ConnectionTrait,
    column: account::Column,
    wanted: impl Iterator<Item = &'a str>,
) -> Result<HashSet<String>, Error> {
    let found = account::Entity::find()
        .select_only()
        .column(column)
        .filter(column.is_in(wanted))
        .into_tuple::<String>();
    Ok(found.all(txn).await?.into_iter().collect())
}

/// Of people within reach only: a dry run leaves no trace, and must not tell whose address somebody elsewhere has.
async fn emails(
    txn: &impl ConnectionTrait,
    scope: &Scope,
    rows: &[&Candidate],
) -> Result<HashMap<String, Vec<Option<Uuid>>>, Error> {
    let keys = rows.iter().filter_map(|row| row.email_key.as_deref());
    let found = account::Entity::within(scope)
        .select_only()
        .column(account::Column::EmailKey)
        .column(account::Column::InstitutionId)
        .distinct()
        .filter(account::Column::EmailKey.is_in(keys))
        .filter(account::Column::State.ne(account::State::Deleted))
        .into_tuple::<(String, Option<Uuid>)>();
    let mut emails: HashMap<String, Vec<Option<Uuid>>> = HashMap::new();
    for (key, institution_id) in found.all(txn).await? {
        emails.entry(key).or_default().push(institution_id);
    }
    Ok(emails)
}

async fn institutions(
    txn: &impl ConnectionTrait,
    scope: &Scope,
    rows: &[&Candidate],
) -> Result<HashMap<String, Uuid>, Error> {
    let wanted = rows.iter().filter_map(|row| row.institution.as_deref());
    let found = institution::Entity::within(scope)
        .filter(institution::Column::ExternalId.is_in(wanted))
        .lock_shared()
        .all(txn)
        .await?;
    let named = found
        .into_iter()
        .filter_map(|institution| Some((institution.external_id?, institution.id)));
    Ok(named.collect())
}

/// One out of scope is as unknown as one that doesn't exist.
pub fn unknown_institution(error: Error) -> Error {
    match error {
        Error::NotFound => Error::field("begin.institution_id", "UNKNOWN_INSTITUTION"),
        other => other,
    }
}
