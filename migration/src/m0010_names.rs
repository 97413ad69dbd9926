//! Gives the accounts that are older than `name_key` theirs: no database folds accents by itself.
//!
//! Some at a time, each time in a transaction of its own, so that the servers that run meanwhile need not wait for all of
//! them. Cut off, it begins again with those that are left.

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::{ConnectionTrait as _, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager},
    sea_orm::{Statement, TransactionTrait as _, Value, prelude::Uuid},
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Accounts of one transaction.
const BATCH: i64 = 500;

const NEXT: &str = "SELECT id, display_name FROM account
    WHERE id > $1 AND name_key = '' AND display_name <> '' ORDER BY id LIMIT $2";

const UPDATE: &str = "UPDATE account SET name_key = $1 WHERE id = $2 AND display_name = $3";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = manager.get_database_backend();
        let statement =
            |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(backend, sql, values);
        let mut after = Uuid::nil();
        loop {
            let next = statement(NEXT, vec![after.into(), BATCH.into()]);
            let rows = db.query_all_raw(next).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let txn = db.begin().await?;
            for row in &rows {
                after = row.try_get("", "id")?;
                let name: String = row.try_get("", "display_name")?;
                let values = vec![key(&name).into(), after.into(), name.into()];
                txn.execute_raw(statement(UPDATE, values)).await?;
            }
            txn.commit().await?;
        }
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

fn key(name: &str) -> String {
    let bare = name.nfkd().filter(|letter| !is_combining_mark(*letter));
    let lower: String = bare.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}
