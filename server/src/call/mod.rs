//! From a gRPC request to a plain function and back: who calls, may they, in which language, and one log line.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::{
    app::App,
    caller::Caller,
    clock::{Clock, Timestamp},
    error::{Error, Violation},
    event,
    i18n::Locale,
    refusals::Refused,
    secret,
    store::scope::Scope,
    transport::peer,
};

pub use self::service::{Begun, Service, answer_in, authorization};

mod service;

/// How often a call is begun that the database rolls back for another's sake. Rows are locked in one order, so that is
/// rare; with serializable isolation, or an engine that knows no other, it is an everyday matter.
const MAX_TRIES: u32 = 20;

/// Longest pause before the second try. It doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// Longest pause before any other.
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

impl event::Witness for Call<'_> {
    fn clock(&self) -> &Clock {
        &self.app.clock
    }

    fn network(&self) -> Option<String> {
        self.client.map(|client| peer::network(Some(client)))
    }
}

/// Who may call an RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; a token is not even looked at.
    Public,
    /// Anybody likewise; who shows a good token is known by it.
    Recognised,
    /// Only `admin`.
    Admin,
    /// `admin`, and `institution_admin` within its scope, which is part of the function's queries.
    Delegate,
    /// Likewise, and `service`, which reads everything.
    Reader,
    /// Anybody with a good token; the function looks whose object it is.
    Authenticated,
    /// A person; for what is done to one's own account.
    Person,
}

/// One request, as the functions see it.
pub struct Call<'a> {
    /// The product.
    pub app: &'a App,
    /// Who calls.
    pub caller: Caller,
    /// Language of the answer.
    pub locale: Locale,
    /// Where the connection comes from.
    pub client: Option<IpAddr>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// The moment that the whole call takes place at.
    pub now: Timestamp,
}

impl Call<'_> {
    /// The account a request names, the caller's own where it names none.
    pub fn named_account(&self, field: &str, account_id: &str) -> Result<Uuid, Error> {
        if account_id.is_empty() {
            let own = self.caller.account_id();
            own.ok_or_else(|| Error::field(field, "REQUIRED"))
        } else {
            parse_id(field, account_id)
        }
    }

    /// Likewise; another's only for an `admin`.
    pub fn own_or_admin(&self, field: &str, account_id: &str) -> Result<Uuid, Error> {
        let id = self.named_account(field, account_id)?;
        let may = self.caller.is_or_administers(id);
        if may { Ok(id) } else { Err(Error::Forbidden) }
    }

    /// What the caller may change.
    ///
    /// # Errors
    /// `FORBIDDEN` where that is nothing but its own account.
    pub fn scope(&self) -> Result<Scope, Error> {
        self.caller.scope().ok_or(Error::Forbidden)
    }

    /// What the caller may read; likewise.
    pub fn reading_scope(&self) -> Result<Scope, Error> {
        self.caller.reading_scope().ok_or(Error::Forbidden)
    }

    /// Has the journal tell of a refusal.
    pub fn note(&self, refused: Refused) {
        self.app.refusals.note(refused, self.client, self.now);
    }

    /// Calls the function behind an RPC, and again where the database rolled it back for another call's sake.
    ///
    /// Nothing of it has happened then, but what it committed on purpose before, such as a charged try.
    pub async fn carry_out<Q: Clone, S>(
        &self,
        request: Q,
        function: impl AsyncFn(&Call<'_>, Q) -> Result<S, Error>,
    ) -> Result<S, Error> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MAX_TRIES {
            match function(self, request.clone()).await {
                Err(error) if error.is_conflict() => {
                    // By chance, so that two that met don't meet again.
                    tokio::time::sleep(pause.mul_f64(secret::fraction())).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
                outcome => return outcome,
            }
        }
        function(self, request).await
    }
}

/// An id from a request.
pub fn parse_id(field: &str, id: &str) -> Result<Uuid, Error> {
    if id.is_empty() {
        return Err(Error::field(field, "REQUIRED"));
    }
    // Only the hyphenated form: one id has one spelling.
    let parsed = (id.len() == 36).then(|| Uuid::try_parse(id).ok()).flatten();
    parsed.ok_or_else(|| Error::InvalidFields(vec![Violation::new(field, "INVALID_ID")]))
}

/// A length of time from a request. Not by `prost_types`, which overflows at the ends of the numbers.
pub fn parse_duration(field: &str, given: prost_types::Duration) -> Result<Duration, Error> {
    let seconds = u64::try_from(given.seconds).ok();
    let nanos = u32::try_from(given.nanos).ok();
    let nanos = nanos.filter(|nanos| *nanos < 1_000_000_000);
    match (seconds, nanos) {
        (Some(seconds), Some(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(Error::field(field, "OUT_OF_RANGE")),
    }
}
