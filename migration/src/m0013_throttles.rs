//! Since when a counter refuses, and how old a known device of an account may be.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "ALTER TABLE throttle ADD COLUMN refuse_time bigint",
    "ALTER TABLE account ADD COLUMN devices_from_time bigint";
    undo "ALTER TABLE account DROP COLUMN devices_from_time",
        "ALTER TABLE throttle DROP COLUMN refuse_time"
}
