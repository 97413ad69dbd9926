//! Texts that are no token at all, and tokens that were cut, bent or dressed up.

use guichet_client::proto::{ListAccountsRequest, Tokens};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::protos::{number, text};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, raw};
use tonic::Code;

use super::World;

const LIST_ACCOUNTS: &str = "/guichet.v1.AccountService/ListAccounts";

/// Of base64url.
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[tokio::test]
async fn cve_2025_30204_what_is_no_jws_is_told_at_once() {
    let world = World::new().await;
    let token = &world.lea.access_token;
    let (head, rest) = token.split_once('.').expect("a head");

    for (what, text) in [
        ("dots", ".".repeat(8 * 1024)),
        ("a token and dots", format!("{token}{}", ".".repeat(3_000))),
        (
            "five parts (a JWE)",
            format!("{head}.{head}.{head}.{head}.{head}"),
        ),
        ("four parts", format!("{token}.{head}")),
        ("two parts", format!("{head}.{head}")),
        (
            "a JWE's head",
            format!("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0.{rest}"),
        ),
        ("padding", format!("{token}=")),
        (
            "longer than any of ours",
            format!("{token}{}", "A".repeat(5_000)),
        ),
    ] {
        world.assert_refused(what, &text).await;
    }
}

/// Which header is meant must not depend on who reads it, and no reader may stumble.
#[tokio::test]
async fn ghsa_xmf8_no_authorization_header_makes_anybody_stumble() {
    let server = Server::start().await;
    let wire = Wire::connect(&server).await;
    let body = frame(0, b"");
    let key = server.api_key().to_owned();
    let mut headers: Vec<String> = [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "bearer\t",
        "Basic YTpi",
        "Bearer null",
        "Bearer,",
        "Digest x=y",
        "Bearer a b",
        "Negotiate",
        ".",
        "..",
        "Bearer .",
        "Bearer ..",
        "Bearer ...",
    ]
    .map(str::to_owned)
    .to_vec();
    headers.extend([
        key.clone(),
        format!("Basic {key}"),
        format!("Bearer  {key}"),
        format!("Bearer {key}, Bearer {key}"),
        format!("Bearer \"{key}\""),
        format!("Bearer {key}x"),
        format!("Bearer {}", &key[..key.len() - 1]),
    ]);
    let mut noise = Noise(7);
    headers.extend((0..1_000).map(|_| noise.header()));

    for header in headers {
        let headers = [GRPC, ("authorization", header.as_str())];
        let answer = wire.post(LIST_ACCOUNTS, &headers, &body).await;
        let code = answer.expect("an answer").code();
        assert_eq!(code, Some(Code::Unauthenticated), "{header:?}");
    }

    assert!(!server.log().contains("panicked"), "{}", server.log());
    let admin = server.admin().await;
    let listed = admin
        .account()
        .list_accounts(ListAccountsRequest::default())
        .await;
    listed.expect("the right header");
}

/// The same noise at every run (Numerical Recipes' generator).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 16
    }

    /// Printable, as HTTP allows, often with the beginning of something real.
    fn header(&mut self) -> String {
        let start = ["Bearer ", "bearer ", "Bearer eyJ", "Bearer guichet_", ""]
            [usize::try_from(self.next()).expect("16 bits") % 5];
        let length = self.next() % 80;
        let rest = (0..length)
            .map(|_| char::from(b' ' + u8::try_from(self.next() % 95).expect("below 95")));
        format!("{start}{}", rest.collect::<String>())
            .trim()
            .to_owned()
    }
}

/// Something secret that a caller shows the server, and the call that takes it in one of its fields.
struct Shown {
    what: &'static str,
    call: (&'static str, &'static str),
    field: u32,
    secret: String,
}

impl Shown {
    /// The call, with this in place of the secret.
    fn with(&self, secret: &str, account_id: &str) -> Vec<u8> {
        let secret = text(self.field, secret);
        match self.call.1 {
            "InspectReset" => [text(1, account_id), secret].concat(),
            "ListAccounts" => [number(4, 1), secret].concat(),
            _ => secret,
        }
    }
}

/// One of each kind; the reset code is Léa's.
async fn shown(server: &Server, lea: Tokens) -> [Shown; 4] {
    let link = people::reset_link(server, "lea@ecole.example").await;
    let admin = server.admin().await;
    let request = ListAccountsRequest {
        page_size: 1,
        ..ListAccountsRequest::default()
    };
    let page = admin.account().list_accounts(request).await;
    let page = page.expect("a page").into_inner();
    [
        (
            "refresh token",
            ("AuthService", "Refresh"),
            1,
            lea.refresh_token,
        ),
        ("reset code", ("ResetService", "InspectReset"), 2, link.code),
        (
            "access token",
            ("AuthService", "Introspect"),
            1,
            lea.access_token,
        ),
        (
            "page token",
            ("AccountService", "ListAccounts"),
            5,
            page.next_page_token,
        ),
    ]
    .map(|(what, call, field, secret)| Shown {
        what,
        call,
        field,
        secret,
    })
}

#[tokio::test]
async fn ghsa_6mq3_a_secret_that_was_cut_or_bent_is_none() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let lea = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let account_id = lea.account_id.clone();
    let channel = server.anyone().await.channel();
    let key = server.api_key();

    for shown in shown(&server, lea).await {
        let opens = async |secret: &str| {
            let message = shown.with(secret, &account_id);
            let reply = raw::call(&channel, shown.call, Some(key), message).await;
            // `active` of Introspect is its first field; whatever else answers takes the secret.
            reply.is_ok_and(|reply| shown.call.1 != "Introspect" || reply.starts_with(&[0x08, 1]))
        };
        for bent in bent(&shown.secret) {
            assert!(!opens(&bent).await, "{}: {bent:?}", shown.what);
        }
        assert!(opens(&shown.secret).await, "{} itself", shown.what);
    }
}

/// Every beginning, every character changed, something behind it, and the other spellings that base64 has.
fn bent(secret: &str) -> Vec<String> {
    let mut bent = Vec::new();
    for end in 1..secret.len() {
        bent.push(secret[..end].to_owned());
    }
    for at in 0..secret.len() {
        let other = if secret.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        bent.push(format!("{}{other}{}", &secret[..at], &secret[at + 1..]));
    }
    for more in ["=", "==", "A", ".", " ", "\n", "%3D"] {
        bent.push(format!("{secret}{more}"));
    }
    // The last character of base64 has bits that mean nothing.
    let (start, last) = secret.split_at(secret.len() - 1);
    bent.extend(
        ALPHABET
            .chars()
            .filter(|it| *it.to_string() != *last)
            .map(|it| format!("{start}{it}")),
    );
    bent.push(secret.replace('-', "+").replace('_', "/"));
    bent.push(secret.to_lowercase());
    bent.push(format!(" {secret}"));
    bent.retain(|it| it != secret);
    bent
}
