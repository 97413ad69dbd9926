//! Databases beside a server's own, for what is carried from one to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;

use crate::journal::Event;
use crate::{Postgres, Server};

/// A database: a file of its own, or one of the `PostgreSQL` that the tests run beside.
pub struct Place {
    url: String,
    postgres: Option<Arc<Postgres>>,
    /// Where the file is that goes with it.
    _dir: Option<TempDir>,
}

impl Place {
    /// A file that doesn't exist yet.
    pub fn file() -> Self {
        Self::below(tempfile::tempdir().expect("a temporary directory"))
    }

    /// An empty database of the `PostgreSQL` at hand; where there is none (see `tests/postgres`), another file.
    pub fn elsewhere() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        match Postgres::of_this_run(dir.path()) {
            Some(postgres) => Self {
                url: postgres.url(),
                postgres: Some(postgres),
                _dir: None,
            },
            None => Self::below(dir),
        }
    }

    fn below(dir: TempDir) -> Self {
        Self {
            url: format!("sqlite:{}", dir.path().join("guichet.db").display()),
            postgres: None,
            _dir: Some(dir),
        }
    }

    /// The file of a server on `SQLite`.
    pub fn of(server: &Server) -> Self {
        let file = server.data_dir().join("guichet.db");
        Self {
            url: format!("sqlite:{}", file.display()),
            postgres: None,
            _dir: None,
        }
    }

    /// What a server keeps its rows in, whichever it is.
    pub fn behind(server: &Server) -> Self {
        let postgres = server.postgres().cloned();
        match &postgres {
            Some(database) => Self {
                url: database.url(),
                postgres,
                _dir: None,
            },
            None => Self::of(server),
        }
    }

    /// What names it to Guichet.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is a `PostgreSQL`'s.
    pub fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Starts a server on it that has the master key of another.
    pub async fn serve(&self, like: &Server) -> Server {
        let key = std::fs::read_to_string(like.data_dir().join("master.key")).expect("a key");
        let mut builder = Server::builder().env("GUICHET_MASTER_KEY", key.trim());
        if let Some(postgres) = &self.postgres {
            builder = builder.sharing(postgres);
        }
        builder
            .env("GUICHET_DATABASE_URL", self.url())
            .start()
            .await
    }

    /// Carries out statements behind everybody's back.
    pub async fn execute(&self, sql: &str) {
        if let Some(postgres) = &self.postgres {
            postgres.execute(sql);
            return;
        }
        let statements = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let executed = statements.execute(&mut self.open().await).await;
        executed.expect("statements that SQLite takes");
    }

    /// Whether the database itself refuses a statement, which then has changed nothing.
    pub async fn refuses(&self, sql: &str) -> bool {
        if let Some(postgres) = &self.postgres {
            postgres.execute(&format!(
                "DO $$ BEGIN {sql}; RAISE 'it passed'; EXCEPTION WHEN raise_exception THEN
                 IF SQLERRM = 'it passed' THEN RAISE; END IF; END $$"
            ));
            return true;
        }
        let statements = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        statements.execute(&mut self.open().await).await.is_err()
    }

    /// Every row of each table, as text; of a file without the migrations' own, and with each value's type.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        if let Some(postgres) = &self.postgres {
            return postgres.rows();
        }
        let mut file = self.open().await;
        let columns = sqlx::query(
            "SELECT t.name, group_concat('typeof(\"' || c.name || '\") || quote(\"' || c.name || '\")', ' || ')
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name <> 'seaql_migrations' GROUP BY t.name",
        );
        let tables = columns.fetch_all(&mut file).await.expect("the catalogue");
        let mut dump = BTreeMap::new();
        for table in tables {
            let (name, columns): (String, String) = (table.get(0), table.get(1));
            let rows = format!("SELECT {columns} FROM \"{name}\" ORDER BY 1");
            let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut file).await;
            let rows = rows.expect("the rows of a table");
            dump.insert(name, rows.iter().map(|row| row.get(0)).collect());
        }
        dump
    }

    /// The journal, the oldest event first. Of a file only.
    pub async fn events(&self) -> Vec<Event> {
        let rows = sqlx::query(
            "SELECT id, type, account_id, institution_id, actor_id, network, attributes FROM event ORDER BY id",
        );
        let rows = rows.fetch_all(&mut self.open().await).await;
        let event = |row: &SqliteRow| Event {
            id: row.get(0),
            kind: row.get(1),
            account_id: row.get(2),
            institution_id: row.get(3),
            actor_id: row.get(4),
            network: row.get(5),
            attributes: serde_json::from_str(row.get(6)).expect("a JSON object"),
        };
        rows.expect("the journal").iter().map(event).collect()
    }

    /// Has each text that is written into a column become another.
    pub async fn spoil(&self, table: &str, column: &str) {
        let sqlite = format!("UPDATE {table} SET {column} = 'spoilt' WHERE id = NEW.id");
        self.on_insert(table, &sqlite, &format!("NEW.{column} := 'spoilt'"))
            .await;
    }

    /// Has each row that is written into a table take long: two seconds, or for ever.
    pub async fn stall(&self, table: &str) {
        if !self.is_postgres() {
            self.execute(
                "CREATE VIEW endless AS
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            )
            .await;
        }
        let sqlite = "SELECT count(*) FROM endless";
        self.on_insert(table, sqlite, "PERFORM pg_sleep(2)").await;
    }

    /// Takes back what [`Place::spoil`], [`Place::stall`] or [`Place::refuse_updates`] did.
    pub async fn remove_trigger(&self, table: &str) {
        let of_table = if self.is_postgres() {
            format!(" ON {table}")
        } else {
            String::new()
        };
        self.execute(&format!("DROP TRIGGER meddle{of_table}"))
            .await;
    }

    /// Has the database refuse whatever would change a row of a table.
    pub async fn refuse_updates(&self, table: &str) {
        let trigger = if self.is_postgres() {
            format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN RAISE EXCEPTION ''refused''; END';
                 CREATE TRIGGER meddle BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        } else {
            format!(
                "CREATE TRIGGER meddle BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        };
        self.execute(&trigger).await;
    }

    /// A name and bytes: the first row of a question.
    pub async fn name_and_bytes(&self, sql: &'static str) -> (String, Vec<u8>) {
        if self.is_postgres() {
            let mut database = PgConnection::connect(&self.url).await.expect("a database");
            let row = sqlx::query(sql).fetch_one(&mut database).await;
            let row = row.expect("a row");
            return (row.get(0), row.get(1));
        }
        let row = sqlx::query(sql).fetch_one(&mut self.open().await).await;
        let row = row.expect("a row");
        (row.get(0), row.get(1))
    }

    async fn on_insert(&self, table: &str, sqlite: &str, plpgsql: &str) {
        let trigger = if self.is_postgres() {
            format!(
                "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN {}; RETURN NEW; END';
                 CREATE TRIGGER meddle BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()",
                plpgsql.replace('\'', "''")
            )
        } else {
            format!("CREATE TRIGGER meddle AFTER INSERT ON {table} BEGIN {sqlite}; END")
        };
        self.execute(&trigger).await;
    }

    async fn open(&self) -> SqliteConnection {
        let path = self.url.strip_prefix("sqlite:").expect("a file");
        let options = SqliteConnectOptions::new().filename(path);
        let file = SqliteConnection::connect_with(&options).await;
        file.expect("a file of SQLite's")
    }
}
