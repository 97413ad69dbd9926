//! Access tokens: JWTs after RFC 9068, read by the rules of RFC 8725.

use std::collections::HashSet;

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::good_tokens::GoodToken;
use crate::{
    app::App,
    clock::Timestamp,
    error::Error,
    secret,
    store::{account, session},
};

/// Longest token that is looked at, in bytes.
pub const MAX_LENGTH: usize = 4_096;

/// How far a verifier's clock may be behind ours, in seconds.
const LEEWAY_SECONDS: i64 = 30;

const TYPE: &str = "at+jwt";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
    auth_time: i64,
    /// Never in our tokens; if it stands in one, it counts (RFC 7519 section 4.1.5).
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    nbf: Option<i64>,
    amr: Vec<String>,
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_id: Option<Uuid>,
}

/// What a good token says.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    /// Whose.
    pub account_id: Uuid,
    /// Of which session.
    pub session_id: Uuid,
    /// When it was issued, seconds since 1970.
    pub issued: i64,
    /// When it expires, seconds since 1970.
    pub expires: i64,
}

/// Makes an access token for a session; it never outlives the session.
pub fn issue(
    app: &App,
    account: &account::Model,
    session: &session::Model,
    now: Timestamp,
) -> Result<(String, Timestamp), Error> {
    let expire_time = now
        .plus(app.config.lifetimes.access)
        .min(session.absolute_expire_time);
    let claims = Claims {
        iss: app.config.listen.public_url.to_string(),
        aud: app.config.tokens.audience.clone(),
        sub: account.id,
        sid: session.id,
        jti: app.clock.new_id(),
        iat: now.unix_seconds(),
        exp: expire_time.unix_seconds(),
        auth_time: session.create_time.unix_seconds(),
        nbf: None,
        amr: methods(session),
        roles: account.role_names(),
        institution_id: account.institution_id,
    };
    let key = app
        .keys
        .signing(now)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("no signing key")))?;
    let header = head(key.algorithm, key.kid.clone());
    let token =
        encode(&header, &claims, &key.encoding).map_err(|cause| Error::Internal(cause.into()))?;
    Ok((token, Timestamp(expire_time.unix_seconds() * 1_000_000)))
}

/// The header of every token of ours.
fn head(algorithm: Algorithm, kid: String) -> Header {
    Header {
        typ: Some(TYPE.to_owned()),
        kid: Some(kid),
        ..Header::new(algorithm)
    }
}

/// A claim that is there is a number of seconds, and nothing else is taken for an absent one (CVE-2026-25537).
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

/// How the person proved who they are (RFC 8176).
fn methods(session: &session::Model) -> Vec<String> {
    let methods: &[&str] = if session.second_factor {
        &["pwd", "otp", "mfa"]
    } else {
        &["pwd"]
    };
    methods.iter().map(ToString::to_string).collect()
}

/// Checks a token's signature, type, issuer, audience and times. Whether its session still lives is the store's to say.
///
/// Fails with `TOKEN_EXPIRED` for a token that was good, with `TOKEN_INVALID` for everything else.
pub fn verify(app: &App, token: &str, now: Timestamp) -> Result<Verified, Error> {
    let GoodToken {
        begins, verified, ..
    } = good(app, token, now).ok_or(Error::TokenInvalid)?;
    let seconds = now.unix_seconds();
    if begins > seconds + LEEWAY_SECONDS {
        return Err(Error::TokenInvalid);
    }
    if verified.expires <= seconds {
        return Err(Error::TokenExpired);
    }
    Ok(verified)
}

/// A token that is signed by a key which verifies at `now`.
fn good(app: &App, token: &str, now: Timestamp) -> Option<GoodToken> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let hash = secret::hash(token);
    if let Some(known) = app.good_tokens.find(&hash) {
        return app.keys.verifying(&known.kid, now).map(|_| known);
    }
    let read = read(app, token, now)?;
    app.good_tokens.keep(hash, read.clone());
    Some(read)
}

fn read(app: &App, token: &str, now: Timestamp) -> Option<GoodToken> {
    let header = decode_header(token).ok()?;
    let kid = header.kid.clone()?;
    // Nothing in the header may bring a key along or change how the token is read: it is as we write it, and no more.
    if header != head(header.alg, kid.clone()) {
        return None;
    }
    let key = app.keys.verifying(&kid, now)?;

    // The algorithm is the key's, never the header's. Times are checked against our own clock.
    let mut validation = Validation::new(key.algorithm);
    validation.validate_exp = false;
    validation.required_spec_claims =
        HashSet::from(["exp", "iss", "aud", "sub"].map(str::to_owned));
    validation.set_audience(&[&app.config.tokens.audience]);
    validation.set_issuer(&[app.config.listen.public_url.to_string()]);
    let claims = decode::<Claims>(token, &key.decoding, &validation)
        .ok()?
        .claims;
    Some(GoodToken {
        kid: kid.into(),
        begins: claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat)),
        verified: Verified {
            account_id: claims.sub,
            session_id: claims.sid,
            issued: claims.iat,
            expires: claims.exp,
        },
    })
}
