//! Passwords at their ends, and what is asked of them (OWASP ASVS 5.0, chapter 6.2).

use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, ChangePasswordRequest, CheckPasswordRequest, CreateAccountRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server, Untouched, expect_error};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// Under the rules of length alone: Léa's link to choose her first password.
async fn lenient() -> (Server, Link, Guichet) {
    let server = Server::builder()
        .env("GUICHET_PASSWORD_PROFILE", "standard")
        .env("GUICHET_PASSWORD_MAX_LENGTH", "1024")
        .env("GUICHET_APP_NAME", "CREOS Espace")
        .env("GUICHET_INSTITUTION_NAME", "Fédération")
        .start()
        .await;
    create(
        &server,
        "lea.martin",
        EMAIL,
        Credential::SendActivation(true),
    )
    .await;
    let link = server.mailbox().last(EMAIL, 1).await.link();
    let anyone = server.anyone().await;
    (server, link, anyone)
}

async fn create(server: &Server, username: &str, email: &str, credential: Credential) {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            email: email.into(),
            ..Account::default()
        }),
        credential: Some(credential),
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    created.expect("an account");
}

#[tokio::test]
async fn a_password_that_can_be_nobodys_is_answered_like_a_wrong_one() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let untouched = Untouched::before(&server).await;

    let mut told = Vec::new();
    for password in [
        "",
        "x",
        &"x".repeat(1_024),
        &"x".repeat(1_025),
        &"x".repeat(60_000),
    ] {
        for username in ["lea", "nobody"] {
            let refused = people::sign_in(&server, username, password).await;
            let status = expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
            told.push((status.message().to_owned(), status.details().to_vec()));
        }
    }

    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    untouched.assert("a password").await;
}

#[tokio::test]
async fn a_new_password_has_1024_bytes_at_most_and_says_so() {
    let (server, link, anyone) = lenient().await;
    let untouched = Untouched::before(&server).await;

    for password in ["x".repeat(1_025), "é".repeat(513), "😀".repeat(257)] {
        let refused = people::complete(&anyone, &link, EMAIL, &password).await;
        let status = refused.expect_err("too long");
        assert_eq!(status.code(), Code::InvalidArgument);
        let fields = error::violations(&status);
        assert!(
            fields.iter().all(|one| one.field == "new_password"),
            "{fields:?}"
        );
        assert!(!fields.is_empty());
    }

    untouched.assert("a long password").await;
}

#[tokio::test]
async fn a_password_is_what_was_typed_to_the_last_byte() {
    let (server, ..) = lenient().await;
    let long: String = ('!'..='~').cycle().take(200).collect();

    for (number, chosen) in [
        long.as_str(),
        "  two blanks, one at the end ",
        "nul\0in the middle",
        "\u{202e}written from the right",
        "👩\u{200d}👩\u{200d}👧 and a family",
        &"😀".repeat(64),
    ]
    .into_iter()
    .enumerate()
    {
        server.remember(chosen);
        let username = format!("p{number}");
        create(&server, &username, "", Credential::Password(chosen.into())).await;

        people::tokens(&server, &username, chosen).await;
        for other in nearly(chosen) {
            let refused = people::sign_in(&server, &username, &other).await;
            expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
        }
    }
}

/// What a system would take that cuts, trims, folds or ends at a NUL.
fn nearly(chosen: &str) -> Vec<String> {
    let cut = chosen.char_indices().last().expect("a character").0;
    let mut others = vec![
        chosen[..cut].to_owned(),
        format!("{chosen} "),
        format!("{chosen}\0"),
        chosen.replace('\0', ""),
        chosen.split('\0').next().unwrap_or_default().to_owned(),
        chosen.trim().to_owned(),
        chosen.to_lowercase(),
    ];
    for at in [72, 127, 128, 199] {
        if let Some(byte) = chosen.get(at..=at) {
            let other = if byte == "x" { "y" } else { "x" };
            others.push([&chosen[..at], other, &chosen[at + 1..]].concat());
        }
    }
    others.retain(|other| other != chosen);
    others
}

#[tokio::test]
async fn length_alone_makes_a_password_where_the_profile_says_so() {
    let (server, link, anyone) = lenient().await;

    let used = people::complete(&anyone, &link, EMAIL, "correct horse battery staple").await;
    used.expect("a sentence");

    people::tokens(&server, "lea.martin", "correct horse battery staple").await;
}

/// What everybody here knows is what is tried first.
#[tokio::test]
async fn names_that_everybody_knows_are_no_passwords() {
    let (_server, link, anyone) = lenient().await;

    for (password, rule) in [
        ("Lea.Martin20261", "NOT_IDENTIFIER"),
        ("lea@ecole.example", "NOT_IDENTIFIER"),
        ("CREOS Espace 2026!", "NOT_COMMON"),
        ("creosespace2026", "NOT_COMMON"),
        ("Fédération2026", "NOT_COMMON"),
    ] {
        let refused = people::complete(&anyone, &link, EMAIL, password).await;
        let status = expect_error(refused, Code::InvalidArgument, "PASSWORD_RULES");
        let reasons: Vec<_> = error::violations(&status)
            .into_iter()
            .map(|one| one.reason)
            .collect();
        assert_eq!(reasons, [rule], "{password}");
    }
    let request = CheckPasswordRequest {
        password: "creosespace2026".into(),
        ..CheckPasswordRequest::default()
    };
    let verdicts = anyone.reset().check_password(request).await;
    let verdicts = verdicts.expect("verdicts").into_inner().results;
    let common = verdicts.iter().find(|verdict| verdict.key == "NOT_COMMON");
    assert!(!common.expect("the rule").satisfied);
}

#[tokio::test]
async fn a_change_without_the_present_password_changes_nothing() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let untouched = Untouched::before(&server).await;

    for current in ["", "Wrong45+", OTHER_PASSWORD] {
        let request = ChangePasswordRequest {
            current_password: current.into(),
            new_password: OTHER_PASSWORD.into(),
        };
        let refused = lea.account().change_password(request).await;
        let code = refused.expect_err("a wrong password").code();
        let expected = [Code::Unauthenticated, Code::InvalidArgument];
        assert!(expected.contains(&code), "{current:?}: {code:?}");
    }

    untouched.assert("a wrong present password").await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn a_password_is_good_for_as_long_as_its_person_likes() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;

    server.advance(Duration::from_hours(10 * 366 * 24));

    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// NIST SP 800-63B-4 section 3.2.2: waits that double, and fewer than a hundred tries.
#[tokio::test]
async fn whoever_guesses_waits_twice_as_long_each_time_up_to_an_hour() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    for _ in 0..5 {
        let wrong = people::sign_in(&server, "lea", OTHER_PASSWORD).await;
        expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
    }

    for seconds in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
        let slowed = people::sign_in(&server, "lea", OTHER_PASSWORD).await;
        let status = expect_error(slowed, Code::ResourceExhausted, "THROTTLED");
        let wait = error::retry_after(&status).expect("how long to wait");
        assert!(
            wait <= Duration::from_secs(seconds),
            "{wait:?} of {seconds}"
        );
        assert!(
            wait + Duration::from_secs(5) > Duration::from_secs(seconds),
            "{wait:?}"
        );
        server.advance(Duration::from_secs(seconds + 1));
        let wrong = people::sign_in(&server, "lea", OTHER_PASSWORD).await;
        expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
}
