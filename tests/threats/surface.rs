//! What the protos offer, as a list that somebody has looked at: a new way in needs a line here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use guichet_client::proto::ListAccountsRequest;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::protos;
use guichet_tests::{Server, Untouched, expect_error};
use prost_types::DescriptorProto;
use prost_types::field_descriptor_proto::Type;
use tonic::Code;

/// Every message that a message holds, itself included, at any depth.
fn reached(message: &DescriptorProto, all: &BTreeMap<String, DescriptorProto>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![message.clone()];
    while let Some(message) = open.pop() {
        for field in message
            .field
            .iter()
            .filter(|field| field.r#type() == Type::Message)
        {
            let name = field
                .type_name()
                .trim_start_matches(".guichet.v1.")
                .to_owned();
            if let Some(inner) = all.get(&name)
                && reached.insert(name)
            {
                open.push(inner.clone());
            }
        }
    }
    reached
}

/// Fields of a request, at any depth, whose name holds a word.
fn fields_with(rpc: &protos::Rpc, word: &str) -> BTreeSet<String> {
    let all = protos::messages();
    let inner = reached(&rpc.request, &all);
    let messages = [&rpc.request]
        .into_iter()
        .chain(inner.iter().map(|name| &all[name]));
    messages
        .flat_map(|message| &message.field)
        .map(|field| field.name().to_owned())
        .filter(|name| name.contains(word))
        .collect()
}

/// OWASP ASVS 5.0, 6.1.3 and 6.3.4: each of these stops whoever is stopped, and slows guessing down.
#[test]
fn three_calls_end_in_a_session_and_a_reset_is_none_of_them() {
    let all = protos::messages();
    let ways: Vec<String> = protos::rpcs()
        .into_iter()
        .filter(|rpc| reached(&rpc.response, &all).contains("Tokens"))
        .map(|rpc| rpc.name)
        .collect();

    assert_eq!(ways, ["Login", "ContinueLogin", "Refresh"]);
}

/// OWASP ASVS 5.0, 6.4.6: whoever helps somebody starts a reset. A password comes from outside only with a new account.
#[test]
fn nobody_chooses_the_password_of_somebody_else() {
    let with_password: BTreeMap<String, BTreeSet<String>> = protos::rpcs()
        .iter()
        .map(|rpc| (rpc.name.clone(), fields_with(rpc, "password")))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();

    let expected = [
        ("BeginTotpEnrollment", &["current_password"][..]),
        ("ChangePassword", &["current_password", "new_password"]),
        ("CheckPassword", &["password"]),
        ("CompleteReset", &["new_password"]),
        ("CreateAccount", &["password", "password_hash"]),
        // What is asked for, not a password.
        ("CreateInstitution", &["password_rules"]),
        ("GenerateRecoveryCodes", &["current_password"]),
        ("ImportAccounts", &["password_hash"]),
        ("Login", &["password"]),
        ("RemoveTotp", &["current_password"]),
        ("RequestEmailChange", &["current_password"]),
        ("UpdateInstitution", &["password_rules"]),
    ];
    let expected: BTreeMap<String, BTreeSet<String>> = expected
        .into_iter()
        .map(|(rpc, fields)| {
            (
                rpc.to_owned(),
                fields.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    assert_eq!(with_password, expected);
}

/// OWASP ASVS 5.0, 6.4.2.
#[test]
fn nobody_is_asked_for_a_hint_or_the_name_of_their_first_pet() {
    for rpc in protos::rpcs() {
        for word in ["hint", "question", "pet", "maiden", "secret"] {
            let fields = fields_with(&rpc, word);
            assert!(fields.is_empty(), "{}: {fields:?}", rpc.name);
        }
    }
}

/// CVE-2018-16984: no answer has a field for a hash, and no answer about an account holds one.
#[test]
fn no_answer_has_a_field_for_a_password_or_its_hash() {
    let all = protos::messages();
    for rpc in protos::rpcs() {
        let inner = reached(&rpc.response, &all);
        let messages = [&rpc.response]
            .into_iter()
            .chain(inner.iter().map(|name| &all[name]));
        for field in messages.flat_map(|message| &message.field) {
            let name = field.name();
            assert!(
                name == "password_rules" || !name.contains("password") && !name.contains("hash"),
                "{}: {name}",
                rpc.name
            );
        }
    }
}

/// OWASP ASVS 5.0, 6.3.2.
#[tokio::test]
async fn a_new_installation_has_no_account_and_no_key() {
    let server = Server::start().await;
    let untouched = Untouched::before(&server).await;

    for username in [
        "admin",
        "root",
        "sa",
        "test",
        "guest",
        "guichet",
        "administrator",
    ] {
        for password in ["", username, "admin", "password", "guichet", GOOD_PASSWORD] {
            let refused = people::sign_in(&server, username, password).await;
            expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
        }
    }
    let listed = server
        .admin()
        .await
        .account()
        .list_accounts(ListAccountsRequest::default())
        .await;

    assert_eq!(listed.expect("a list").into_inner().accounts, []);
    untouched.assert("a default password").await;
}

/// OWASP ASVS 5.0, 4.1.4, 13.4.3, 13.4.4 and 13.4.7.
#[tokio::test]
async fn the_public_port_serves_no_folder_no_file_and_no_figures() {
    let server = Server::start().await;

    for path in [
        "/assets/",
        "/assets",
        "/.git/config",
        "/.env",
        "/guichet.db",
        "/master.key",
        "/metrics",
        "/livez",
        "/readyz",
        "/assets/../master.key",
        "/assets/%2e%2e/master.key",
        "/server-status",
        "/.well-known/",
        "/guichet.toml",
        "/debug/pprof",
        "/swagger.json",
    ] {
        let url = format!("{}{path}", server.url());
        let page = guichet_tests::web::fetch(http::Method::GET, &url).await;
        assert_eq!(page.status, http::StatusCode::NOT_FOUND, "{path}");
    }
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        let method: http::Method = method.parse().expect("a method");
        let url = format!("{}/Account/Login", server.url());
        let page = guichet_tests::web::fetch(method.clone(), &url).await;
        assert_eq!(
            page.status,
            http::StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
        assert!(!page.headers.contains_key("server"), "{:?}", page.headers);
    }
}

/// OWASP ASVS 5.0, 13.3.1 and 16.4.2: nobody else on the machine reads them.
#[tokio::test]
async fn what_the_server_keeps_is_its_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::reset_link(&server, "lea@ecole.example").await;

    let mode = |path: &std::path::Path| fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(&server.data_dir()) & 0o077, 0);
    assert_eq!(mode(&server.data_dir().join("master.key")) & 0o077, 0);
    people::sign_in(&server, "lea", OTHER_PASSWORD)
        .await
        .expect_err("wrong");
}
