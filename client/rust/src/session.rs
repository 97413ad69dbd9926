//! A person's session that renews itself.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_proto::v1::{RefreshRequest, Tokens};
use http::HeaderValue;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::lifetime::lifetime;
use crate::token::bearer_header;
use crate::{Reason, error};

/// An access token with less life left than this is renewed before the call.
const MARGIN: Duration = Duration::from_secs(30);

/// How long one try at refreshing may take. The server answers the same token again for 10 s, and takes it for stolen
/// after that: the last try must be there well before.
const REFRESH_DEADLINE: Duration = Duration::from_secs(3);

/// One for an answer that was lost, and one for a connection that was just closing.
const MORE_TRIES: usize = 2;

/// The tokens of one sign-in. Clones share them: however many calls run at once, one of them
/// refreshes and the others wait for it. Its `Debug` shows no token.
#[derive(Clone)]
pub struct Session {
    state: Arc<Mutex<State>>,
}

struct State {
    tokens: Tokens,
    /// Set where this machine's clock called new tokens old: it runs ahead, and how long they have been here counts.
    looked_old: Option<Arrival>,
    /// The server called the access token expired although this machine's clock does not.
    refused: bool,
    /// Why there will be no more tokens. The server would take the old one, shown once more, for stolen.
    ended: Option<Status>,
}

/// When new tokens came, by a clock that nobody sets.
struct Arrival {
    at: Instant,
    /// `None` where the access token doesn't say how long it lives: until the server refuses it.
    fresh_for: Option<Duration>,
}

impl Session {
    /// Continues from the tokens of `Login` or those kept from an earlier run.
    pub fn new(tokens: Tokens) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                tokens,
                looked_old: None,
                refused: false,
                ended: None,
            })),
        }
    }

    /// The tokens as they are now, for a program that keeps the session between its runs.
    pub async fn tokens(&self) -> Tokens {
        self.state.lock().await.tokens.clone()
    }

    /// The header with a token that is still good for a while, refreshing first where it isn't.
    pub(crate) async fn header(&self, channel: &Channel) -> Result<HeaderValue, Status> {
        let state = self.state.clone().lock_owned().await;
        if state.is_fresh(Instant::now()) {
            return bearer_header(&state.tokens.access_token);
        }
        if let Some(status) = &state.ended {
            return Err(status.clone());
        }

        // In a task of its own: a call given up in the middle must not lose the new refresh token,
        // since showing the old one later would end the session.
        tokio::spawn(refresh(state, channel.clone()))
            .await
            .map_err(|error| Status::internal(format!("refreshing was interrupted: {error}")))?
    }

    pub(crate) async fn expired(&self, header: &HeaderValue) {
        let mut state = self.state.lock().await;
        let current = bearer_header(&state.tokens.access_token);
        if current.is_ok_and(|current| current == *header) {
            state.refused = true;
        }
    }
}

impl State {
    fn is_fresh(&self, now: Instant) -> bool {
        !self.refused
            && match &self.looked_old {
                Some(arrival) => arrival.is_fresh(now),
                None => !expires_within(&self.tokens, MARGIN),
            }
    }

    /// Continues with tokens that the server has just made.
    fn renew(&mut self, tokens: Tokens, now: Instant) {
        self.looked_old =
            expires_within(&tokens, MARGIN).then(|| Arrival::new(now, &tokens.access_token));
        self.tokens = tokens;
        self.refused = false;
    }
}

impl Arrival {
    fn new(at: Instant, access_token: &str) -> Self {
        // A short life looks old by a right clock, too: half of it counts, so that not every call renews.
        let fresh_for =
            lifetime(access_token).map(|life| life.saturating_sub(MARGIN).max(life / 2));
        Self { at, fresh_for }
    }

    fn is_fresh(&self, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.at);
        self.fresh_for.is_none_or(|fresh_for| age < fresh_for)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Holds the lock all the while, which is what makes everybody else wait.
async fn refresh(
    mut state: OwnedMutexGuard<State>,
    channel: Channel,
) -> Result<HeaderValue, Status> {
    let refresh_token = &state.tokens.refresh_token;
    let mut renewed = ask(&channel, refresh_token).await;
    for _ in 0..MORE_TRIES {
        if renewed.as_ref().is_err_and(may_be_lost) {
            renewed = ask(&channel, refresh_token).await;
        }
    }
    if let Err(status) = &renewed
        && is_final(status)
    {
        state.ended = Some(status.clone());
    }

    state.renew(renewed?, Instant::now());
    bearer_header(&state.tokens.access_token)
}

async fn ask(channel: &Channel, refresh_token: &str) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: refresh_token.to_owned(),
    };
    let mut client = AuthServiceClient::new(channel.clone());
    let reply = timeout(REFRESH_DEADLINE, client.refresh(request))
        .await
        .map_err(|_| Status::deadline_exceeded("the session was not refreshed in time"))??;
    let tokens = reply.into_inner().tokens;
    tokens.ok_or_else(|| Status::internal("the server refreshed the session without tokens"))
}

/// Whether the server may have refreshed the session all the same. What it refuses has a reason; an answer that breaks
/// off has none, and any code.
fn may_be_lost(status: &Status) -> bool {
    error::reason(status).is_none()
        || matches!(
            status.code(),
            Code::DeadlineExceeded | Code::Unavailable | Code::Cancelled | Code::Unknown
        )
}

/// Whether the refresh token is good for nothing any more.
fn is_final(status: &Status) -> bool {
    matches!(
        error::reason(status),
        Some(Reason::TokenInvalid | Reason::TokenExpired | Reason::TokenReused)
    )
}

/// An access token without an expiry counts as expired.
#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock rule; a client lives in real time"
)]
fn expires_within(tokens: &Tokens, margin: Duration) -> bool {
    let expiry = tokens
        .access_token_expire_time
        .and_then(|time| SystemTime::try_from(time).ok());
    expiry.is_none_or(|expiry| expiry < SystemTime::now() + margin)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a client lives in real time")]
    fn with_seconds_left(left: u64) -> Tokens {
        let expiry = SystemTime::now() + Duration::from_secs(left);
        Tokens {
            access_token: "new".into(),
            access_token_expire_time: Some(expiry.into()),
            ..Tokens::default()
        }
    }

    #[test]
    fn a_token_about_to_expire_is_renewed_and_a_fresh_one_is_not() {
        for (left, renewed) in [(0, true), (29, true), (60, false)] {
            let tokens = with_seconds_left(left);

            assert_eq!(expires_within(&tokens, MARGIN), renewed, "{left} s left");
        }
        assert!(
            expires_within(&Tokens::default(), MARGIN),
            "no expiry at all"
        );
    }

    /// Its clock is far behind ours.
    fn looking_old(life: u64) -> Tokens {
        let claims = format!(r#"{{"iat":1000,"exp":{}}}"#, 1_000 + life);
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
        Tokens {
            access_token: format!("head.{claims}.signature"),
            ..with_seconds_left(0)
        }
    }

    #[tokio::test]
    async fn a_new_token_that_looks_old_is_used_until_the_server_refuses_it() {
        let session = Session::new(with_seconds_left(0));
        let now = Instant::now();
        assert!(
            !session.state.lock().await.is_fresh(now),
            "kept from an earlier run it may be old indeed"
        );

        session.state.lock().await.renew(with_seconds_left(0), now);
        assert!(session.state.lock().await.is_fresh(now));

        session
            .expired(&bearer_header("new").expect("a header"))
            .await;
        assert!(!session.state.lock().await.is_fresh(now));

        session.state.lock().await.renew(with_seconds_left(60), now);
        let state = session.state.lock().await;
        assert!(state.is_fresh(now) && state.looked_old.is_none());
    }

    #[tokio::test]
    async fn a_new_token_that_looks_old_is_renewed_before_its_own_life_ends() {
        let session = Session::new(with_seconds_left(0));
        let mut state = session.state.lock().await;
        let now = Instant::now();
        for (life, fresh_for) in [(600, 570), (60, 30), (40, 20), (10, 5)] {
            state.renew(looking_old(life), now);

            for (age, fresh) in [(0, true), (fresh_for - 1, true), (fresh_for, false)] {
                let then = now + Duration::from_secs(age);
                assert_eq!(state.is_fresh(then), fresh, "{age} s of {life}");
            }
        }
    }

    #[tokio::test]
    async fn only_the_current_token_can_be_refused_as_expired() {
        let tokens = Tokens {
            access_token: "new".into(),
            ..Tokens::default()
        };
        let session = Session::new(tokens);

        session
            .expired(&bearer_header("old").expect("a header"))
            .await;
        assert!(!session.state.lock().await.refused);

        session
            .expired(&bearer_header("new").expect("a header"))
            .await;
        assert!(session.state.lock().await.refused);
    }

    #[test]
    fn all_but_a_refusal_may_be_a_lost_answer() {
        let refusal = |code, domain: &str, reason: &str| {
            let details = ErrorDetails::with_error_info(reason, domain, []);
            Status::with_error_details(code, "message", details)
        };
        for (status, lost) in [
            (Status::internal("Unexpected EOF decoding stream."), true),
            (Status::resource_exhausted("ENHANCE_YOUR_CALM"), true),
            (Status::permission_denied("INADEQUATE_SECURITY"), true),
            (Status::unknown("transport error"), true),
            (Status::deadline_exceeded("not in time"), true),
            (refusal(Code::Internal, "proxy.example", "BROKEN"), true),
            (
                refusal(Code::Unavailable, "guichet", "STORE_UNAVAILABLE"),
                true,
            ),
            (
                refusal(Code::ResourceExhausted, "guichet", "THROTTLED"),
                false,
            ),
            (
                refusal(Code::Unauthenticated, "guichet", "TOKEN_INVALID"),
                false,
            ),
            (
                refusal(Code::Unauthenticated, "guichet", "TOKEN_REUSED"),
                false,
            ),
        ] {
            assert_eq!(may_be_lost(&status), lost, "{status}");
        }
    }
}
