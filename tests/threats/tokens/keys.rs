//! Tokens under another key or by another algorithm than the server's.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use guichet_tests::signer;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::World;

/// A key of an attacker's own.
fn own_key() -> EncodingKey {
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    EncodingKey::from_ec_der(document.expect("a key").as_ref())
}

fn signed_by(key: &EncodingKey, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
    let signed = signer::unsigned(&header.to_string(), &claims.to_string());
    let signature = crypto::sign(signed.as_bytes(), key, algorithm);
    format!("{signed}.{}", signature.expect("a signature"))
}

#[tokio::test]
async fn cve_2015_9235_the_public_key_is_no_secret_and_no_algorithm_is_none() {
    let world = World::new().await;
    let claims = world.claims();
    let header =
        |algorithm: &str| json!({ "alg": algorithm, "typ": "at+jwt", "kid": world.signer.kid });

    for algorithm in ["none", "None", "nOnE", "NONE", ""] {
        let unsigned = signer::unsigned(&header(algorithm).to_string(), &claims.to_string());
        for signature in ["", "AA", "e30"] {
            let token = format!("{unsigned}.{signature}");
            world
                .assert_refused(&format!("alg {algorithm:?}"), &token)
                .await;
        }
    }
    let der = world.signer.public_der();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let x = world.signer.jwk["x"].as_str().expect("a coordinate");
    for (what, secret) in [
        ("PEM", pem.clone().into_bytes()),
        (
            "PEM without its last line end",
            pem.trim_end().to_owned().into_bytes(),
        ),
        ("DER", der),
        ("JWK", world.signer.jwk.to_string().into_bytes()),
        ("x", URL_SAFE_NO_PAD.decode(x).expect("base64url")),
        ("kid", world.signer.kid.clone().into_bytes()),
        ("nothing", Vec::new()),
    ] {
        let key = EncodingKey::from_secret(&secret);
        for (name, algorithm) in [
            ("HS256", Algorithm::HS256),
            ("HS384", Algorithm::HS384),
            ("HS512", Algorithm::HS512),
        ] {
            let token = signed_by(&key, algorithm, &header(name), &claims);
            world
                .assert_refused(&format!("{name} with {what}"), &token)
                .await;
        }
    }
}

#[tokio::test]
async fn cve_2022_21449_what_is_no_signature_signs_nothing() {
    let world = World::new().await;
    let claims = world.claims();
    let header = world.signer.header();
    let good = world.sign(&header, &claims);
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    // What X.509 uses: a sequence of two integers.
    let integer = |half: &[u8]| [&[2, 33, 0][..], half].concat();
    let der = [
        &[0x30, 70][..],
        &integer(&signature[..32]),
        &integer(&signature[32..]),
    ]
    .concat();

    for (what, bytes) in [
        ("no signature", Vec::new()),
        ("r and s of zero", vec![0; 64]),
        (
            "r and s of one",
            [[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat(),
        ),
        ("the other form", der),
        ("half a signature", signature[..32].to_vec()),
        ("one byte more", [&signature[..], &[0]].concat()),
    ] {
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes));
        world.assert_refused(what, &token).await;
    }
    for algorithm in [
        "RS256", "PS256", "ES384", "ES512", "EdDSA", "es256", "ES256K",
    ] {
        let mut header = header.clone();
        header["alg"] = json!(algorithm);
        let token = world.sign(&header, &claims);
        world.assert_refused(algorithm, &token).await;
    }
    let mut nameless = header;
    nameless.as_object_mut().expect("an object").remove("alg");
    let token = world.sign(&nameless, &claims);
    world.assert_refused("no algorithm", &token).await;
}

#[tokio::test]
async fn cve_2018_0114_no_token_brings_its_key_along() {
    let world = World::new().await;
    let claims = world.claims();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let ours = format!("http://{}/keys", listener.local_addr().expect("a port"));
    let attacker = own_key();
    let jwk = Jwk::from_encoding_key(&attacker, Algorithm::ES256).expect("a public half");
    let jwk = serde_json::to_value(jwk).expect("JSON");

    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!(ours)),
        ("x5u", json!(ours)),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JWT")),
        ("typ", json!("")),
        ("typ", json!("rt+jwt")),
        ("typ", Value::Null),
        ("cty", json!("JWT")),
    ] {
        let mut header = world.signer.header();
        header[name] = value;
        for signed in [
            signed_by(&attacker, Algorithm::ES256, &header, &claims),
            world.sign(&header, &claims),
        ] {
            world.assert_refused(&header.to_string(), &signed).await;
        }
    }
    for kid in [
        "",
        "../../dev/null",
        "/dev/null",
        "' OR 1=1--",
        "x\0",
        &"k".repeat(2_000),
    ] {
        let mut header = world.signer.header();
        header["kid"] = json!(kid);
        let token = signed_by(&attacker, Algorithm::ES256, &header, &claims);
        world.assert_refused(kid, &token).await;
        let token = world.sign(&header, &claims);
        world.assert_refused(kid, &token).await;
    }
    let asked = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(asked.is_err(), "somebody asked for the keys of a token");
}
