//! The refresh token in a cookie that scripts can't read (OWASP, HTML5 Security: no tokens in web storage).
//!
//! A page asks for it with the header `guichet-session: cookie`. The cookie belongs to this origin alone: other sites can
//! neither have it sent (`SameSite=Strict`) nor read an answer that sets it (no credentials in CORS).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use cookie::{Cookie, SameSite};
use tonic::Request;

/// The header with which a page asks for the cookie.
const WISH: HeaderName = HeaderName::from_static("guichet-session");

const NAME: &str = "guichet_refresh";

/// Whether the caller wants its refresh token kept in the cookie.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(WISH).is_some_and(|value| value == "cookie")
}

/// The refresh token that the browser kept.
pub fn read(headers: &HeaderMap, public: Public) -> Option<String> {
    find(headers, &public.name(NAME))
}

/// Puts the cookie's refresh token where the caller left it out and says that the cookie has it.
pub fn fill<Q>(
    request: Request<Q>,
    public: Public,
    token: impl FnOnce(&mut Q) -> &mut String,
) -> Request<Q> {
    fill_with(request, |headers| read(headers, public), token)
}

/// The same with what `kept` reads.
pub(super) fn fill_with<Q>(
    mut request: Request<Q>,
    kept: impl FnOnce(&HeaderMap) -> Option<String>,
    token: impl FnOnce(&mut Q) -> &mut String,
) -> Request<Q> {
    let headers = request.metadata().as_ref();
    let kept = is_wanted(headers).then(|| kept(headers)).flatten();
    let token = token(request.get_mut());
    if token.is_empty() {
        *token = kept.unwrap_or_default();
    }
    request
}

/// Has the browser keep the refresh token.
pub fn keep(headers: &mut HeaderMap, public: Public, token: &str, life: Duration) {
    let cookie = public.cookie(NAME, token, SameSite::Strict, Some(life));
    append(headers, &cookie);
}

/// Has the browser forget it.
pub fn forget(headers: &mut HeaderMap, public: Public) {
    keep(headers, public, "", Duration::ZERO);
}

/// How the browser reaches us, which decides what cookies look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Public {
    /// By TLS: cookies that no other host and no plain connection can set.
    Https,
    /// In plain text, on the machine itself.
    Http,
}

impl Public {
    /// By the scheme of the public URL.
    pub fn of(scheme: &str) -> Self {
        if scheme == "https" {
            Self::Https
        } else {
            Self::Http
        }
    }

    /// A cookie's whole name. The prefix has browsers insist on TLS, this host and no narrower path.
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Https => format!("__Host-{name}"),
            Self::Http => name.to_owned(),
        }
    }

    /// A cookie that scripts can't read; without `life` it goes when the browser is closed.
    pub fn cookie(
        self,
        name: &str,
        value: &str,
        same_site: SameSite,
        life: Option<Duration>,
    ) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.name(name), value.to_owned()))
            .path("/")
            .http_only(true)
            .same_site(same_site)
            .secure(self == Self::Https)
            .build();
        if let Some(life) = life {
            let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(time::Duration::seconds(seconds));
        }
        cookie
    }
}

/// The first cookie of a name.
pub fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line.to_owned()).filter_map(Result::ok))
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Adds a cookie to an answer.
pub fn append(headers: &mut HeaderMap, cookie: &Cookie<'_>) {
    // Our values are base64url and language tags.
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(public: Public) -> String {
        let mut headers = HeaderMap::new();
        keep(&mut headers, public, "token", Duration::from_hours(1));
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn scripts_and_other_sites_get_nothing() {
        assert_eq!(
            set(Public::Http),
            "guichet_refresh=token; HttpOnly; SameSite=Strict; Path=/; Max-Age=3600"
        );
        assert_eq!(
            set(Public::Https),
            "__Host-guichet_refresh=token; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=3600"
        );
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; b"));
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("guichet_refresh_2=no; guichet_refresh=yes; c=3"),
        );

        assert_eq!(read(&headers, Public::Http).as_deref(), Some("yes"));
        assert_eq!(read(&headers, Public::Https), None);
    }
}
