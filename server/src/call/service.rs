//! A service's way from tonic to its functions, and back.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Access, Call};
use crate::{
    app::App,
    caller::{self, Caller},
    clock::Timestamp,
    error::Error,
    i18n::Locale,
    refusals::Refused,
    throttle::{Turn, own_writes::Writes},
    transport::{client_address, deadline::Deadline, peer::Peer},
};

/// Whoever waited longer for a turn is looked at again.
const A_MOMENT: Duration = Duration::from_millis(100);

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
        // What looks at the head alone is not made anew for each message's type.
        let (metadata, extensions, message) = request.into_parts();
        let head = Request::from_parts(metadata, extensions, ());
        let begun = self.begin(method, &head);
        let span = tracing::info_span!("call", request_id = %begun.request_id);
        let (outcome, caller) = async {
            match self.open(access, &head, &begun).await {
                Ok(mut call) => {
                    let turn = self.turn((access, writes), &mut call, &head, &begun);
                    let outcome = match turn.await {
                        Ok(_turn) => call.carry_out(message, function).await,
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

    /// Waits for a person's turn to write. Whoever was put out meanwhile must not go on.
    async fn turn<'s>(
        &'s self,
        (access, writes): (Access, Writes),
        call: &mut Call<'s>,
        head: &Request<()>,
        begun: &Begun,
    ) -> Result<Option<Turn<'s>>, Error> {
        let waits = Instant::now();
        let writer = call.caller.writer();
        let turn = self.app.own_writes.let_in(writer, writes, call.now).await?;
        if waits.elapsed() > A_MOMENT {
            *call = self.open(access, head, begun).await?;
        }
        Ok(turn)
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
        match outcome {
            Ok(answer) => {
                self.tell(begun, caller, Code::Ok);
                Ok(answer)
            }
            Err(error) => Err(self.refuse(begun, caller, error)),
        }
    }

    fn refuse(&self, begun: &Begun, caller: Option<&Caller>, error: Error) -> Status {
        if let (Error::Forbidden, Some(caller)) = (&error, caller) {
            self.note_denied(begun, caller);
        }
        log_cause(&error, begun.request_id);
        let refusal = error.into_status(begun.locale);
        self.tell(begun, caller, refusal.code());
        refusal
    }

    fn tell(&self, begun: &Begun, caller: Option<&Caller>, code: Code) {
        let Begun {
            method,
            started,
            request_id,
            ..
        } = *begun;
        let elapsed = started.elapsed();
        let metrics = &self.app.metrics;
        metrics.observe_call(self.name, method, code as i32, elapsed);
        let actor = caller.and_then(Caller::actor_id).map(|id| id.to_string());
        tracing::info!(method, ?code, ms = elapsed.as_secs_f64() * 1_000.0, %request_id, actor, "call");
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
