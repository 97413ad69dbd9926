//! What institutions ask of new passwords beyond the operator's rules, the passwords that people had before, and from where
//! a reset was asked for.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "ALTER TABLE institution ADD COLUMN password_profile text",
    "ALTER TABLE institution ADD COLUMN password_min_length bigint",
    "ALTER TABLE institution ADD COLUMN password_history bigint",
    "CREATE TABLE former_password (
        id {uuid} PRIMARY KEY,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        password_hash text NOT NULL,
        replace_time bigint NOT NULL
    )",
    "CREATE INDEX former_password_account ON former_password (account_id, id)",
    "ALTER TABLE reset_request ADD COLUMN network text";
    undo "ALTER TABLE reset_request DROP COLUMN network",
        "ALTER TABLE institution DROP COLUMN password_history",
        "ALTER TABLE institution DROP COLUMN password_min_length",
        "ALTER TABLE institution DROP COLUMN password_profile";
    drop "former_password"
}
