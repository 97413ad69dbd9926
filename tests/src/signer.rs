//! Signs access tokens with a server's own key, for tokens that only the server could have made and never would.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::{Place, Server, web};

/// Newest first: that one signs.
const KEY: &str = "SELECT kid, sealed_key FROM signing_key ORDER BY activate_time DESC LIMIT 1";

/// What goes before the point of a P-256 key that stands alone (RFC 5480, section 2).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key that signs as the server does (ES256).
pub struct Signer {
    /// How tokens name it.
    pub kid: String,
    /// Its public half, as the server publishes it.
    pub jwk: Value,
    private: EncodingKey,
}

impl Signer {
    /// The key that a server signs with now.
    pub async fn of(server: &Server) -> Self {
        let (kid, sealed) = Place::behind(server).name_and_bytes(KEY).await;
        let private = open(&server.master_key(), &sealed, kid.as_bytes());
        let url = format!("{}/.well-known/jwks.json", server.url());
        let page = web::fetch(Method::GET, &url).await;
        let keys: Value = serde_json::from_str(&page.body).expect("JSON");
        let keys = keys["keys"].as_array().expect("keys");
        let jwk = keys.iter().find(|key| key["kid"] == kid.as_str());
        Self {
            jwk: jwk.expect("a published key").clone(),
            private: EncodingKey::from_ec_der(&private),
            kid,
        }
    }

    /// The head of the server's own tokens.
    pub fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": self.kid })
    }

    /// A token of exactly this head and these claims, whatever they are.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let signed = unsigned(header, claims);
        let signature = crypto::sign(signed.as_bytes(), &self.private, Algorithm::ES256);
        format!("{signed}.{}", signature.expect("a signature"))
    }

    /// The public half as certificates hold it.
    pub fn public_der(&self) -> Vec<u8> {
        let coordinate = |name: &str| {
            let text = self.jwk[name].as_str().expect("a coordinate");
            URL_SAFE_NO_PAD.decode(text).expect("base64url")
        };
        [&P256[..], &[4], &coordinate("x"), &coordinate("y")].concat()
    }
}

/// Head and claims, to which a signature belongs.
pub fn unsigned(header: &str, claims: &str) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{claims}")
}

/// The head and the claims of a token.
pub fn read(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&json).unwrap_or(Value::Null)
    });
    let header = parts.next().expect("a head");
    (header, parts.next().expect("claims"))
}

/// Opens what is sealed under the master key: a byte that names the form, 12 random bytes from which the message's key is
/// derived, a nonce, and AES-256-GCM's output.
fn open(master_key: &str, sealed: &[u8], kid: &[u8]) -> Vec<u8> {
    let master_key = hex::decode(master_key).expect("a key in hexadecimal");
    let (head, body) = sealed.split_at(1 + 12 + 12);
    assert_eq!(head[0], 1, "another form");
    let (salt, nonce) = head[1..].split_at(12);
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(&master_key)
        .expand(
            &[b"guichet/v1/signing-keys", b"/message/", salt],
            hkdf::HKDF_SHA256,
        )
        .and_then(|output| output.fill(&mut key))
        .expect("32 bytes");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("a key"));
    let nonce = Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
    let mut body = body.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(kid), &mut body);
    opened.expect("a sealed key").to_vec()
}
