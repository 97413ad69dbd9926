//! What is left of master keys that were replaced.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE retired_key (
        key_id text PRIMARY KEY,
        sealed_keys {binary} NOT NULL,
        retire_time bigint NOT NULL,
        finish_time bigint
    )";
    drop "retired_key"
}
