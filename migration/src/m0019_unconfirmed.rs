//! How often a mail server was given a mail and did not say in time that it took it.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "ALTER TABLE outbox ADD COLUMN unconfirmed bigint NOT NULL DEFAULT 0";
    undo "ALTER TABLE outbox DROP COLUMN unconfirmed"
}
