//! What people and schools are called, as it stands in mails and as mail servers hear it.

use std::time::Duration;

use guichet_client::error;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{Account, CreateAccountRequest, CreateInstitutionRequest, Institution};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::server::POLL;
use guichet_tests::smtp::{Mode, SmtpServer};
use tonic::Code;

/// What people and their school are called may be anything; in a mail it is text.
#[tokio::test]
async fn cve_2024_41953_a_name_is_text_and_never_markup_or_a_link() {
    const NAMES: [&str; 6] = [
        "<a href=//evil.example>click</a>",
        "{{7*7}} ${7*7} { $code }",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "=?utf-8?q?a=40b.c?=",
        "Plain Name",
    ];
    let server = Server::start().await;
    let admin = server.admin().await;

    let mut links = Vec::new();
    for (number, name) in NAMES.into_iter().enumerate() {
        let institution = Institution {
            display_name: name.into(),
            ..Institution::default()
        };
        let request = CreateInstitutionRequest {
            institution: Some(institution),
            ..CreateInstitutionRequest::default()
        };
        let created = admin.institution().create_institution(request).await;
        let school = created
            .expect("a school")
            .into_inner()
            .institution
            .expect("it");
        let email = format!("p{number}@ecole.example");
        let request = CreateAccountRequest {
            account: Some(Account {
                username: format!("p{number}"),
                email: email.clone(),
                display_name: name.into(),
                institution_id: school.id,
                ..Account::default()
            }),
            credential: Some(Credential::Password(GOOD_PASSWORD.into())),
            ..CreateAccountRequest::default()
        };
        admin
            .account()
            .create_account(request)
            .await
            .expect("an account");
        people::ask_reset(&server, Identifier::Email(email.clone())).await;
        let mail = server.mailbox().last(&email, 1).await;

        for markup in ["<a href=//", "<img src=x", "<script"] {
            assert!(!mail.html.contains(markup), "{}", mail.html);
        }
        links.push((
            mail.html.matches("<a ").count(),
            mail.text.matches("://").count(),
        ));
    }

    links.dedup();
    assert_eq!(links.len(), 1, "{links:?}");
}

/// Usernames, addresses, and names that a mail server might take for something else.
fn named() -> [(&'static str, &'static str, String); 5] {
    [
        ("o.neil", "o'neil@ecole.example", ".\u{2028}.\u{2028}QUIT"),
        ("plus", "plus+rcpt=to@ecole.example", ". a dot first"),
        ("long", "long@ecole.example", "é"),
        (
            "word",
            "word@ecole.example",
            "=?utf-8?q?a=40b.c?= <x@y.example>",
        ),
        (
            "quote",
            "quote@ecole.example",
            "\"x\" <x@y.example>, RCPT TO:<x@y.example>",
        ),
    ]
    .map(|(username, email, name)| {
        let times = if username == "long" { 200 } else { 1 };
        (username, email, name.repeat(times))
    })
}

/// Also RUSTSEC-2020-0069, CVE-2015-9097, CVE-2015-5144 and GHSA-mvxr-6m87-mv2q: what the mail server hears.
#[tokio::test]
async fn rustsec_2021_0069_a_mail_is_one_sender_one_recipient_and_one_body() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    let admin = server.admin().await;
    for (username, email, display_name) in named() {
        let request = CreateAccountRequest {
            account: Some(Account {
                username: username.into(),
                email: email.into(),
                display_name,
                ..Account::default()
            }),
            credential: Some(Credential::Password(GOOD_PASSWORD.into())),
            ..CreateAccountRequest::default()
        };
        let created = admin.account().create_account(request).await;
        if let Err(refused) = created {
            // A line's end in a name is refused at the door.
            assert_eq!(
                refused.code(),
                Code::InvalidArgument,
                "{:?}",
                error::violations(&refused)
            );
            continue;
        }
        people::ask_reset(&server, Identifier::Email(email.into())).await;
        // The clock stands still: a lease that ends while a mail is on its way would have it sent twice.
        let arrives = async {
            while !smtp.messages().iter().any(|mail| mail.contains(email)) {
                tokio::time::sleep(POLL).await;
            }
        };
        let arrived = tokio::time::timeout(Duration::from_secs(10), arrives).await;
        arrived.expect(email);

        let heard = smtp.heard_in_clear();
        let said = |verb: &str| heard.iter().filter(|line| line.starts_with(verb)).count();
        let mails = smtp.messages().len();
        assert_eq!(
            [said("MAIL FROM:"), said("RCPT TO:"), said("DATA")],
            [mails; 3],
            "{heard:#?}"
        );
        let recipient = format!("RCPT TO:<{email}>");
        assert_eq!(said(&recipient), 1, "{heard:#?}");
        let message = smtp.messages().pop().expect("a mail");
        let to = message.lines().filter(|line| line.starts_with("To:"));
        assert_eq!(to.collect::<Vec<_>>(), [format!("To: {email}")]);
    }
}
