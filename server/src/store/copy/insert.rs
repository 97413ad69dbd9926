//! Writes the rows of one table into its twin, many in one statement.

use std::mem;

use anyhow::{Context as _, ensure};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, Value,
    sea_query::{Alias, Expr, ExprTrait as _, Query},
};
use uuid::Uuid;

use super::{
    Copied,
    rows::Rows,
    table::{Kind, Table},
};

/// Rows of one statement, as long as it takes no more parameters than this: `SQLite` has 32,766, `PostgreSQL` 65,535.
const MAX_ROWS: usize = 500;
const MAX_PARAMETERS: usize = 30_000;

/// Bytes of texts and blobs that are held at once, so that long ones need no more memory than short ones.
const MAX_BYTES: usize = 4 << 20;

/// Writes all of them.
pub(super) async fn all(
    mut rows: Rows<'_>,
    target: &DatabaseTransaction,
    twin: &Table,
    mut more: impl FnMut(u64),
) -> anyhow::Result<Copied> {
    let max_rows = MAX_ROWS.min(MAX_PARAMETERS / twin.columns.len());
    let mut batch = Vec::with_capacity(max_rows);
    let mut bytes = 0;
    let mut links = Vec::new();
    while let Some(row) = rows.next().await? {
        let place = || format!("{}, row {}", twin.name, rows.count());
        let mut row = fitted(row, twin, target.get_database_backend()).with_context(place)?;
        links.extend(cut(&mut row, twin));
        bytes += row.iter().map(size).sum::<usize>();
        batch.push(row);
        if batch.len() >= max_rows || bytes >= MAX_BYTES {
            more(write(target, twin, &mut batch).await?);
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        more(write(target, twin, &mut batch).await?);
    }
    for link in links {
        link.write(target, twin).await?;
    }
    Ok(rows.summary())
}

/// What a row refers to in its own table, where that may come behind it: an institution can be moved below a younger one.
/// It is written when all rows are there. Only institutions have any, which are thousands.
struct Link {
    /// Which row.
    key: Vec<(usize, Value)>,
    column: usize,
    value: Value,
}

impl Link {
    async fn write(self, target: &DatabaseTransaction, twin: &Table) -> anyhow::Result<()> {
        let name = |column: usize| Alias::new(&twin.columns[column].name);
        let mut update = Query::update();
        update.table(Alias::new(&twin.name));
        update.value(name(self.column), self.value);
        for (column, value) in self.key {
            update.and_where(Expr::col(name(column)).eq(value));
        }
        target
            .execute(&update)
            .await
            .with_context(|| format!("can't write {}", twin.name))?;
        Ok(())
    }
}

/// Takes the links out of a row.
fn cut(row: &mut [Value], twin: &Table) -> Vec<Link> {
    let mut links = Vec::new();
    for column in (0..row.len()).filter(|index| twin.columns[*index].is_link) {
        let none = row[column].as_null();
        if row[column] == none {
            continue;
        }
        let key = twin.key().into_iter();
        links.push(Link {
            key: key.map(|index| (index, row[index].clone())).collect(),
            column,
            value: mem::replace(&mut row[column], none),
        });
    }
    links
}

async fn write(
    target: &DatabaseTransaction,
    twin: &Table,
    batch: &mut Vec<Vec<Value>>,
) -> anyhow::Result<u64> {
    let written = u64::try_from(batch.len())?;
    let mut insert = Query::insert();
    insert.into_table(Alias::new(&twin.name));
    insert.columns(twin.columns.iter().map(|column| Alias::new(&column.name)));
    for row in batch.drain(..) {
        insert.values(row.into_iter().map(Expr::val))?;
    }
    target
        .execute(&insert)
        .await
        .with_context(|| format!("can't write {}", twin.name))?;
    Ok(written)
}

/// The values as the other database takes them.
fn fitted(row: Vec<Value>, twin: &Table, backend: DbBackend) -> anyhow::Result<Vec<Value>> {
    let columns = twin.columns.iter();
    let values = row.into_iter().zip(columns).map(|(value, column)| {
        let context = || column.name.clone();
        match (value, column.kind) {
            (Value::Bytes(bytes), Kind::Uuid) => {
                let id = bytes.as_deref().map(Uuid::from_slice).transpose();
                id.map(Value::Uuid).with_context(context)
            }
            (Value::Uuid(id), Kind::Bytes) => Ok(Value::Bytes(id.map(|id| id.as_bytes().to_vec()))),
            (Value::String(Some(text)), _) if backend == DbBackend::Postgres => {
                ensure!(
                    !text.contains('\0'),
                    "{} holds a NUL character, which PostgreSQL can't keep",
                    column.name
                );
                Ok(Value::String(Some(text)))
            }
            (value, _) => Ok(value),
        }
    });
    values.collect()
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 0,
    }
}
