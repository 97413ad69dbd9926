//! The rows of a table, one after the other, and the digest of those that went by.

use std::pin::Pin;

use anyhow::Context as _;
use aws_lc_rs::digest::{self, SHA256};
use sea_orm::{DatabaseTransaction, DbErr, QueryResult, StreamTrait as _, TryGetable, Value};
use tokio_stream::{Stream, StreamExt as _};
use uuid::Uuid;

use super::{
    Copied,
    table::{Kind, Table},
};

/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 1_000;

/// A table being read.
pub(super) struct Rows<'a> {
    table: &'a Table,
    stream: Pin<Box<dyn Stream<Item = Result<QueryResult, DbErr>> + Send + 'a>>,
    digest: digest::Context,
    count: u64,
}

impl<'a> Rows<'a> {
    /// All of a table's.
    pub(super) async fn of(db: &'a DatabaseTransaction, table: &'a Table) -> anyhow::Result<Self> {
        let stream = db.stream_raw(table.select()).await?;
        Ok(Self {
            table,
            stream: Box::pin(stream),
            digest: digest::Context::new(&SHA256),
            count: 0,
        })
    }

    /// The next row's values, in the order of the table's columns.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<Value>>> {
        let Some(row) = self.stream.next().await else {
            return Ok(None);
        };
        let place = || format!("{}, row {}", self.table.name, self.count + 1);
        let row = row.with_context(place)?;
        let columns = self.table.columns.iter().enumerate();
        let values = columns.map(|(index, column)| {
            let value = read(&row, index, column.kind);
            value.with_context(|| format!("{}: {}", place(), column.name))
        });
        let values: Vec<Value> = values.collect::<anyhow::Result<_>>()?;

        for value in &values {
            absorb(&mut self.digest, value);
        }
        self.count += 1;
        Ok(Some(values))
    }

    /// Reads what is left.
    pub(super) async fn finish(mut self, mut more: impl FnMut(u64)) -> anyhow::Result<Copied> {
        while self.next().await?.is_some() {
            if self.count.is_multiple_of(REPORT_EVERY) {
                more(REPORT_EVERY);
            }
        }
        more(self.count % REPORT_EVERY);
        Ok(self.summary())
    }

    /// How many rows went by.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// What went by.
    pub(super) fn summary(self) -> Copied {
        Copied {
            table: self.table.name.clone(),
            rows: self.count,
            digest: hex::encode(self.digest.finish()),
        }
    }
}

fn read(row: &QueryResult, index: usize, kind: Kind) -> Result<Value, DbErr> {
    fn get<T: TryGetable>(row: &QueryResult, index: usize) -> Result<Option<T>, DbErr> {
        row.try_get_by_index(index)
    }
    Ok(match kind {
        Kind::Bool => Value::Bool(get(row, index)?),
        Kind::Int => Value::BigInt(get(row, index)?),
        Kind::Text => Value::String(get(row, index)?),
        Kind::Bytes => Value::Bytes(get(row, index)?),
        Kind::Uuid => Value::Uuid(get::<Uuid>(row, index)?),
    })
}

/// One form for both databases, in which no two rows are alike: a letter for what follows, and lengths before contents.
fn absorb(digest: &mut digest::Context, value: &Value) {
    let mut with_length = |letter: u8, content: &[u8]| {
        digest.update(&[letter]);
        digest.update(&content.len().to_be_bytes());
        digest.update(content);
    };
    match value {
        Value::Bool(Some(flag)) => with_length(b'b', &[u8::from(*flag)]),
        Value::BigInt(Some(number)) => with_length(b'i', &number.to_be_bytes()),
        Value::String(Some(text)) => with_length(b't', text.as_bytes()),
        Value::Bytes(Some(bytes)) => with_length(b'x', bytes),
        Value::Uuid(Some(id)) => with_length(b'x', id.as_bytes()),
        _ => digest.update(b"n"),
    }
}
