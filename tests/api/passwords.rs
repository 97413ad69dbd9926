//! The rules of new passwords: told beforehand, told when broken, and kept to when somebody signs in.

use std::collections::BTreeSet;

use guichet_client::proto::{CheckPasswordRequest, GetPasswordPolicyRequest};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Link, Server, expect_error};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// In the order in which they are shown.
const RULES: [&str; 7] = [
    "MIN_LENGTH",
    "MAX_LENGTH",
    "DIGIT",
    "UPPERCASE",
    "SPECIAL",
    "NOT_COMMON",
    "NOT_IDENTIFIER",
];

/// A server, a link that gives Léa a new password, and clients without a token.
async fn server_with_link() -> (Server, Link, Guichet) {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    (server, link, guichet)
}

/// The rules that a link's password is refused for, by the field that they are told about.
async fn refused_for(guichet: &Guichet, link: &Link, password: &str) -> Vec<String> {
    let result = people::complete(guichet, link, EMAIL, password).await;
    let status = expect_error(result, Code::InvalidArgument, "PASSWORD_RULES");
    let violations = error::violations(&status).into_iter();
    violations
        .map(|violation| {
            assert_eq!(violation.field, "new_password");
            assert!(!violation.description.is_empty());
            violation.reason
        })
        .collect()
}

/// The rules that are not ticked off while this is typed.
async fn not_ticked(guichet: &Guichet, password: &str) -> Vec<String> {
    let request = CheckPasswordRequest {
        password: password.into(),
        ..CheckPasswordRequest::default()
    };
    let reply = guichet.reset().check_password(request).await;
    let results = reply.expect("verdicts").into_inner().results;
    let keys: Vec<&str> = results.iter().map(|result| result.key.as_str()).collect();
    assert_eq!(keys, RULES);
    let broken = results.into_iter().filter(|result| !result.satisfied);
    broken.map(|result| result.key).collect()
}

/// 128 characters that keep the other rules, and `more`.
fn long(more: &str) -> String {
    format!("{}{more}", "Aa1!".repeat(32))
}

#[tokio::test]
async fn each_broken_rule_is_told_and_no_other_and_the_link_stays_good() {
    let (server, link, guichet) = server_with_link().await;
    let too_long = long("x");

    for (password, broken) in [
        ("Abc4++x", &["MIN_LENGTH"][..]),
        (&too_long, &["MAX_LENGTH"]),
        ("Bxbouxx+", &["DIGIT"]),
        ("bxbou45+", &["UPPERCASE"]),
        ("Bxbou45x", &["SPECIAL"]),
        ("Password1!", &["NOT_COMMON"]),
        ("Lea.Martin45+", &["NOT_IDENTIFIER"]),
        ("Lea@ecole.example1", &["NOT_IDENTIFIER"]),
        ("abc", &["MIN_LENGTH", "DIGIT", "UPPERCASE", "SPECIAL"]),
        ("password", &["DIGIT", "UPPERCASE", "SPECIAL", "NOT_COMMON"]),
        ("lea.martin", &["DIGIT", "UPPERCASE", "NOT_IDENTIFIER"]),
    ] {
        assert_eq!(
            refused_for(&guichet, &link, password).await,
            broken,
            "{password}"
        );
        // Whoever ticks the rules off does not know whose password it will be.
        let visible = broken.iter().filter(|rule| **rule != "NOT_IDENTIFIER");
        assert_eq!(
            not_ticked(&guichet, password).await,
            visible.copied().collect::<Vec<_>>(),
            "{password}"
        );
    }

    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let used = people::complete(&guichet, &link, EMAIL, "Tigre45+").await;
    used.expect("a link that is still good");
    people::tokens(&server, "lea.martin", "Tigre45+").await;
}

#[tokio::test]
async fn the_examples_that_people_are_shown_are_accepted() {
    let server = Server::start().await;
    let guichet = server.anyone().await;

    for (username, password) in [
        ("lea", "Babou45+"),
        ("leo", "123Soleil*"),
        ("ana", "Cool72++"),
    ] {
        server.remember(password);
        let email = format!("{username}@ecole.example");
        people::active(&server, username, &email).await;
        let link = people::reset_link(&server, &email).await;

        assert_eq!(not_ticked(&guichet, password).await, [""; 0]);
        let used = people::complete(&guichet, &link, &email, password).await;
        used.expect("a good password");
        people::tokens(&server, username, password).await;
    }
}

#[tokio::test]
async fn letters_with_accents_are_letters() {
    let server = Server::start().await;
    let guichet = server.anyone().await;

    for (password, broken) in [
        ("Éxbou45+", &[][..]),
        ("E\u{301}xbou45+", &[]),
        ("Ωmega45+", &[]),
        ("éxbou45+", &["UPPERCASE"]),
        ("bxbou45É", &["SPECIAL"]),
        ("bxbou45E\u{301}", &["SPECIAL"]),
        ("Bxbou½²٣+", &["DIGIT"]),
        ("Bxbou45 x", &["SPECIAL"]),
    ] {
        assert_eq!(not_ticked(&guichet, password).await, broken, "{password}");
    }
}

#[tokio::test]
async fn lengths_are_counted_in_characters_whatever_their_bytes() {
    let (server, link, guichet) = server_with_link().await;
    let longest = format!("É4+{}", "é".repeat(125));

    for (password, broken) in [
        ("É4+éàùçè".to_owned(), &[][..]),
        ("É4+éàùç".to_owned(), &["MIN_LENGTH"]),
        (format!("É4+{}", "e\u{301}".repeat(4)), &["MIN_LENGTH"]),
        (format!("É4+{}", "😀".repeat(5)), &[]),
        (long(""), &[]),
        (long("x"), &["MAX_LENGTH"]),
        (longest.clone(), &[]),
        (format!("É4+{}", "😀".repeat(125)), &[]),
        (format!("É4+{}", "😀".repeat(126)), &["MAX_LENGTH"]),
    ] {
        assert_eq!(not_ticked(&guichet, &password).await, broken, "{password}");
    }

    let used = people::complete(&guichet, &link, EMAIL, &longest).await;
    used.expect("a long password");
    people::tokens(&server, "lea.martin", &longest).await;
    let shorter = people::sign_in(&server, "lea.martin", &longest[..longest.len() - 2]).await;
    expect_error(shorter, Code::Unauthenticated, "BAD_CREDENTIALS");
}

#[tokio::test]
async fn both_ways_to_write_an_accent_are_one_password() {
    const COMPOSED: &str = "Élève45+";
    const DECOMPOSED: &str = "E\u{301}le\u{300}ve45+";
    let server = Server::start().await;
    let guichet = server.anyone().await;

    for (username, chosen) in [("lea", COMPOSED), ("leo", DECOMPOSED)] {
        server.remember(chosen);
        let email = format!("{username}@ecole.example");
        people::active(&server, username, &email).await;
        let link = people::reset_link(&server, &email).await;

        let used = people::complete(&guichet, &link, &email, chosen).await;
        used.expect("a good password");

        for typed in [COMPOSED, DECOMPOSED] {
            people::tokens(&server, username, typed).await;
        }
    }
}

#[tokio::test]
async fn the_rules_are_told_in_every_language() {
    let server = Server::start().await;
    let guichet = server.anyone().await;

    let mut told: Vec<BTreeSet<String>> = vec![BTreeSet::new(); RULES.len()];
    for locale in ["fr", "en", "nl", "de"] {
        let request = GetPasswordPolicyRequest {
            locale: locale.into(),
            ..GetPasswordPolicyRequest::default()
        };
        let reply = guichet.reset().get_password_policy(request).await;
        let policy = reply.expect("the policy").into_inner();
        assert_eq!((policy.min_length, policy.max_length), (8, 128));
        let keys: Vec<&str> = policy.rules.iter().map(|rule| rule.key.as_str()).collect();
        assert_eq!(keys, RULES);

        let request = CheckPasswordRequest {
            password: "abc".into(),
            locale: locale.into(),
            ..CheckPasswordRequest::default()
        };
        let reply = guichet.reset().check_password(request).await;
        let results = reply.expect("verdicts").into_inner().results;
        for ((rule, result), told) in policy.rules.iter().zip(&results).zip(&mut told) {
            assert_eq!(rule.description, result.description, "{locale}");
            told.insert(rule.description.clone());
        }
        assert!(policy.rules[0].description.contains('8'), "{locale}");
        assert!(policy.rules[1].description.contains("128"), "{locale}");
    }

    for (rule, told) in RULES.iter().zip(told) {
        assert_eq!(told.len(), 4, "{rule}: {told:?}");
    }
}

#[tokio::test]
async fn a_published_password_is_refused_when_chosen_and_accepted_when_it_was_chosen_before() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (published, list) = (path("published.txt"), path("passwords.list"));
    let passwords: Vec<String> = (0..3_000)
        .map(|number| format!("Zylphe{number}+"))
        .collect();
    let lines = passwords.join("\n");
    std::fs::write(&published, format!("{lines}\n{GOOD_PASSWORD}\n")).expect("a file");
    let built = server.cli(&["passwords", "build", &published, &list]);
    assert!(built.status.success(), "{built:?}");

    let server = server.restart_with("GUICHET_PASSWORD_LIST", &list).await;
    let anyone = server.anyone().await;
    for password in passwords {
        assert_eq!(not_ticked(&anyone, &password).await, ["NOT_COMMON"]);
    }
    assert_eq!(not_ticked(&anyone, "Zylphe3000+").await, [""; 0]);
    people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let link = people::reset_link(&server, EMAIL).await;
    assert_eq!(
        refused_for(&anyone, &link, GOOD_PASSWORD).await,
        ["NOT_COMMON"]
    );
}

#[tokio::test]
async fn a_list_that_is_none_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list").display().to_string();
    std::fs::write(&path, "Babou45+\n").expect("a file");

    let refused = Server::builder()
        .env("GUICHET_PASSWORD_LIST", &path)
        .check();

    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains(&path), "{told}");
}
