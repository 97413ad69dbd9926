//! Guessing at names and passwords: who is slowed down by it, who is not, and for how long.

use std::net::IpAddr;
use std::time::Duration;

use guichet_client::proto::{LoginRequest, LoginResponse};
use guichet_client::{Reason, error};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Server, expect_error};
use tonic::transport::Endpoint;
use tonic::{Code, Request, Response, Status};

const EMAIL: &str = "lea@ecole.example";

const SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

async fn guarded() -> Server {
    Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await
}

fn with(username: &str, password: &str) -> LoginRequest {
    LoginRequest {
        username: username.into(),
        password: password.into(),
        device_name: String::new(),
        ..Default::default()
    }
}

/// Signs in from one of this machine's own addresses.
async fn from(
    server: &Server,
    address: [u8; 4],
    username: &str,
    password: &str,
) -> Result<Response<LoginResponse>, Status> {
    let endpoint = Endpoint::from_shared(server.url()).expect("an address");
    let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
    let channel = endpoint.connect().await.expect("a connection");
    AuthServiceClient::new(channel)
        .login(with(username, password))
        .await
}

/// Whether a wrong password was looked at, or the caller told to wait, and how long.
async fn guess(server: &Server, address: [u8; 4], username: &str) -> Option<Duration> {
    let refused = from(server, address, username, OTHER_PASSWORD).await;
    let refused = refused.expect_err("a wrong password");
    match error::reason(&refused) {
        Some(Reason::BadCredentials) => None,
        Some(Reason::Throttled) => Some(error::retry_after(&refused).expect("how long")),
        _ => panic!("{refused}"),
    }
}

/// How many wrong passwords are looked at before the caller is told to wait, and how long that is.
async fn guesses(server: &Server, address: [u8; 4], username: &str) -> (usize, Duration) {
    for looked_at in 0..200 {
        if let Some(wait) = guess(server, address, username).await {
            return (looked_at, wait);
        }
    }
    panic!("200 passwords were looked at");
}

/// Names that are Léa's to whoever reads them as the server does.
fn spellings() -> Vec<String> {
    let mut spellings: Vec<String> = (0..256_u32)
        .map(|capitals| {
            let letters = "lea.martin".chars().enumerate();
            letters
                .map(|(at, letter)| {
                    if capitals >> at & 1 == 1 {
                        letter.to_ascii_uppercase()
                    } else {
                        letter
                    }
                })
                .collect()
        })
        .collect();
    for blank in [" ", "\t", "\n", "\u{a0}", "  "] {
        spellings.push(format!("{blank}lea.martin"));
        spellings.push(format!("lea.martin{blank}"));
    }
    spellings.push("ｌｅａ.martin".to_owned());
    spellings
}

/// Also CVE-2025-54998, CVE-2025-24806 and CVE-2026-47203.
#[tokio::test]
async fn cve_2025_6004_however_a_name_is_spelt_its_guesses_are_counted_together() {
    let server = guarded().await;
    people::active(&server, "lea.martin", EMAIL).await;

    let mut looked_at = 0;
    for spelling in spellings() {
        let right = with(&spelling, GOOD_PASSWORD);
        let wrong = with(&spelling, OTHER_PASSWORD);
        let anyone = server.anyone().await;
        if looked_at < 5 {
            let refused = anyone
                .auth()
                .login(wrong)
                .await
                .expect_err("a wrong password");
            assert_eq!(
                error::reason(&refused),
                Some(Reason::BadCredentials),
                "{spelling:?}"
            );
            looked_at += 1;
            continue;
        }
        // Not even the right one: a spelling of its own that is counted for itself would be let in.
        let refused = anyone.auth().login(right).await.expect_err("a lock");
        let reason = error::reason(&refused);
        assert_eq!(reason, Some(Reason::Throttled), "{spelling:?}");
    }
    let by_address = people::sign_in(&server, EMAIL, GOOD_PASSWORD).await;
    expect_error(by_address, Code::InvalidArgument, "EMAIL_NOT_USERNAME");
}

#[tokio::test]
async fn cve_2020_11052_a_lock_that_has_ended_comes_again_and_lasts_longer() {
    let server = guarded().await;
    people::active(&server, "lea", EMAIL).await;
    let (looked_at, mut wait) = guesses(&server, SCHOOL, "lea").await;
    assert_eq!(looked_at, 5);

    for _ in 0..6 {
        server.advance(wait + Duration::from_secs(1));
        let (more, longer) = guesses(&server, SCHOOL, "lea").await;
        assert_eq!(more, 1, "after {wait:?}");
        assert!(longer > wait, "{longer:?} after {wait:?}");
        wait = longer;
    }

    assert!(wait >= Duration::from_mins(30), "{wait:?}");
    server.advance(wait + Duration::from_secs(1));
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// NIST SP 800-63B-4 section 3.2.2 allows no more than a hundred failures in a row; this is how long that many take.
#[tokio::test]
async fn cve_2026_33419_a_day_of_guessing_is_a_few_dozen_guesses() {
    let server = guarded().await;
    people::active(&server, "lea", EMAIL).await;
    let mut passed = Duration::ZERO;
    let mut looked_at = 0;

    while passed < Duration::from_hours(24) {
        match guess(&server, SCHOOL, "lea").await {
            None => looked_at += 1,
            Some(wait) => {
                server.advance(wait + Duration::from_secs(1));
                passed += wait;
            }
        }
    }

    assert!(looked_at <= 40, "{looked_at} passwords were looked at");
}

#[tokio::test]
async fn ghsa_cq42_who_guesses_from_elsewhere_locks_himself_out_and_not_the_person() {
    let server = guarded().await;
    people::active(&server, "lea", EMAIL).await;
    from(&server, SCHOOL, "lea", GOOD_PASSWORD)
        .await
        .expect("a sign-in");

    for network in 1..=30 {
        guesses(&server, [127, 0, network, 1], "lea").await;
    }

    let stranger = from(&server, ELSEWHERE, "lea", GOOD_PASSWORD).await;
    expect_error(stranger, Code::ResourceExhausted, "THROTTLED");
    // Another network from which nobody has guessed is stopped too: guesses are spread over many.
    let spread = from(&server, [127, 0, 99, 1], "lea", GOOD_PASSWORD).await;
    expect_error(spread, Code::ResourceExhausted, "THROTTLED");
    from(&server, SCHOOL, "lea", GOOD_PASSWORD)
        .await
        .expect("her own network");
}

#[tokio::test]
async fn cve_2026_19607_guesses_at_a_name_do_not_follow_who_had_it() {
    let server = guarded().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::rename(&server, &id, "lea.martin").await;
    people::active(&server, "lea", "").await;

    guesses(&server, SCHOOL, "lea").await;

    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let locked = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
    expect_error(locked, Code::ResourceExhausted, "THROTTLED");
}

/// What a proxy in front says may be nonsense; nothing is decided otherwise for it, and nothing fails.
#[tokio::test]
async fn cve_2024_47070_an_address_that_cannot_be_read_changes_nothing() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "1000")
        .start()
        .await;
    let hops = "10.0.0.1, ".repeat(200);
    let huge = "9".repeat(10 * 1024);
    let nonsense = [
        "a",
        "",
        "::",
        ",",
        ", ,",
        "1.2.3",
        "1.2.3.4.5",
        "[::1",
        "unknown",
        "_hidden",
        "1.2.3.4:x",
        "for=1.2.3.4",
        "\"1.2.3.4\"",
        "%00",
        "' OR 1=1--",
        &hops,
        &huge,
    ];
    let mut auth = AuthServiceClient::new(server.anyone().await.channel());

    for (number, said) in nonsense.into_iter().enumerate() {
        let username = format!("lea.{number}");
        people::active(&server, &username, "").await;
        let mut reasons = Vec::new();
        for password in [OTHER_PASSWORD; 6].into_iter().chain([GOOD_PASSWORD]) {
            let mut request = Request::new(with(&username, password));
            let value = said.parse().expect("a header");
            request.metadata_mut().insert("x-forwarded-for", value);
            let refused = auth.login(request).await.expect_err("no sign-in");
            reasons.push(error::reason(&refused).expect("a reason"));
        }
        assert_eq!(reasons[..5], vec![Reason::BadCredentials; 5], "{said:?}");
        assert_eq!(reasons[5..], vec![Reason::Throttled; 2], "{said:?}");
    }
}

/// Okta in 2024: a long name left no room for the password in what was hashed.
#[tokio::test]
async fn okta_2024_the_longest_name_still_needs_its_own_password() {
    let server = Server::start().await;
    let longest = "a".repeat(64);
    let widest = "ж".repeat(64);

    for username in [&longest, &widest] {
        people::active(&server, username, "").await;
        for wrong in [OTHER_PASSWORD, "", "B", &GOOD_PASSWORD[..7], "Babou45+x"] {
            let refused = people::sign_in(&server, username, wrong).await;
            assert!(refused.is_err(), "{wrong:?}");
        }
        people::tokens(&server, username, GOOD_PASSWORD).await;
    }
}

/// ASVS 5.0, 6.2.8: each byte counts, however many there are.
#[tokio::test]
async fn cve_2025_22228_every_byte_of_a_long_password_counts() {
    let server = Server::builder()
        .env("GUICHET_PASSWORD_MAX_LENGTH", "200")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let long = format!("Aa1!{}", "abcdefgh".repeat(24));
    server.remember(&long);
    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    people::complete(&guichet, &link, EMAIL, &long)
        .await
        .expect("a long password");

    for at in [0, 54, 55, 63, 64, 71, 72, 73, 127, 128, 129, 195] {
        let other = format!("{}Z{}", &long[..at], &long[at + 1..]);
        let refused = people::sign_in(&server, "lea", &other).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
        let cut = people::sign_in(&server, "lea", &long[..at.max(1)]).await;
        expect_error(cut, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    for around in [
        format!("{long} "),
        format!(" {long}"),
        format!("{long}\0"),
        long.to_uppercase(),
    ] {
        let refused = people::sign_in(&server, "lea", &around).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    people::tokens(&server, "lea", &long).await;
}
