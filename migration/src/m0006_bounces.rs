//! What came back: bounced mails, found by their recipient, and the request that each mail answers.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::tables! {
    "ALTER TABLE outbox ADD COLUMN recipient_key text",
    "ALTER TABLE outbox ADD COLUMN request_id {uuid}",
    "ALTER TABLE outbox ADD COLUMN bounce_time bigint",
    "ALTER TABLE outbox ADD COLUMN bounce_reason text",
    // Nearly what addresses are normalised to; where it is not, an old mail is found by its id alone.
    "UPDATE outbox SET recipient_key = lower(recipient)",
    "CREATE INDEX outbox_recipient ON outbox (recipient_key, id)",
    "CREATE INDEX outbox_request ON outbox (request_id)";
    undo "DROP INDEX outbox_request",
        "DROP INDEX outbox_recipient",
        "ALTER TABLE outbox DROP COLUMN bounce_reason",
        "ALTER TABLE outbox DROP COLUMN bounce_time",
        "ALTER TABLE outbox DROP COLUMN request_id",
        "ALTER TABLE outbox DROP COLUMN recipient_key"
}
