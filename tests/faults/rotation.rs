//! The keys that sign are changed while other programs verify with the key set that they fetched some minutes ago.

use std::time::Duration;

use guichet_client::proto::Tokens;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::web::fetch;
use guichet_tests::{Server, server::POLL};
use http::Method;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::Extent;
use crate::report::Row;
use crate::world::{servers, store, within};

/// Programs that verify, each with a key set of its own.
const VERIFIERS: u32 = 5;

/// How long they keep it, as its `cache-control` lets them.
const CACHED: Duration = Duration::from_mins(5);

/// A step of the clock.
const STEP: Duration = Duration::from_mins(1);

/// How long a new key is published before it signs: twice as long as a key set is kept.
const AHEAD: &str = "10m";

/// How long tokens are good, and how many steps that is.
const TTL: &str = "10m";
const TTL_STEPS: usize = 10;

/// Steps from one rotation to the next: by then the last one signs.
const STEPS: usize = 15;

/// How long a replica may take to read keys that another has made.
const KNOWN: Duration = Duration::from_secs(10);

/// A key set and its age.
struct Verifier {
    keys: JwkSet,
    age: Duration,
}

pub(crate) async fn while_verified(extent: Extent) -> Vec<Row> {
    let rotations = extent.of(1, 3);
    let first = Server::builder()
        .env("GUICHET_KEY_PUBLISH_AHEAD", AHEAD)
        .env("GUICHET_ACCESS_TTL", TTL);
    let mut servers = servers(first.start().await).await;
    people::active(&servers[0], "lea", "lea@ecole.example").await;
    let mut world = World::begin(&servers[0]).await;
    for step in 0..STEPS * (rotations + 1) {
        if step % STEPS == STEPS / 2 && step < STEPS * rotations {
            rotate(&servers).await;
            // One of them starts with keys that it has never seen.
            let last = servers.last_mut().expect("a server");
            last.stop().await;
            last.restart().await;
        }
        world.one_minute(&servers).await;
    }
    let signers = world.signers.len();
    let failed = world.broken.len();
    if signers != rotations + 1 {
        world.broken.push(format!("{signers} keys signed"));
    }
    vec![Row::new(
        format!(
            "signing keys rotated {rotations} times, {}",
            store(&servers[0])
        ),
        format!(
            "{} verifications with key sets up to 5 minutes old, {failed} failed; {signers} keys signed",
            world.verified
        ),
        "no good token is refused",
        world.broken,
    )]
}

/// The programs that verify, and what they have seen.
struct World {
    verifiers: Vec<Verifier>,
    /// The tokens of each minute.
    tokens: Vec<Vec<Tokens>>,
    signers: Vec<String>,
    verified: usize,
    broken: Vec<String>,
}

impl World {
    async fn begin(server: &Server) -> Self {
        let mut verifiers = Vec::new();
        for number in 0..VERIFIERS {
            let keys = key_set(server).await;
            // They don't fetch it all at once.
            let age = CACHED * number / VERIFIERS;
            verifiers.push(Verifier { keys, age });
        }
        Self {
            verifiers,
            tokens: Vec::new(),
            signers: Vec::new(),
            verified: 0,
            broken: Vec::new(),
        }
    }

    /// Everybody verifies every token that is still good.
    async fn one_minute(&mut self, servers: &[Server]) {
        servers[0].advance(STEP);
        let mut fresh = Vec::new();
        for server in servers {
            fresh.push(people::tokens(server, "lea", GOOD_PASSWORD).await);
        }
        self.tokens.push(fresh);
        let still = self.tokens.len().saturating_sub(TTL_STEPS - 1);
        for (number, verifier) in self.verifiers.iter_mut().enumerate() {
            verifier.age += STEP;
            if verifier.age >= CACHED {
                let server = &servers[number % servers.len()];
                (verifier.keys, verifier.age) = (key_set(server).await, Duration::ZERO);
            }
            for tokens in self.tokens[still..].iter().flatten() {
                self.verified += 1;
                match verify(&verifier.keys, &tokens.access_token) {
                    Ok(signer) if self.signers.contains(&signer) => {}
                    Ok(signer) => self.signers.push(signer),
                    Err(how) => self.broken.push(how),
                }
            }
        }
    }
}

/// Publishes the next key, and waits until every server does.
async fn rotate(servers: &[Server]) {
    let before = key_set(&servers[0]).await.keys.len();
    let rotated = servers[0].cli(&["keys", "rotate"]);
    assert!(rotated.status.success(), "{rotated:?}");
    for server in servers {
        let known = within(KNOWN, async || {
            tokio::time::sleep(POLL).await;
            key_set(server).await.keys.len() > before
        });
        assert!(known.await, "a replica does not read the new key");
    }
}

async fn key_set(server: &Server) -> JwkSet {
    let url = format!("{}/.well-known/jwks.json", server.url());
    let page = fetch(Method::GET, &url).await;
    serde_json::from_str(&page.body).expect("a key set")
}

/// The id of the key that signed it.
fn verify(keys: &JwkSet, token: &str) -> Result<String, String> {
    let head = decode_header(token).map_err(|error| error.to_string())?;
    let signer = head.kid.ok_or("no key id")?;
    let key = keys.find(&signer).ok_or("a key that is not published")?;
    let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&["guichet"]);
    // The servers' clock is ahead of this one.
    rules.validate_exp = false;
    decode::<Value>(token, &key, &rules).map_err(|error| error.to_string())?;
    Ok(signer)
}
