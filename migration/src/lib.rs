//! Guichet's database schema: one file per change.
//!
//! Servers of the version before work on while a change is made, and must go on when it is done. So a change adds, and
//! what it makes superfluous is removed by a later release; and it holds no table for longer than a person notices:
//!
//! - Tables and columns are made by `tables!`, in one transaction, whole or not at all. A new column allows NULL or has a
//!   constant default, so that no row is written anew.
//! - An index of a table that may be large is a change of its own, made by `indexes!`: on PostgreSQL without a
//!   transaction and concurrently, while others write. In a transaction it would lock the table against them until it is
//!   done. Some of the older changes do that, and stay as they were released.
//! - Rows are filled in some at a time, in transactions of their own, as `m0010_names` does it.
//!
//! Whatever runs without a transaction must be able to begin again where it was cut off.

pub use sea_orm_migration::{
    Migration, MigrationStatus, MigrationTrait,
    prelude::{MigratorTrait, SchemaManager},
};

mod m0001_accounts;
mod m0002_sessions;
mod m0003_resets;
mod m0004_mails;
mod m0005_institutions;
mod m0006_bounces;
mod m0007_imports;
mod m0008_people;
mod m0009_hash_kinds;
mod m0010_names;
mod m0011_second_factors;
mod m0012_journal;
mod m0013_throttles;
mod m0014_password_rules;
mod m0015_retired_keys;
mod m0016_expiry;
mod m0018_append_only;
mod m0019_unconfirmed;

/// Every change in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_sessions::Migration),
            Box::new(m0003_resets::Migration),
            Box::new(m0004_mails::Migration),
            Box::new(m0005_institutions::Migration),
            Box::new(m0006_bounces::Migration),
            Box::new(m0007_imports::Migration),
            Box::new(m0008_people::Migration),
            Box::new(m0009_hash_kinds::Migration),
            Box::new(m0010_names::Migration),
            Box::new(m0011_second_factors::Migration),
            Box::new(m0012_journal::Migration),
            Box::new(m0013_throttles::Migration),
            Box::new(m0014_password_rules::Migration),
            Box::new(m0015_retired_keys::Migration),
            Box::new(m0016_expiry::Migration),
            Box::new(m0018_append_only::Migration),
            Box::new(m0019_unconfirmed::Migration),
        ]
    }
}

/// Declares a migration made of tables and indexes: up creates them in order; down undoes what was done to older tables,
/// then drops the new ones in reverse.
macro_rules! tables {
    ($($statement:expr),+ ; $(undo $($undo:literal),+ $(;)?)? $(drop $($table:literal),+)? $(,)?) => {
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub(crate) struct Migration;

        #[sea_orm_migration::async_trait::async_trait]
        impl sea_orm_migration::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::DbErr> {
                let binary = match manager.get_database_backend() {
                    sea_orm_migration::sea_orm::DbBackend::Postgres => "bytea",
                    _ => "blob",
                };
                let uuid = match manager.get_database_backend() {
                    sea_orm_migration::sea_orm::DbBackend::Postgres => "uuid",
                    _ => "blob",
                };
                for statement in [$($statement),+] {
                    let sql = statement.replace("{binary}", binary).replace("{uuid}", uuid);
                    manager.get_connection().execute_unprepared(&sql).await?;
                }
                Ok(())
            }

            async fn down(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::DbErr> {
                $(for statement in [$($undo),+] {
                    manager.get_connection().execute_unprepared(statement).await?;
                })?
                $(for table in [$($table),+] {
                    manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
                })?
                Ok(())
            }
        }
    };
}
use tables;

/// Declares a migration made of indexes of older tables, `name ON table (columns)` each.
///
/// Cut off, PostgreSQL leaves an index that is of no use but has the name: it is dropped first.
macro_rules! indexes {
    ($($name:literal ON $columns:literal),+ $(,)?) => {
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub(crate) struct Migration;

        #[sea_orm_migration::async_trait::async_trait]
        impl sea_orm_migration::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(false)
            }

            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::DbErr> {
                let how = match manager.get_database_backend() {
                    sea_orm_migration::sea_orm::DbBackend::Postgres => "CONCURRENTLY",
                    _ => "",
                };
                for (name, columns) in [$(($name, $columns)),+] {
                    for sql in [
                        format!("DROP INDEX {how} IF EXISTS {name}"),
                        format!("CREATE INDEX {how} {name} ON {columns}"),
                    ] {
                        manager.get_connection().execute_unprepared(&sql).await?;
                    }
                }
                Ok(())
            }

            async fn down(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::DbErr> {
                for name in [$($name),+] {
                    let sql = format!("DROP INDEX IF EXISTS {name}");
                    manager.get_connection().execute_unprepared(&sql).await?;
                }
                Ok(())
            }
        }
    };
}
use indexes;
