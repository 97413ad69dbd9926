//! Accounts, the events that tell what happened to them, and the first replies to repeated requests.
//!
//! Times are microseconds since 1970 in UTC: both stores compare them as numbers.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE account (
        id {uuid} PRIMARY KEY,
        username text NOT NULL,
        username_key text NOT NULL,
        email text,
        email_key text,
        email_verified boolean NOT NULL,
        display_name text NOT NULL,
        locale text,
        state text NOT NULL,
        prior_state text,
        institution_id {uuid},
        external_id text,
        roles text NOT NULL,
        attributes text NOT NULL,
        password_hash text,
        create_time bigint NOT NULL,
        update_time bigint NOT NULL,
        last_login_time bigint,
        version bigint NOT NULL
    )",
    "CREATE UNIQUE INDEX account_username_key ON account (username_key)",
    "CREATE UNIQUE INDEX account_external_id_key ON account (external_id)",
    "CREATE INDEX account_email ON account (email_key)",
    "CREATE INDEX account_create_time ON account (create_time, id)",
    "CREATE INDEX account_update_time ON account (update_time, id)",
    "CREATE TABLE event (
        id {uuid} PRIMARY KEY,
        type text NOT NULL,
        time bigint NOT NULL,
        account_id {uuid},
        actor_id {uuid},
        attributes text NOT NULL
    )",
    "CREATE INDEX event_account ON event (account_id, id)",
    "CREATE TABLE first_reply (
        caller text NOT NULL,
        request_id {uuid} NOT NULL,
        request_hash {binary} NOT NULL,
        reply {binary} NOT NULL,
        account_id {uuid} NOT NULL,
        expire_time bigint NOT NULL,
        PRIMARY KEY (caller, request_id)
    )";
    drop "first_reply", "event", "account"
}
