//! From where each thing was done, and seals over what is written in the journal.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE event_seal (
        number bigint PRIMARY KEY,
        event_count bigint NOT NULL,
        digest {binary} NOT NULL,
        seal_time bigint NOT NULL,
        mac {binary} NOT NULL
    )",
    "ALTER TABLE event ADD COLUMN network text",
    "ALTER TABLE event ADD COLUMN seal_number bigint",
    "CREATE INDEX event_seal_number ON event (seal_number, id)";
    undo "DROP INDEX event_seal_number",
        "ALTER TABLE event DROP COLUMN seal_number",
        "ALTER TABLE event DROP COLUMN network";
    drop "event_seal"
}
