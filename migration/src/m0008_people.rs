//! What administrators find people by, and whether a link was opened.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "ALTER TABLE account ADD COLUMN name_key text NOT NULL DEFAULT ''",
    "ALTER TABLE reset_code ADD COLUMN open_time bigint",
    "CREATE INDEX account_name ON account (name_key, id)";
    undo "DROP INDEX account_name",
        "ALTER TABLE reset_code DROP COLUMN open_time",
        "ALTER TABLE account DROP COLUMN name_key"
}
