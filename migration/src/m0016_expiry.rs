//! What the worker looks for when it deletes what has expired: it read the whole of these tables.

use sea_orm_migration::prelude::ConnectionTrait as _;

super::indexes! {
    "reset_code_expire_time" ON "reset_code (expire_time)",
    "first_reply_expire_time" ON "first_reply (expire_time)",
}
