//! The token by which a browser is known again, in a cookie that scripts can't read.
//!
//! It outlives the session and signs nobody in, so it stays when a person signs out.

use std::time::Duration;

use axum::http::HeaderMap;
use cookie::SameSite;

use tonic::{Request, Response};

use super::session_cookie::{self, Public, append, find};

const NAME: &str = "guichet_device";

/// The token that the browser kept.
pub fn read(headers: &HeaderMap, public: Public) -> Option<String> {
    find(headers, &public.name(NAME))
}

/// Says which device it is, where the caller left that out and says that the cookie has it.
pub fn fill<Q>(
    request: Request<Q>,
    public: Public,
    token: impl FnOnce(&mut Q) -> &mut String,
) -> Request<Q> {
    session_cookie::fill_with(request, |headers| read(headers, public), token)
}

/// Has the browser keep the token of an answer, which then no script sees.
pub fn keep_from<S>(
    reply: &mut Response<S>,
    public: Public,
    token: impl FnOnce(&mut S) -> &mut String,
    life: Duration,
) {
    let token = std::mem::take(token(reply.get_mut()));
    keep(reply.metadata_mut().as_mut(), public, &token, life);
}

/// Has the browser keep a token.
pub fn keep(headers: &mut HeaderMap, public: Public, token: &str, life: Duration) {
    let cookie = public.cookie(NAME, token, SameSite::Strict, Some(life));
    append(headers, &cookie);
}
