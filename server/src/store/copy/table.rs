//! The tables of a database, as its own catalogue knows them.

use anyhow::{Context as _, bail};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The migrations' own table, which each side keeps for itself.
const MIGRATIONS: &str = "seaql_migrations";

const SQLITE_COLUMNS: &str = r#"
    SELECT t.name AS "table", c.name AS "column", lower(c.type) AS type, CAST(c.pk AS bigint) AS key_position
    FROM sqlite_schema t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
    ORDER BY t.name, c.cid"#;

const SQLITE_REFERENCES: &str = r#"
    SELECT t.name AS "table", f."from" AS "column", f."table" AS referred
    FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f
    WHERE t.type = 'table'"#;

/// Not `information_schema`, which hides the keys from who may only read.
const POSTGRES_COLUMNS: &str = r#"
    SELECT t.relname::text AS "table", a.attname::text AS "column", format_type(a.atttypid, NULL) AS type,
        coalesce(array_position(k.conkey, a.attnum), 0)::bigint AS key_position
    FROM pg_class t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
    WHERE t.relkind IN ('r', 'p') AND t.relnamespace = current_schema()::regnamespace
    ORDER BY t.relname, a.attnum"#;

const POSTGRES_REFERENCES: &str = r#"
    SELECT t.relname::text AS "table", a.attname::text AS "column", r.relname::text AS referred
    FROM pg_constraint f
    JOIN pg_class t ON t.oid = f.conrelid
    JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
    JOIN pg_class r ON r.oid = f.confrelid
    WHERE f.contype = 'f' AND t.relnamespace = current_schema()::regnamespace"#;

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    /// In the order in which they are read and written.
    pub(super) columns: Vec<Column>,
    backend: DbBackend,
}

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) kind: Kind,
    /// Whether it refers to a row of its own table.
    pub(super) is_link: bool,
    /// Its place in the primary key, from 1; 0 outside it.
    key_position: i64,
}

/// A column that refers to a row of a table.
struct Reference {
    table: String,
    column: String,
    referred: String,
}

/// What a column holds, in the words that both databases have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Text,
    Bytes,
    /// 16 bytes; `SQLite` has no type of its own for them.
    Uuid,
}

/// Every table but the migrations', each after those that it refers to.
pub(super) async fn all(db: &impl ConnectionTrait) -> anyhow::Result<Vec<Table>> {
    let backend = db.get_database_backend();
    let columns = match backend {
        DbBackend::Sqlite => SQLITE_COLUMNS,
        _ => POSTGRES_COLUMNS,
    };
    let references = references(db).await?;

    let mut tables: Vec<Table> = Vec::new();
    for row in db
        .query_all_raw(Statement::from_string(backend, columns))
        .await?
    {
        let name: String = row.try_get("", "table")?;
        if name == MIGRATIONS {
            continue;
        }
        let column: String = row.try_get("", "column")?;
        let kind = Kind::of(&row.try_get::<String>("", "type")?);
        let column = Column {
            kind: kind
                .with_context(|| format!("{name}.{column} is of a type that can't be copied"))?,
            is_link: references.iter().any(|reference| {
                reference.is_link() && reference.table == name && reference.column == column
            }),
            key_position: row.try_get("", "key_position")?,
            name: column,
        };
        match tables.last_mut() {
            Some(table) if table.name == name => table.columns.push(column),
            _ => tables.push(Table {
                name,
                columns: vec![column],
                backend,
            }),
        }
    }
    in_order(tables, &references)
}

async fn references(db: &impl ConnectionTrait) -> anyhow::Result<Vec<Reference>> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => SQLITE_REFERENCES,
        _ => POSTGRES_REFERENCES,
    };
    let mut references = Vec::new();
    for row in db
        .query_all_raw(Statement::from_string(backend, sql))
        .await?
    {
        references.push(Reference {
            table: row.try_get("", "table")?,
            column: row.try_get("", "column")?,
            referred: row.try_get("", "referred")?,
        });
    }
    Ok(references)
}

/// For each table the same one of another database, with the same columns in the same order.
pub(super) fn twins(tables: &[Table], others: &[Table]) -> anyhow::Result<Vec<Table>> {
    let twin = |table: &Table| {
        let other = others.iter().find(|other| other.name == table.name)?;
        let column = |column: &Column| {
            let mut same = other.columns.iter().filter(|same| same.name == column.name);
            same.next().cloned()
        };
        let columns: Option<Vec<Column>> = table.columns.iter().map(column).collect();
        let columns = columns.filter(|columns| columns.len() == other.columns.len())?;
        Some(Table {
            columns,
            ..other.clone()
        })
    };
    let twins = tables.iter().map(|table| {
        let context = || format!("{} is not a table of Guichet's at this version", table.name);
        twin(table).with_context(context)
    });
    twins.collect()
}

fn in_order(mut open: Vec<Table>, references: &[Reference]) -> anyhow::Result<Vec<Table>> {
    let mut ordered: Vec<Table> = Vec::new();
    while !open.is_empty() {
        let waits = |table: &Table| {
            references.iter().any(|reference| {
                reference.table == table.name
                    && !reference.is_link()
                    && !ordered.iter().any(|done| done.name == reference.referred)
            })
        };
        let (waiting, ready): (Vec<Table>, Vec<Table>) = open.into_iter().partition(waits);
        if ready.is_empty() {
            bail!("the tables refer to each other in a circle");
        }
        ordered.extend(ready);
        open = waiting;
    }
    Ok(ordered)
}

impl Reference {
    fn is_link(&self) -> bool {
        self.referred == self.table
    }
}

impl Table {
    /// How many rows there are.
    pub(super) async fn count(&self, db: &impl ConnectionTrait) -> Result<u64, DbErr> {
        let sql = format!("SELECT count(*) AS rows FROM {}", quoted(&self.name));
        let row = db
            .query_one_raw(Statement::from_string(self.backend, sql))
            .await?;
        let rows: i64 = row.map_or(Ok(0), |row| row.try_get("", "rows"))?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// Every row in the order of the primary key, which is the same in every database: that of the bytes.
    pub(super) fn select(&self) -> Statement {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let order: Vec<String> = self
            .key()
            .into_iter()
            .map(|index| self.by_bytes(&self.columns[index]))
            .collect();
        let sql = format!(
            "SELECT {} FROM {} ORDER BY {}",
            columns.join(", "),
            quoted(&self.name),
            order.join(", ")
        );
        Statement::from_string(self.backend, sql)
    }

    /// The places of the primary key's columns.
    pub(super) fn key(&self) -> Vec<usize> {
        let mut key: Vec<usize> = (0..self.columns.len())
            .filter(|index| self.columns[*index].key_position > 0)
            .collect();
        key.sort_by_key(|index| self.columns[*index].key_position);
        key
    }

    /// Has `PostgreSQL` look at the table, for its planner.
    pub(super) fn statistics(&self) -> String {
        format!("ANALYZE {}", quoted(&self.name))
    }

    fn by_bytes(&self, column: &Column) -> String {
        let collation = match (self.backend, column.kind) {
            (DbBackend::Postgres, Kind::Text) => r#" COLLATE "C""#,
            _ => "",
        };
        format!("{}{collation}", quoted(&column.name))
    }
}

impl Kind {
    /// By the name of a type, of which the migrations use these.
    fn of(declared: &str) -> Option<Self> {
        Some(match declared {
            "boolean" => Self::Bool,
            "bigint" => Self::Int,
            "text" => Self::Text,
            "blob" | "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
