//! How long an access token lives, by its own word.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// From `iat` to `exp` (RFC 7519, section 4.1), both by the server's clock, so that this machine's doesn't matter.
///
/// The signature is not checked: the token came from the server, and a wrong answer only renews it too early or late.
pub(crate) fn lifetime(access_token: &str) -> Option<Duration> {
    let payload = access_token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let issued = claims.get("iat")?.as_u64()?;
    let expires = claims.get("exp")?.as_u64()?;
    expires.checked_sub(issued).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_from_iat_to_exp() {
        for (claims, expected) in [
            (r#"{"iat":1000,"exp":1600}"#, Some(600)),
            (r#"{"iat":1000,"exp":1000,"aud":"é?>"}"#, Some(0)),
            (r#"{"iat":1000,"exp":999}"#, None),
            (r#"{"iat":-1,"exp":600}"#, None),
            (r#"{"exp":1600}"#, None),
            (r#"{"iat":"1000","exp":"1600"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            let token = format!("head.{}.signature", BASE64_URL_SAFE_NO_PAD.encode(claims));

            let expected = expected.map(Duration::from_secs);
            assert_eq!(lifetime(&token), expected, "{claims}");
        }
    }

    #[test]
    fn what_is_no_token_says_nothing() {
        for text in ["", "opaque", "a.b.c", "a.é.c", "..", "a.e30=.c"] {
            assert_eq!(lifetime(text), None, "{text}");
        }
    }
}
