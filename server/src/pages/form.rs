//! Forms that only our own pages can send (OWASP, Cross-Site Request Forgery Prevention: signed double submit).
//!
//! The browser holds a random cookie and each form a MAC of it. Another site can neither read the cookie nor make the
//! MAC. The check of `Origin` and `Sec-Fetch-Site` in `transport` comes before this one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::SameSite;

use super::visit::Visit;
use crate::{app::App, master_key::Purpose, secret, transport::session_cookie};

const COOKIE: &str = "guichet_form";

/// Longest cookie looked at, in bytes: ours have 43 characters.
const MAX_COOKIE: usize = 64;

/// Bytes of a form's token.
const MAC: usize = 32;

/// The token for this browser's forms; has it keep a cookie if it has none.
///
/// `Lax`, so that a person who comes by a link in a mail keeps the forms of other tabs.
pub(super) fn token(visit: &mut Visit) -> String {
    let kept = cookie(visit).unwrap_or_else(|| {
        let fresh = secret::code();
        let cookie = visit.public.cookie(COOKIE, &fresh, SameSite::Lax, None);
        session_cookie::append(&mut visit.answer, &cookie);
        fresh
    });
    mac(&visit.app, &kept)
}

/// Whether the form came from a page that we gave to this browser.
pub(super) fn is_ours(visit: &Visit, token: &str) -> bool {
    cookie(visit).is_some_and(|kept| {
        let given = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let parts: [&[u8]; 1] = [kept.as_bytes()];
        given.len() == MAC && visit.app.master_key.is_mac(Purpose::Forms, &parts, &given)
    })
}

fn cookie(visit: &Visit) -> Option<String> {
    let kept = session_cookie::find(&visit.headers, &visit.public.name(COOKIE));
    kept.filter(|kept| kept.len() <= MAX_COOKIE)
}

/// The token of the forms of the browser that holds this cookie.
pub(crate) fn mac(app: &App, kept: &str) -> String {
    URL_SAFE_NO_PAD.encode(app.master_key.mac(Purpose::Forms, &[kept.as_bytes()]))
}
