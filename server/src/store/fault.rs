//! What went wrong with the database, told apart by what can be done about it.

use std::io::ErrorKind;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::{error::DatabaseError, sqlite::SqliteError};

/// `SQLite`'s result codes (<https://sqlite.org/rescode.html>) of a database that is busy, read-only, full or out of reach.
/// The upper bytes only say why.
const SQLITE_AWAY: [i32; 5] = [5, 8, 10, 13, 14];

/// `PostgreSQL`'s classes: connection lost, resources used up, lock not to be had, shutting down, stopped by a limit, and
/// no writes on a standby.
const POSTGRES_AWAY: [&str; 6] = ["08", "53", "55P03", "57P", "57014", "25006"];

/// `PostgreSQL`'s class of a transaction that was rolled back for another's sake.
const POSTGRES_CONFLICT: &str = "40";

/// `PostgreSQL`'s classes of a server that lets nobody in: wrong password, no such database, and a pooler that doesn't
/// know a parameter. They are looked at first.
const POSTGRES_REFUSED: [&str; 3] = ["28", "3D", PROTOCOL_VIOLATION];

/// What `PgBouncer` calls a parameter that it doesn't know. The rest of class 08 passes.
const PROTOCOL_VIOLATION: &str = "08P01";

/// What can be done about an error of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Rolled back for another transaction's sake: it may be begun again at once.
    Conflict,
    /// The database is away, full or busy: it may be there again later.
    Away,
    /// The database lets nobody in: only who configures it can change that.
    Refused,
    /// The statement is wrong, or a value that it found.
    Other,
}

/// Whether there is no TLS to be had, or a certificate that is not believed.
pub(super) fn is_distrust(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(cause) => cause.kind() == ErrorKind::InvalidData,
        _ => false,
    }
}

/// Whether a parameter of the connection was refused.
pub(super) fn is_refused_wish(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.as_deref() == Some(PROTOCOL_VIOLATION)
}

/// Whether a lock was not to be had within `lock_timeout`.
pub(super) fn is_lock_timeout(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    cause
        .as_database_error()
        .is_some_and(|cause| cause.code().as_deref() == Some("55P03"))
}

impl Fault {
    /// Looks at what the driver says.
    pub fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => Self::Away,
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => Self::of_driver(cause),
            _ => Self::Other,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            cause if is_distrust(cause) => Self::Refused,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away,
            sqlx::Error::Database(cause) => Self::of_database(cause.as_ref()),
            _ => Self::Other,
        }
    }

    fn of_database(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        if error.try_downcast_ref::<SqliteError>().is_some() {
            let away = code
                .parse::<i32>()
                .is_ok_and(|code| SQLITE_AWAY.contains(&(code & 0xff)));
            return if away { Self::Away } else { Self::Other };
        }
        let is_in = |classes: &[&str]| classes.iter().any(|class| code.starts_with(class));
        if is_in(&[POSTGRES_CONFLICT]) {
            Self::Conflict
        } else if is_in(&POSTGRES_REFUSED) {
            Self::Refused
        } else if is_in(&POSTGRES_AWAY) {
            Self::Away
        } else {
            Self::Other
        }
    }
}
