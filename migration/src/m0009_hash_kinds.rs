//! How the password hashes that are stored are made, so that every replica knows how long the slowest takes to verify.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE hash_kind (name text PRIMARY KEY)";
    drop "hash_kind"
}
