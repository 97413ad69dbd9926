//! Events are only added. The database itself refuses to change one, but to put it under its first seal, and to remove one,
//! but up to the seal that `event_pruned` names: against a defect or an injection, that is. Whoever owns the database can
//! drop a trigger, and is found out by the seals.
//!
//! An engine that only speaks `PostgreSQL`'s protocol may know no triggers, so it gets none.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "CREATE TABLE event_pruned (
    up_to_seal bigint PRIMARY KEY,
    prune_time bigint NOT NULL
)";

const SQLITE: [&str; 5] = [
    "CREATE TRIGGER event_content_stays
     BEFORE UPDATE OF id, type, time, account_id, institution_id, actor_id, attributes, network ON event
     BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
    "CREATE TRIGGER event_seal_number_stays BEFORE UPDATE OF seal_number ON event
     WHEN OLD.seal_number IS NOT NULL OR NEW.seal_number IS NULL
     BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event
     WHEN NOT EXISTS (SELECT 1 FROM event_pruned WHERE up_to_seal >= OLD.seal_number)
     BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
    "CREATE TRIGGER event_seal_stays BEFORE DELETE ON event_seal
     BEGIN SELECT RAISE(ABORT, 'seals are only added'); END",
    "CREATE TRIGGER event_seal_content_stays BEFORE UPDATE ON event_seal
     BEGIN SELECT RAISE(ABORT, 'seals are only added'); END",
];

const POSTGRES: [&str; 4] = [
    "CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'event' THEN
             IF OLD.seal_number IS NULL AND NEW.seal_number IS NOT NULL
                 AND to_jsonb(OLD) - 'seal_number' = to_jsonb(NEW) - 'seal_number' THEN
                 RETURN NEW;
             END IF;
         ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'event' THEN
             IF EXISTS (SELECT FROM event_pruned WHERE up_to_seal >= OLD.seal_number) THEN
                 RETURN OLD;
             END IF;
         END IF;
         RAISE EXCEPTION 'events and seals are only added';
     END $$",
    "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event
     FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events()",
    "CREATE TRIGGER event_seal_stays BEFORE UPDATE OR DELETE ON event_seal
     FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events()",
    "CREATE TRIGGER event_stays_whole BEFORE TRUNCATE ON event
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()",
];

const UNDO_SQLITE: [&str; 5] = [
    "DROP TRIGGER event_content_stays",
    "DROP TRIGGER event_seal_number_stays",
    "DROP TRIGGER event_stays",
    "DROP TRIGGER event_seal_stays",
    "DROP TRIGGER event_seal_content_stays",
];

const UNDO_POSTGRES: [&str; 4] = [
    "DROP TRIGGER event_stays_whole ON event",
    "DROP TRIGGER event_seal_stays ON event_seal",
    "DROP TRIGGER event_stays ON event",
    "DROP FUNCTION refuse_to_change_events()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(TABLE).await?;
        for statement in statements(db, &SQLITE, &POSTGRES).await? {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in statements(db, &UNDO_SQLITE, &UNDO_POSTGRES).await? {
            db.execute_unprepared(statement).await?;
        }
        db.execute_unprepared("DROP TABLE event_pruned")
            .await
            .map(drop)
    }
}

/// Those for this engine.
async fn statements(
    db: &SchemaManagerConnection<'_>,
    sqlite: &'static [&'static str],
    postgres: &'static [&'static str],
) -> Result<&'static [&'static str], DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(sqlite);
    }
    let question = Statement::from_string(DbBackend::Postgres, "SELECT version()");
    let engine = db.query_one_raw(question).await?;
    let engine: Option<String> = engine.map(|row| row.try_get("", "version")).transpose()?;
    let is_postgres = engine.is_some_and(|engine| engine.starts_with("PostgreSQL "));
    Ok(if is_postgres { postgres } else { &[] })
}
