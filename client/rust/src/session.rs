//! A person's session that renews itself.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_proto::v1::{RefreshRequest, Tokens};
use http::HeaderValue;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tonic::Status;
use tonic::transport::Channel;

use crate::token::bearer_header;

/// An access token with less life left than this is renewed before the call.
const MARGIN: Duration = Duration::from_secs(30);

/// The tokens of one sign-in. Clones share them: however many calls run at once, one of them
/// refreshes and the others wait for it. Its `Debug` shows no token.
#[derive(Clone)]
pub struct Session {
    state: Arc<Mutex<State>>,
}

struct State {
    tokens: Tokens,
    /// The server called the access token expired although this machine's clock does not.
    refused: bool,
}

impl Session {
    /// Continues from the tokens of `Login` or those kept from an earlier run.
    pub fn new(tokens: Tokens) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                tokens,
                refused: false,
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
        if !state.refused && !expires_within(&state.tokens, MARGIN) {
            return bearer_header(&state.tokens.access_token);
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
    let refresh_token = state.tokens.refresh_token.clone();
    let reply = AuthServiceClient::new(channel)
        .refresh(RefreshRequest { refresh_token })
        .await?;

    state.tokens = reply
        .into_inner()
        .tokens
        .ok_or_else(|| Status::internal("the server refreshed the session without tokens"))?;
    state.refused = false;
    bearer_header(&state.tokens.access_token)
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

    #[test]
    fn a_token_about_to_expire_is_renewed_and_a_fresh_one_is_not() {
        #[expect(clippy::disallowed_methods, reason = "a client lives in real time")]
        let now = SystemTime::now();

        for (left, renewed) in [(0, true), (29, true), (60, false)] {
            let expiry = now + Duration::from_secs(left);
            let tokens = Tokens {
                access_token_expire_time: Some(expiry.into()),
                ..Tokens::default()
            };

            assert_eq!(expires_within(&tokens, MARGIN), renewed, "{left} s left");
        }
        assert!(
            expires_within(&Tokens::default(), MARGIN),
            "no expiry at all"
        );
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
