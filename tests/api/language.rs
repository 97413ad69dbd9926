//! The language of answers.

use guichet_client::proto::RequestResetRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::browser::Browser;
use guichet_tests::{Server, expect_error, people};
use tonic::{Code, Request};

#[tokio::test]
async fn an_error_speaks_the_requests_language_then_the_callers_then_the_configured_one() {
    let server = Server::builder().env("GUICHET_LOCALE", "de").start().await;
    let guichet = server.anyone().await;

    let mut messages = Vec::new();
    for (locale, accepted) in [
        ("nl-BE", "en"),
        ("", "nl"),
        ("", "en"),
        ("tlh", "en-GB,fr;q=0.5"),
        ("", "tlh"),
        ("de", "en"),
    ] {
        let mut request = Request::new(RequestResetRequest {
            identifier: Some(Identifier::Email("not an address".into())),
            locale: locale.into(),
            return_url: String::new(),
        });
        let accepted = accepted.parse().expect("a header");
        request.metadata_mut().insert("accept-language", accepted);
        let refused = guichet.reset().request_reset(request).await;
        let status = expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
        messages.push(status.message().to_owned());
    }

    let [dutch, dutch_too, english, english_too, german, german_too] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(dutch, dutch_too);
    assert_eq!(english, english_too);
    assert_eq!(german, german_too);
    assert!(dutch != english && english != german && german != dutch);
}

/// People read clocks of their own, and a link that ends at nine must not seem to end at eight.
#[tokio::test]
async fn times_are_those_of_the_configured_zone() {
    const EMAIL: &str = "lea@ecole.example";
    let server = Server::builder()
        .env("GUICHET_LOCALE", "en")
        .env("GUICHET_TIME_ZONE", "Asia/Kathmandu")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    let link = people::reset_link(&server, EMAIL).await;
    let page = Browser::new(&server, "en").open(&link.url).await;
    people::complete(&server.anyone().await, &link, EMAIL, people::GOOD_PASSWORD)
        .await
        .expect("a new password");
    let notice = server.mailbox().last(EMAIL, 2).await;

    assert!(page.body.contains("(UTC+5:45)"), "{}", page.body);
    assert!(notice.text.contains("(UTC+5:45)"), "{}", notice.text);
}

#[test]
fn a_zone_that_nobody_knows_is_refused() {
    let refused = Server::builder()
        .env("GUICHET_TIME_ZONE", "Europe/Atlantis")
        .check();

    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("GUICHET_TIME_ZONE"), "{told}");
}
