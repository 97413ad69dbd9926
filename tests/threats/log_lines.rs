//! Whatever callers say, an event of the log is one line that a program can read.

use guichet_client::proto::{ListApiKeysRequest, LoginRequest};
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, web};
use http::{Method, Request};
use prost::Message as _;
use serde_json::Value;

const LOGIN: &str = "/guichet.v1.AuthService/Login";

/// A line that was cut may be this long.
const LONGEST: usize = 4 * 1024;

/// The words that each line must have, and what it says.
fn lines(server: &Server) -> Vec<Value> {
    let log = server.log();
    let lines = log.split('\n').filter(|line| line.contains("\"level\""));
    lines
        .map(|line| {
            assert!(line.len() < LONGEST, "{} bytes", line.len());
            assert!(
                !line.contains(['\u{1b}', '\r', '\0', '\u{2028}']),
                "{line:?}"
            );
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
            for word in ["timestamp", "level"] {
                assert!(event[word].is_string(), "no {word} in {line}");
            }
            event
        })
        .collect()
}

#[tokio::test]
async fn no_caller_writes_a_line_of_the_log() {
    let server = Server::builder()
        .env("GUICHET_LOG_FORMAT", "json")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let forged = "x\n{\"timestamp\":\"2000-01-01T00:00:00Z\",\"level\":\"INFO\",\"forged\":true}\n";
    let wire = Wire::connect(&server).await;

    for text in [
        forged,
        "lea\r\nforged",
        "\u{1b}[2Jforged",
        "\u{2028}forged\u{85}",
        "forged\0",
    ] {
        let request = LoginRequest {
            username: text.into(),
            password: OTHER_PASSWORD.into(),
            device_name: text.into(),
            ..Default::default()
        };
        let body = frame(0, &request.encode_to_vec());
        wire.post(LOGIN, &[GRPC], &body).await.expect("an answer");
        let named = LoginRequest {
            device_name: String::new(),
            ..request
        };
        let body = frame(0, &named.encode_to_vec());
        wire.post(LOGIN, &[GRPC], &body).await.expect("an answer");
    }
    let long = "forged".repeat(2_000);
    for (name, value) in [
        ("user-agent", long.as_str()),
        ("accept-language", "forged\tx"),
        ("x-request-id", "forged"),
        ("authorization", "Bearer forged"),
        ("referer", "https://forged.example/"),
    ] {
        let headers = [GRPC, (name, value)];
        wire.post(LOGIN, &headers, &frame(0, b""))
            .await
            .expect("an answer");
    }
    for path in [
        "/forged%0d%0aforged",
        "/guichet.v1.forged/x%0A",
        "/Account/Login?forged=%0a",
    ] {
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}", server.url()));
        web::send(request.body(String::new()).expect("a request")).await;
    }

    let lines = lines(&server);

    assert!(lines.len() > 10, "{} lines", lines.len());
    for line in lines {
        assert!(line.get("forged").is_none(), "{line}");
        let refused = line["fields"]["message"] == "refused before the call";
        assert!(refused || !line.to_string().contains("forged"), "{line}");
    }
}

/// OWASP ASVS 5.0, 16.3.1 and 16.3.2.
#[tokio::test]
async fn every_sign_in_and_every_refusal_is_a_line() {
    let server = Server::builder()
        .env("GUICHET_LOG_FORMAT", "json")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;

    let tokens = people::tokens(&server, "lea", people::GOOD_PASSWORD).await;
    let wrong = people::sign_in(&server, "lea", OTHER_PASSWORD).await;
    wrong.expect_err("a wrong password");
    let lea = server.as_person(&tokens.access_token).await;
    let request = ListApiKeysRequest {};
    lea.auth()
        .list_api_keys(request)
        .await
        .expect_err("not hers to see");
    server.says("PermissionDenied").await;

    let lines = lines(&server);
    for (method, code) in [
        ("Login", "Ok"),
        ("Login", "Unauthenticated"),
        ("ListApiKeys", "PermissionDenied"),
    ] {
        let told = lines
            .iter()
            .map(|line| &line["fields"])
            .find(|fields| fields["method"] == method && fields["code"] == code);
        let fields = told.unwrap_or_else(|| panic!("no {method} {code} in {lines:?}"));
        assert!(fields["request_id"].is_string(), "{fields}");
    }
}
