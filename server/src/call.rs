//! From a gRPC request to a plain function and back: who calls, may they, in which language, and one log line.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    app::App,
    caller::{self, Caller},
    clock::{Clock, Timestamp},
    error::{Error, Violation},
    event,
    i18n::Locale,
    refusals::Refused,
    secret,
    store::scope::Scope,
    throttle::own_writes::Writes,
    transport::{
        client_address,
        deadline::Deadline,
        peer::{self, Peer},
    },
};

/// How often a call is begun that the database rolls back for another's sake. Rows are locked in one order, so that is
/// rare; with serializable isolation, or an engine that knows no other, it is an everyday matter.
const MAX_TRIES: u32 = 8;

/// Longest pause before the second try. It doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

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
                    pause *= 2;
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

/// A service's way from tonic to its functions.
#[derive(Clone)]
pub struct Service {
    /// The product.
    pub app: Arc<App>,
    /// Full name of the proto service.
    pub name: &'static str,
}

impl Service {
    /// Answers one unary RPC with `function`.
    pub async fn run<Q: Clone, S>(
        &self,
        method: &'static str,
        access: Access,
        request: Request<Q>,
        function: impl AsyncFn(&Call<'_>, Q) -> Result<S, Error>,
    ) -> Result<Response<S>, Status> {
        self.answer((method, access, Writes::Nothing), request, function)
            .await
    }

    /// Likewise, with a `function` that writes: people take turns, and are counted.
    pub async fn write<Q: Clone, S>(
        &self,
        method: &'static str,
        access: Access,
        request: Request<Q>,
        function: impl AsyncFn(&Call<'_>, Q) -> Result<S, Error>,
    ) -> Result<Response<S>, Status> {
        self.answer((method, access, Writes::Counted), request, function)
            .await
    }

    /// Likewise, with a `function` by which people get rid of a thief: they take turns, and are not counted.
    pub async fn defend<Q: Clone, S>(
        &self,
        method: &'static str,
        access: Access,
        request: Request<Q>,
        function: impl AsyncFn(&Call<'_>, Q) -> Result<S, Error>,
    ) -> Result<Response<S>, Status> {
        self.answer((method, access, Writes::Uncounted), request, function)
            .await
    }

    async fn answer<Q: Clone, S>(
        &self,
        (method, access, writes): (&'static str, Access, Writes),
        request: Request<Q>,
        function: impl AsyncFn(&Call<'_>, Q) -> Result<S, Error>,
    ) -> Result<Response<S>, Status> {
        let begun = self.begin(method, &request);
        let span = tracing::info_span!("call", request_id = %begun.request_id);
        let (outcome, caller) = async {
            match self.open(access, &request, &begun).await {
                Ok(call) => {
                    let writer = call.caller.writer();
                    let let_in = call.app.own_writes.let_in(writer, writes, call.now);
                    let outcome = match let_in.await {
                        Ok(_turn) => call.carry_out(request.into_inner(), function).await,
                        Err(error) => Err(error),
                    };
                    (outcome, Some(call.caller))
                }
                Err(error) => (Err(error), None),
            }
        }
        .instrument(span)
        .await;
        self.finish(&begun, caller.as_ref(), outcome)
            .map(Response::new)
    }

    /// Begins a call; `open` and `finish` go on with it. For functions that `run` doesn't fit, because they read a stream.
    pub fn begin<Q>(&self, method: &'static str, request: &Request<Q>) -> Begun {
        Begun {
            method,
            started: Instant::now(),
            request_id: self.app.clock.new_id(),
            client: client_address::of(
                request.extensions().get::<Peer>(),
                request.metadata().as_ref(),
                &self.app.config.listen.proxies,
            ),
            locale: wanted_locale(request).unwrap_or(self.app.locale),
        }
    }

    /// Who calls, if they may.
    pub async fn open<Q>(
        &self,
        access: Access,
        request: &Request<Q>,
        begun: &Begun,
    ) -> Result<Call<'_>, Error> {
        let app = &*self.app;
        let now = app.clock.now();
        let caller = match access {
            Access::Public => Caller::Anonymous,
            Access::Recognised => recognise(app, request, now).await,
            _ => {
                let shown = authorization(request)?;
                let caller = caller::authenticate(app, shown, now).await;
                caller.inspect_err(|error| self.note_bad_token(begun, error))?
            }
        };
        let allowed = match access {
            Access::Public | Access::Recognised | Access::Authenticated => true,
            Access::Admin => caller.has_role("admin"),
            Access::Delegate => caller.scope().is_some(),
            Access::Reader => caller.reading_scope().is_some(),
            Access::Person => caller.account_id().is_some(),
        };
        if !allowed {
            self.note_denied(begun, &caller);
            return Err(Error::Forbidden);
        }
        Ok(Call {
            app,
            caller,
            locale: begun.locale,
            client: begun.client,
            deadline: request
                .extensions()
                .get::<Deadline>()
                .map(|deadline| deadline.0.into_std()),
            now,
        })
    }

    /// One that is over by its time is renewed by every client, many times a day.
    fn note_bad_token(&self, begun: &Begun, error: &Error) {
        if matches!(error, Error::TokenInvalid) {
            self.note(begun, Refused::Token);
        }
    }

    fn note_denied(&self, begun: &Begun, caller: &Caller) {
        if let Some(actor_id) = caller.actor_id() {
            self.note(begun, Refused::Access(begun.method, actor_id));
        }
    }

    fn note(&self, begun: &Begun, refused: Refused) {
        let app = &self.app;
        app.refusals.note(refused, begun.client, app.clock.now());
    }

    /// Ends a call: its figures, its log line, and its refusal as the client sees it.
    pub fn finish<S>(
        &self,
        begun: &Begun,
        caller: Option<&Caller>,
        outcome: Result<S, Error>,
    ) -> Result<S, Status> {
        let Begun {
            method,
            started,
            request_id,
            locale,
            ..
        } = *begun;
        if let (Err(Error::Forbidden), Some(caller)) = (&outcome, caller) {
            self.note_denied(begun, caller);
        }
        let reply = outcome.map_err(|error| {
            log_cause(&error, request_id);
            error.into_status(locale)
        });
        let code = reply.as_ref().err().map_or(Code::Ok, Status::code);
        let elapsed = started.elapsed();
        self.app
            .metrics
            .observe_call(self.name, method, code as i32, elapsed);
        let actor = caller.and_then(Caller::actor_id).map(|id| id.to_string());
        tracing::info!(method, ?code, ms = elapsed.as_secs_f64() * 1_000.0, %request_id, actor, "call");
        reply
    }
}

/// A call that has begun.
#[derive(Debug)]
pub struct Begun {
    method: &'static str,
    started: Instant,
    request_id: Uuid,
    client: Option<IpAddr>,
    locale: Locale,
}

/// Answers, refusals included, in the language that the request itself asks for in `locale`, if it is one of ours.
pub fn answer_in<Q>(mut request: Request<Q>, locale: impl FnOnce(&Q) -> &str) -> Request<Q> {
    if let Some(locale) = Locale::negotiate(locale(request.get_ref())) {
        request.extensions_mut().insert(locale);
    }
    request
}

/// The request's own `locale` before the metadata's.
fn wanted_locale<Q>(request: &Request<Q>) -> Option<Locale> {
    let accepted = || {
        let accepted = request.metadata().get("accept-language")?;
        Locale::negotiate(accepted.to_str().ok()?)
    };
    request.extensions().get().copied().or_else(accepted)
}

/// Who calls, if that can be told.
async fn recognise<Q>(app: &App, request: &Request<Q>, now: Timestamp) -> Caller {
    match authorization(request) {
        Ok(shown) => {
            let caller = caller::authenticate(app, shown, now).await;
            caller.unwrap_or(Caller::Anonymous)
        }
        Err(_) => Caller::Anonymous,
    }
}

/// What the caller shows to be let in: the header, given exactly once.
pub fn authorization<Q>(request: &Request<Q>) -> Result<&str, Error> {
    let mut values = request.metadata().get_all("authorization").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Error::TokenInvalid);
    };
    value.to_str().map_err(|_| Error::TokenInvalid)
}

fn log_cause(error: &Error, request_id: Uuid) {
    match error {
        Error::Internal(cause) => tracing::error!(%request_id, "{cause:#}"),
        Error::StoreUnavailable(cause) => tracing::warn!(%request_id, "{cause}"),
        _ => {}
    }
}
