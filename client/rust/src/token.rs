//! Whose token goes with a call.

use std::fmt;

use http::HeaderValue;
use tonic::Status;
use tonic::transport::Channel;

use crate::Session;

/// Where the bearer token of each call comes from. Its `Debug` never shows one.
#[derive(Clone)]
pub struct TokenSource(Source);

#[derive(Clone)]
enum Source {
    None,
    Fixed(HeaderValue),
    Session(Session),
}

impl TokenSource {
    /// No token: the calls that are open to anybody.
    pub fn none() -> Self {
        Self(Source::None)
    }

    /// An API key, or an access token that somebody else renews.
    ///
    /// Fails with `UNAUTHENTICATED` if the text can't be a token at all (a line break, say).
    pub fn bearer(token: &str) -> Result<Self, Status> {
        Ok(Self(Source::Fixed(bearer_header(token)?)))
    }

    /// A person's session, renewed as needed.
    pub fn session(session: Session) -> Self {
        Self(Source::Session(session))
    }

    /// The `authorization` header of the next call.
    pub(crate) async fn header(&self, channel: &Channel) -> Result<Option<HeaderValue>, Status> {
        match &self.0 {
            Source::None => Ok(None),
            Source::Fixed(header) => Ok(Some(header.clone())),
            Source::Session(session) => session.header(channel).await.map(Some),
        }
    }

    /// Told when the server refused `header` as expired, although it looked fresh from here.
    pub(crate) async fn expired(&self, header: &HeaderValue) {
        if let Source::Session(session) = &self.0 {
            session.expired(header).await;
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            Source::None => "TokenSource::none",
            Source::Fixed(_) => "TokenSource::bearer",
            Source::Session(_) => "TokenSource::session",
        })
    }
}

/// Marked sensitive, so that HPACK keeps it out of its table and `Debug` hides it.
pub(crate) fn bearer_header(token: &str) -> Result<HeaderValue, Status> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Status::unauthenticated("the token holds characters no token has"))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        let source = TokenSource::bearer("gk_very_secret").expect("a good token");

        assert!(!format!("{source:?}").contains("secret"));
    }

    #[test]
    fn a_token_with_a_line_break_is_refused() {
        assert!(TokenSource::bearer("gk_1\r\nx: y").is_err());
    }
}
