//! What a caller can bring into the links of mails and pages: nothing.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{RemindUsernamesRequest, RequestResetRequest};
use guichet_tests::browser::Browser;
use guichet_tests::people;
use guichet_tests::wire::frame;
use guichet_tests::{Mail, Server, web};
use http::{Request, StatusCode};
use prost::Message as _;

const EMAIL: &str = "lea@ecole.example";

const REQUEST_RESET: (&str, &str) = ("ResetService", "RequestReset");
const REMIND_USERNAMES: (&str, &str) = ("ResetService", "RemindUsernames");

/// What proxies and frameworks have taken for the address of the site.
const POISON: [(&str, &str); 16] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-scheme", "gopher"),
    ("x-forwarded-port", "6666"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-for", "evil.example"),
    ("forwarded", "for=192.0.2.1;host=evil.example;proto=gopher"),
    ("forwarded", "host=\"evil.example\";proto=\"gopher\""),
    ("x-original-url", "//evil.example/"),
    ("x-rewrite-url", "https://evil.example/"),
    ("x-host", "evil.example"),
    ("referer", "https://evil.example/Account"),
    ("from", "evil@evil.example"),
    ("return-path", "evil@evil.example"),
];

fn request_reset() -> Vec<u8> {
    let request = RequestResetRequest {
        identifier: Some(Identifier::Email(EMAIL.into())),
        ..RequestResetRequest::default()
    };
    request.encode_to_vec()
}

fn remind_usernames() -> Vec<u8> {
    let request = RemindUsernamesRequest {
        email: EMAIL.into(),
        locale: String::new(),
    };
    request.encode_to_vec()
}

/// Every address in a mail is one of ours, as it was configured.
fn assert_clean(mail: &Mail) {
    for part in [&mail.text, &mail.html, &mail.raw] {
        for poison in ["evil", "gopher", ":6666"] {
            assert!(!part.contains(poison), "{poison} in {part}");
        }
    }
    for part in [&mail.text, &mail.html] {
        for (at, _) in part.match_indices("://") {
            let address = &part[at + 3..];
            assert!(address.starts_with("id.example.org/"), "{part}");
        }
    }
    let from = mail.raw.lines().find(|line| line.starts_with("From:"));
    assert!(
        from.is_some_and(|from| from.contains("no-reply@example.org")),
        "{from:?}"
    );
    assert_eq!(mail.to, EMAIL);
}

/// Also CVE-2025-64101, GHSA-93m4-mfpg-c3xf, GHSA-pfrf-9r5f-73f5, CVE-2017-9303, CVE-2017-8295, CVE-2026-22794 and
/// CVE-2026-32762; behind a proxy that is believed, too.
#[tokio::test]
async fn cve_2023_49097_no_header_of_a_request_gets_into_a_mail() {
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", "https://id.example.org")
        .env("GUICHET_APP_URL", "https://id.example.org/app")
        .env("GUICHET_MAIL_FROM", "no-reply@example.org")
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    let mut asked = 0;
    for (name, value) in POISON {
        for ((service, rpc), message) in [
            (REQUEST_RESET, request_reset()),
            (REMIND_USERNAMES, remind_usernames()),
        ] {
            let url = format!("{}/guichet.v1.{service}/{rpc}", server.url());
            let request = Request::post(url)
                .header("content-type", "application/grpc-web+proto")
                .header(name, value);
            let request = request.body(frame(0, &message)).expect("a request");
            let answer = web::exchange(request).await;
            if answer.status() == StatusCode::OK {
                asked += 1;
            }
        }
    }

    // A host that is not ours may be refused; what is answered is mailed.
    assert!(
        asked >= 2 * (POISON.len() - 1),
        "only {asked} requests were taken"
    );
    for mail in server.mailbox().wait_for(EMAIL, asked).await {
        assert_clean(&mail);
    }
}

#[tokio::test]
async fn cve_2023_49097_no_header_of_a_form_gets_into_a_page_or_a_mail() {
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", "https://id.example.org")
        .env("GUICHET_APP_URL", "https://id.example.org/app")
        .env("GUICHET_MAIL_FROM", "no-reply@example.org")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    for (name, value) in POISON {
        for path in ["/", "/Account/Login", "/Account/ForgotPassword", "/nothing"] {
            let request = Request::get(format!("{}{path}", server.url())).header(name, value);
            let page = web::send(request.body(String::new()).expect("a request")).await;
            for poison in ["evil", "gopher", ":6666"] {
                let headers = format!("{:?}", page.headers);
                assert!(!page.body.contains(poison), "{name}: {}", page.body);
                assert!(!headers.contains(poison), "{name}: {headers}");
            }
        }
    }
    let mut browser = Browser::new(&server, "fr");
    let page = browser.open("/Account/ForgotPassword").await;
    let fields = [("by", "email"), ("identifier", EMAIL)];
    browser.submit(&page, "forgot", &fields).await;
    assert_clean(&server.mailbox().last(EMAIL, 1).await);
}

#[tokio::test]
async fn ghsa_x3f4_where_somebody_wants_to_go_afterwards_is_in_no_mail() {
    const ELSEWHERE: &str = "https://other.example.org/start";
    let server = Server::builder()
        .env("GUICHET_RETURN_URLS", ELSEWHERE)
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let request = RequestResetRequest {
        identifier: Some(Identifier::Email(EMAIL.into())),
        return_url: ELSEWHERE.into(),
        ..RequestResetRequest::default()
    };
    let anyone = server.anyone().await;
    anyone
        .reset()
        .request_reset(request)
        .await
        .expect("a request");

    let mail = server.mailbox().last(EMAIL, 1).await;

    assert!(!mail.text.contains("other.example") && !mail.html.contains("other.example"));
    assert_eq!(
        (mail.links().len(), mail.codes().len()),
        (1, 2),
        "{}",
        mail.text
    );
    let done = people::complete(&anyone, &mail.link(), EMAIL, "Tigre45+").await;
    assert_eq!(done.expect("a reset").into_inner().return_url, ELSEWHERE);
}
