//! The outbox: mails that must leave, written in the transaction of their cause. It holds no code and no link.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "CREATE TABLE outbox (
        id {uuid} PRIMARY KEY,
        kind text NOT NULL,
        subject text NOT NULL,
        account_id {uuid},
        recipient text NOT NULL,
        locale text NOT NULL,
        state text NOT NULL,
        attempts bigint NOT NULL,
        due_time bigint NOT NULL,
        create_time bigint NOT NULL,
        finish_time bigint,
        answer text NOT NULL
    )",
    "CREATE INDEX outbox_due ON outbox (state, due_time)",
    "CREATE INDEX outbox_account ON outbox (account_id)";
    drop "outbox"
}
