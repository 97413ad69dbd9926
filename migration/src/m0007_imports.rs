//! Imports: the jobs, the verdict on each of their rows, and which row of which system an account came from.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE import (
        id {uuid} PRIMARY KEY,
        source text NOT NULL,
        fingerprint text NOT NULL,
        institution_id {uuid},
        account_state text NOT NULL,
        accept_emails_elsewhere boolean NOT NULL,
        state text NOT NULL,
        last_row_number bigint NOT NULL,
        created_count bigint NOT NULL,
        updated_count bigint NOT NULL,
        unchanged_count bigint NOT NULL,
        refused_count bigint NOT NULL,
        undone_count bigint NOT NULL,
        kept_count bigint NOT NULL,
        actor_id {uuid},
        create_time bigint NOT NULL,
        update_time bigint NOT NULL,
        end_time bigint
    )",
    "CREATE TABLE import_row (
        import_id {uuid} NOT NULL REFERENCES import (id) ON DELETE CASCADE,
        number bigint NOT NULL,
        verdict text NOT NULL,
        account_id {uuid} REFERENCES account (id) ON DELETE CASCADE,
        account_version bigint,
        before text,
        faults text NOT NULL,
        PRIMARY KEY (import_id, number)
    )",
    "CREATE INDEX import_row_account ON import_row (account_id)",
    "CREATE TABLE account_origin (
        source text NOT NULL,
        row_key text NOT NULL,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        account_version bigint NOT NULL,
        row_digest {binary} NOT NULL,
        import_id {uuid} NOT NULL,
        PRIMARY KEY (source, row_key)
    )",
    "CREATE INDEX account_origin_account ON account_origin (account_id)";
    drop "account_origin", "import_row", "import"
}
