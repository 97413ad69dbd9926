//! Whom a caller can have a mail sent to: who has the address, and nobody else.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::people;
use guichet_tests::protos::text;
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, raw};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

const REQUEST_RESET: (&str, &str) = ("ResetService", "RequestReset");
const REMIND_USERNAMES: (&str, &str) = ("ResetService", "RemindUsernames");

/// Addresses that look like those of Mike and Zoé, or fold to them by some rule.
const LOOK_ALIKES: [&str; 25] = [
    "mıke@example.org",
    "mİke@example.org",
    "mi\u{212a}e@example.org",
    "míke@example.org",
    "mike@exampIe.org",
    "mike@examplе.org",
    "mike@ex\u{e4}mple.org",
    "mike@ｅxample.org",
    "ｍike@example.org",
    "mike＠example.org",
    "mike﹫example.org",
    "mike@xn--example-.org",
    "mike@xn--example.org",
    "mike@example.org.",
    "mike@example\u{3002}org",
    "mike@example.org\u{200b}",
    "mike+x@example.org",
    "m.ike@example.org",
    "mike@example.orɡ",
    "mike@example.0rg",
    "zoe@école.example",
    "zoé@ecole.example",
    "zoe\u{301}@école.example",
    "zoè@école.example",
    "zoé@xn--cole-9oa-.example",
];

/// Also CVE-2017-18908: the mail goes to the bytes of the row and not to what was typed.
#[tokio::test]
async fn cve_2023_7028_two_addresses_in_one_request_reach_nobody_else() {
    const MALLORY: &str = "mallory@evil.example";
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    people::active(&server, "mallory", MALLORY).await;
    let channel = server.anyone().await.channel();

    for both in [
        format!("{EMAIL},{MALLORY}"),
        format!("{EMAIL};{MALLORY}"),
        format!("{EMAIL} {MALLORY}"),
        format!("{EMAIL}\n{MALLORY}"),
        format!("{EMAIL}\r\n{MALLORY}"),
        format!("{EMAIL}\0{MALLORY}"),
        format!("{EMAIL}>,<{MALLORY}"),
        format!("[\"{EMAIL}\",\"{MALLORY}\"]"),
        "lea@ecole.example@evil.example".to_owned(),
        format!("{EMAIL}%0a{MALLORY}"),
        format!("{EMAIL}%00{MALLORY}"),
    ] {
        for call in [REQUEST_RESET, REMIND_USERNAMES] {
            let refused = raw::call(&channel, call, None, text(1, &both)).await;
            let refused = refused.expect_err(&both);
            assert_eq!(refused.code(), Code::InvalidArgument, "{both:?}");
        }
    }
    for call in [REQUEST_RESET, REMIND_USERNAMES] {
        // Of a field that stands there twice, the last one counts (proto3), and no other is acted on.
        let twice = [text(1, MALLORY), text(1, " LEA@Ecole.Example")].concat();
        let answered = raw::call(&channel, call, None, twice).await;
        // A blank in front is none of an address, in every call alike.
        assert!(answered.is_err());
        let twice = [text(1, MALLORY), text(1, "LEA@Ecole.Example")].concat();
        raw::call(&channel, call, None, twice)
            .await
            .expect("a request");
    }

    server.mailbox().wait_for(EMAIL, 2).await;
    people::reset_outcomes(&server).await;
    assert_eq!(server.mailbox().all().len(), 2);
}

/// Also CVE-2024-27295 (accents), GHSA-7rqj-j65f-68wh (full width), RUSTSEC-2024-0421 (punycode).
#[tokio::test]
async fn cve_2019_19844_who_looks_like_somebody_gets_no_mail_of_theirs() {
    let server = Server::start().await;
    people::active(&server, "mike", "mike@example.org").await;
    people::active(&server, "zoé", "zoé@école.example").await;
    let channel = server.anyone().await.channel();

    for look_alike in LOOK_ALIKES {
        for call in [REQUEST_RESET, REMIND_USERNAMES] {
            // Refused, or taken for somebody else's: both are well.
            let _ = raw::call(&channel, call, None, text(1, look_alike)).await;
        }
    }
    people::reset_outcomes(&server).await;
    people::ask_reset(
        &server,
        Identifier::Email("zoé@XN--COLE-9OA.example".into()),
    )
    .await;
    server.mailbox().wait_for("zoé@école.example", 1).await;
    let all: Vec<String> = server
        .mailbox()
        .all()
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    assert_eq!(all, ["zoé@école.example"]);

    // A name may be written in several ways; the address is the row's in each.
    for look_alike in ["mıke", "mi\u{212a}e", "ｍıke", "miķe", "mikе", "zoe", "zoè"] {
        let _ = raw::call(&channel, REQUEST_RESET, None, text(2, look_alike)).await;
    }
    people::reset_outcomes(&server).await;
    let rows = ["mike@example.org", "zoé@école.example"];
    for mail in server.mailbox().all() {
        assert!(rows.contains(&mail.to.as_str()), "{}", mail.to);
    }
}

#[tokio::test]
async fn cve_2024_45231_a_mail_that_cannot_leave_shows_in_no_answer() {
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", "smtp://127.0.0.1:1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let wire = Wire::connect(&server).await;

    for (service, rpc) in [REQUEST_RESET, REMIND_USERNAMES] {
        let path = format!("/guichet.v1.{service}/{rpc}");
        let mut answers = Vec::new();
        for email in [EMAIL, "leo@ecole.example", EMAIL, "ana@ecole.example"] {
            let answer = wire.post(&path, &[GRPC], &frame(0, &text(1, email))).await;
            let mut answer = answer.expect("an answer");
            for varying in ["date", "x-request-id"] {
                answer.headers.remove(varying);
            }
            assert_eq!(answer.code(), Some(Code::Ok));
            answers.push(format!("{answer:?}"));
            people::reset_outcomes(&server).await;
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:#?}");
    }
    server.says("mail deferred").await;
}
