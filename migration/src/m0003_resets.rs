//! One-time codes and the requests that lead to them.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE reset_code (
        id {uuid} PRIMARY KEY,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        message_id {uuid} NOT NULL,
        purpose text NOT NULL,
        code_hash {binary} NOT NULL,
        email text,
        return_url text,
        create_time bigint NOT NULL,
        expire_time bigint NOT NULL,
        use_time bigint,
        revoke_time bigint,
        wrong_emails bigint NOT NULL
    )",
    "CREATE UNIQUE INDEX reset_code_hash_key ON reset_code (code_hash)",
    "CREATE INDEX reset_code_account ON reset_code (account_id)",
    "CREATE INDEX reset_code_message ON reset_code (message_id)",
    "CREATE TABLE reset_request (
        id {uuid} PRIMARY KEY,
        kind text NOT NULL,
        identifier text NOT NULL,
        identifier_key text,
        locale text,
        return_url text,
        create_time bigint NOT NULL,
        decide_time bigint,
        decisions text NOT NULL
    )",
    "CREATE INDEX reset_request_undecided ON reset_request (decide_time, id)",
    "CREATE INDEX reset_request_identifier ON reset_request (identifier_key, create_time)";
    drop "reset_request", "reset_code"
}
