//! The clock that replicas agree on: the database server's.

use std::time::Instant;

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use super::Store;
use crate::clock::{Reading, Timestamp};

const QUESTION: &str =
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint) AS micros";

impl Store {
    /// What time it is in the database; none where this process is the only one, and its own clock serves.
    pub async fn time(&self) -> Result<Option<Reading>, DbErr> {
        if self.read.get_database_backend() == DbBackend::Sqlite {
            return Ok(None);
        }
        let question = Statement::from_string(DbBackend::Postgres, QUESTION);
        let asked = Instant::now();
        let Some(row) = self.read.query_one_raw(question).await? else {
            return Ok(None);
        };
        let error = asked.elapsed() / 2;
        Ok(Some(Reading {
            time: Timestamp(row.try_get("", "micros")?),
            taken: asked + error,
            error,
        }))
    }
}
