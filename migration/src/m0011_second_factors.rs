//! What people prove themselves with beside the password, and how each session was opened.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE totp (
        account_id {uuid} PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
        sealed_secret {binary} NOT NULL,
        create_time bigint NOT NULL,
        confirm_time bigint,
        last_step bigint NOT NULL
    )",
    "CREATE TABLE recovery_code (
        code_hash {binary} PRIMARY KEY,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        create_time bigint NOT NULL,
        use_time bigint
    )",
    "CREATE INDEX recovery_code_account ON recovery_code (account_id)",
    "ALTER TABLE session ADD COLUMN second_factor boolean NOT NULL DEFAULT false";
    undo "ALTER TABLE session DROP COLUMN second_factor";
    drop "recovery_code", "totp"
}
