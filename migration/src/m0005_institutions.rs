//! Institutions: their tree, their members, and what belongs to them.
//!
//! `institution_ancestor` is the tree's closure: a row for each institution and each one above it, itself included. So a
//! scope is one look-up in an index, at any depth and in the same plain SQL on both stores, and only a move writes more
//! than a few rows.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE institution (
        id {uuid} PRIMARY KEY,
        parent_id {uuid} REFERENCES institution (id),
        external_id text,
        display_name text NOT NULL,
        display_name_key text NOT NULL,
        locale text,
        help_text text NOT NULL,
        contact_email text,
        application_url text,
        create_time bigint NOT NULL,
        update_time bigint NOT NULL,
        version bigint NOT NULL
    )",
    "CREATE UNIQUE INDEX institution_external_id_key ON institution (external_id)",
    "CREATE INDEX institution_parent ON institution (parent_id)",
    "CREATE TABLE institution_ancestor (
        ancestor_id {uuid} NOT NULL REFERENCES institution (id) ON DELETE CASCADE,
        institution_id {uuid} NOT NULL REFERENCES institution (id) ON DELETE CASCADE,
        depth bigint NOT NULL,
        PRIMARY KEY (ancestor_id, institution_id)
    )",
    "CREATE INDEX institution_ancestor_upwards ON institution_ancestor (institution_id, depth)",
    "CREATE TABLE institution_member (
        institution_id {uuid} NOT NULL REFERENCES institution (id) ON DELETE CASCADE,
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        role text NOT NULL,
        create_time bigint NOT NULL,
        PRIMARY KEY (institution_id, account_id)
    )",
    "CREATE INDEX institution_member_account ON institution_member (account_id)",
    "CREATE INDEX account_institution ON account (institution_id, username_key)",
    "CREATE INDEX account_institution_state ON account (institution_id, state, email_key)",
    "CREATE TABLE reset_request_account (
        account_id {uuid} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        request_id {uuid} NOT NULL REFERENCES reset_request (id) ON DELETE CASCADE,
        PRIMARY KEY (account_id, request_id)
    )",
    "CREATE INDEX reset_request_account_request ON reset_request_account (request_id)",
    "ALTER TABLE event ADD COLUMN institution_id {uuid}",
    "CREATE INDEX event_institution ON event (institution_id, id)";
    undo "DROP INDEX event_institution",
        "ALTER TABLE event DROP COLUMN institution_id",
        "DROP INDEX account_institution_state",
        "DROP INDEX account_institution";
    drop "reset_request_account", "institution_member", "institution_ancestor", "institution"
}
