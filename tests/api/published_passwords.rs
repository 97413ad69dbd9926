//! Asking a configured address whether a password has been published. Whatever goes wrong there, people go on.

use guichet_client::error;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::range::{Answer, RangeServer};
use guichet_tests::{Certificate, Server, expect_error, web};
use tonic::Code;

/// Each gets one mail.
const PEOPLE: usize = 9;

/// The SHA-1 of [`OTHER_PASSWORD`], cut where the question ends.
const PREFIX: &str = "1DF28";
const REST: &str = "FF8108BD01299023593E7AAADBB166D935E";

async fn asking(url: &str, certificate: Option<&Certificate>) -> Server {
    let mut builder = Server::builder().env("GUICHET_PASSWORD_RANGE_URL", url);
    if let Some(certificate) = certificate {
        builder = builder.env("SSL_CERT_FILE", certificate.file().to_string_lossy());
    }
    let server = builder.start().await;
    for person in 0..PEOPLE {
        people::active(&server, &format!("p{person}"), &email(person)).await;
    }
    server
}

/// The address of one of the people.
fn email(person: usize) -> String {
    format!("p{person}@ecole.example")
}

/// Has one of them try to set [`OTHER_PASSWORD`] by a link; whether it was taken.
async fn is_taken(server: &Server, person: usize) -> bool {
    let email = email(person);
    let link = people::reset_link(server, &email).await;
    let anyone = server.anyone().await;
    match people::complete(&anyone, &link, &email, OTHER_PASSWORD).await {
        Ok(_) => true,
        refused => {
            let status = expect_error(refused, Code::InvalidArgument, "PASSWORD_RULES");
            assert_eq!(error::violations(&status)[0].reason, "NOT_COMMON");
            false
        }
    }
}

async fn counted(server: &Server, result: &str) -> f64 {
    let series = format!("guichet_password_lookups_total{{result=\"{result}\"}}");
    web::metric(server, &series).await.unwrap_or_default()
}

#[tokio::test]
async fn a_password_that_is_known_there_is_refused_and_only_its_prefix_was_told() {
    let range = RangeServer::start(None).await;
    let server = asking(&format!("http://127.0.0.1:{}/range/", range.port()), None).await;
    range.heard();
    let zeros = "0".repeat(35);
    range.set(Answer::Body(format!("{zeros}:0\r\n{REST}:3\r\n")));

    assert!(!is_taken(&server, 0).await);

    let heard = range.heard();
    let [question] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    let lines: Vec<_> = question.lines().collect();
    assert_eq!(lines[0], format!("GET /range/{PREFIX} HTTP/1.1"));
    assert!(lines.contains(&"add-padding: true"), "{question}");
    assert!(
        !question.contains(REST) && !question.contains("p0"),
        "{question}"
    );
    assert!(!server.log().contains(PREFIX));

    // With a count of nothing it is padding.
    range.set(Answer::Body(format!("{REST}:0\r\n{zeros}:3\r\n")));
    assert!(is_taken(&server, 1).await);
    assert!((counted(&server, "known").await - 1.0).abs() < f64::EPSILON);
    people::tokens(&server, "p1", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn whoever_may_not_set_a_password_has_nobody_asked() {
    let range = RangeServer::start(None).await;
    let server = asking(&format!("http://localhost:{}", range.port()), None).await;
    range.heard();
    let link = people::reset_link(&server, &email(0)).await;
    let anyone = server.anyone().await;

    let wrong = people::complete(&anyone, &link, "leo@ecole.example", OTHER_PASSWORD).await;
    expect_error(wrong, Code::FailedPrecondition, "RESET_CODE_INVALID");
    let weak = people::complete(&anyone, &link, &email(0), "weak").await;
    expect_error(weak, Code::InvalidArgument, "PASSWORD_RULES");
    let request = guichet_client::proto::CheckPasswordRequest {
        password: OTHER_PASSWORD.into(),
        user_id: link.user_id.clone(),
        code: link.code.clone(),
        ..guichet_client::proto::CheckPasswordRequest::default()
    };
    let checked = anyone.reset().check_password(request).await;
    checked.expect("verdicts");
    people::tokens(&server, "p0", GOOD_PASSWORD).await;

    assert_eq!(range.heard(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_is_slow_huge_wrong_or_away_stops_nobody() {
    let range = RangeServer::start(None).await;
    let server = asking(&format!("http://127.0.0.1:{}", range.port()), None).await;
    let html = "<html>Not here</html>".to_owned();
    let answers = [
        Answer::Body(html),
        Answer::Body(format!("{REST}\r\n")),
        Answer::Body("\u{0}".repeat(64)),
        Answer::Status(503),
        Answer::Status(302),
        Answer::HangUp,
        Answer::Endless,
        Answer::Never,
    ];

    let mut failed = counted(&server, "failed").await;
    for (person, answer) in answers.into_iter().enumerate() {
        range.set(answer.clone());
        assert!(is_taken(&server, person).await, "{answer:?}");
        failed += 1.0;
        let counted = counted(&server, "failed").await;
        assert!((counted - failed).abs() < f64::EPSILON, "{answer:?}");
    }

    drop(range);
    assert!(is_taken(&server, PEOPLE - 1).await);
    server.says("the password is taken unasked").await;
    let log = server.log();
    assert!(!log.contains(PREFIX) && !log.contains(REST));
}

#[tokio::test]
async fn only_a_server_that_proves_its_name_is_asked() {
    let certificate = Certificate::of(&["localhost"]);
    let range = RangeServer::start(Some(certificate.acceptor())).await;
    range.set(Answer::Body(format!("{REST}:3\r\n")));

    let by_name = format!("https://localhost:{}", range.port());
    let trusting = asking(&by_name, Some(&certificate)).await;
    assert!(!is_taken(&trusting, 0).await);

    range.heard();
    let other = Certificate::of(&["localhost"]);
    for (url, trusted) in [
        (by_name, &other),
        (format!("https://127.0.0.1:{}", range.port()), &certificate),
    ] {
        let server = asking(&url, Some(trusted)).await;
        assert!(is_taken(&server, 0).await, "{url}");
    }
    assert_eq!(range.heard(), [""; 0]);
}

#[tokio::test]
async fn nobody_elsewhere_is_asked_in_plain_text() {
    for url in [
        "http://passwords.example",
        "ftp://localhost",
        "https://localhost/?a=b",
    ] {
        let refused = Server::builder()
            .env("GUICHET_PASSWORD_RANGE_URL", url)
            .check();
        assert!(!refused.status.success(), "{url}");
    }
}
