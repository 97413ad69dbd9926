//! From where each thing was done, who signs in from there, and seals over what is written in the journal.

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
    "CREATE INDEX event_seal_number ON event (seal_number, id)",
    "CREATE INDEX session_network ON session (network, create_time)";
    undo "DROP INDEX session_network",
        "DROP INDEX event_seal_number",
        "ALTER TABLE event DROP COLUMN seal_number",
        "ALTER TABLE event DROP COLUMN network";
    drop "event_seal"
}
