//! Sessions, the keys that sign their tokens, API keys and the counters that slow guessing down.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE session (
        id {uuid} PRIMARY KEY,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        device_name text NOT NULL,
        client_address text NOT NULL,
        network text NOT NULL,
        create_time bigint NOT NULL,
        last_use_time bigint NOT NULL,
        expire_time bigint NOT NULL,
        absolute_expire_time bigint NOT NULL,
        generation bigint NOT NULL,
        refresh_hash {binary} NOT NULL,
        rotate_time bigint NOT NULL,
        revoke_time bigint,
        revoke_reason text
    )",
    "CREATE INDEX session_account ON session (account_id, id)",
    "CREATE INDEX session_expire_time ON session (expire_time)",
    "CREATE TABLE signing_key (
        kid text PRIMARY KEY,
        algorithm text NOT NULL,
        sealed_key {binary} NOT NULL,
        jwk text NOT NULL,
        create_time bigint NOT NULL,
        activate_time bigint NOT NULL
    )",
    "CREATE TABLE api_key (
        id {uuid} PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        key_hash {binary} NOT NULL,
        create_time bigint NOT NULL,
        expire_time bigint,
        revoke_time bigint
    )",
    "CREATE UNIQUE INDEX api_key_hash_key ON api_key (key_hash)",
    "CREATE TABLE throttle (
        key {binary} PRIMARY KEY,
        failures bigint NOT NULL,
        open_time bigint NOT NULL,
        expire_time bigint NOT NULL
    )",
    "CREATE INDEX throttle_expire_time ON throttle (expire_time)";
    drop "throttle", "api_key", "signing_key", "session"
}
