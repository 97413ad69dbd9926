//! A person's session that renews itself.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_proto::v1::{RefreshRequest, Tokens};
use http::HeaderValue;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Status};

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
    /// This machine's clock called new tokens old: it runs ahead, and only the server's word counts.
    looked_old: bool,
    /// The server called the access token expired although this machine's clock does not.
    refused: bool,
    /// Why there will be no more tokens. The server would take the old one, shown once more, for stolen.
    ended: Option<Status>,
}

impl Session {
    /// Continues from the tokens of `Login` or those kept from an earlier run.
    pub fn new(tokens: Tokens) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                tokens,
                looked_old: false,
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
        if state.is_fresh() {
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
    fn is_fresh(&self) -> bool {
        !self.refused && (self.looked_old || !expires_within(&self.tokens, MARGIN))
    }

    /// Continues with tokens that the server has just made.
    fn renew(&mut self, tokens: Tokens) {
        self.looked_old = expires_within(&tokens, MARGIN);
        self.tokens = tokens;
        self.refused = false;
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

    state.renew(renewed?);
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

/// Whether the server may have refreshed the session all the same: a connection that breaks is `UNKNOWN` as well.
fn may_be_lost(status: &Status) -> bool {
    matches!(
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

    #[tokio::test]
    async fn a_new_token_that_looks_old_is_used_until_the_server_refuses_it() {
        let session = Session::new(with_seconds_left(0));
        assert!(
            !session.state.lock().await.is_fresh(),
            "kept from an earlier run it may be old indeed"
        );

        session.state.lock().await.renew(with_seconds_left(0));
        assert!(session.state.lock().await.is_fresh());

        session
            .expired(&bearer_header("new").expect("a header"))
            .await;
        assert!(!session.state.lock().await.is_fresh());

        session.state.lock().await.renew(with_seconds_left(60));
        let state = session.state.lock().await;
        assert!(state.is_fresh() && !state.looked_old);
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
}
