//! What administrators find people by: names whatever their accents, and whether a link was opened.

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::{ConnectionTrait as _, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager},
    sea_orm::{Statement, Value, prelude::Uuid},
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Accounts that are read at once.
const BATCH: i64 = 1_000;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "ALTER TABLE account ADD COLUMN name_key text NOT NULL DEFAULT ''",
            "ALTER TABLE reset_code ADD COLUMN open_time bigint",
            "CREATE INDEX account_name ON account (name_key, id)",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        fill_in(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "DROP INDEX account_name",
            "ALTER TABLE reset_code DROP COLUMN open_time",
            "ALTER TABLE account DROP COLUMN name_key",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

/// Gives the accounts that there are their keys: no database folds accents by itself.
async fn fill_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = manager.get_database_backend();
    let statement =
        |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(backend, sql, values);
    let mut after = Uuid::nil();
    loop {
        let page = "SELECT id, display_name FROM account WHERE id > $1 ORDER BY id LIMIT $2";
        let rows = db
            .query_all_raw(statement(page, vec![after.into(), BATCH.into()]))
            .await?;
        for row in &rows {
            after = row.try_get("", "id")?;
            let name: String = row.try_get("", "display_name")?;
            if !name.is_empty() {
                let update = "UPDATE account SET name_key = $1 WHERE id = $2";
                db.execute_raw(statement(update, vec![key(&name).into(), after.into()]))
                    .await?;
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

fn key(name: &str) -> String {
    let bare = name.nfkd().filter(|letter| !is_combining_mark(*letter));
    let lower: String = bare.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}
