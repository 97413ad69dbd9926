//! What calls take and tell by their very shape, and what nobody can make of themselves.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{Account, AccountState, CreateAccountRequest, UpdateAccountRequest};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::protos::{messages, rpcs};
use guichet_tests::{Server, raw};
use prost::Message as _;
use prost_types::FieldMask;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// How many there are in all is nobody's business but of who reaches them all; that is what the report counts, in scope.
#[test]
fn cve_2025_67717_no_list_tells_how_many_there_are_in_all() {
    for rpc in rpcs() {
        if rpc.field("page_token").is_none() {
            continue;
        }
        let fields = rpc.response.field.iter();
        let totals: Vec<&str> = fields
            .map(prost_types::FieldDescriptorProto::name)
            .filter(|name| name.starts_with("total") || name.ends_with("count"))
            .collect();
        // GetMigrationReport counts by scope, which `tests/api/institutions/report.rs` looks at.
        assert!(
            totals.is_empty() || rpc.name == "GetMigrationReport",
            "{}: {totals:?}",
            rpc.name
        );
    }
}

/// There is no registration that a page would hide: nobody makes an account without a token.
#[tokio::test]
async fn cve_2026_29193_nobody_registers_unasked() {
    let server = Server::start().await;
    let channel = server.anyone().await.channel();
    let request = CreateAccountRequest {
        account: Some(Account {
            username: "mallory".into(),
            ..Account::default()
        }),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        ..CreateAccountRequest::default()
    };
    for name in ["Register", "SignUp", "CreateUser", "RegisterAccount"] {
        for service in ["AccountService", "AuthService"] {
            let answer = raw::call(&channel, (service, name), None, request.encode_to_vec()).await;
            assert_eq!(answer.expect_err(name).code(), Code::Unimplemented);
        }
    }
    let call = ("AccountService", "CreateAccount");
    let refused = raw::call(&channel, call, None, request.encode_to_vec()).await;
    assert_eq!(refused.expect_err("nobody").code(), Code::Unauthenticated);
}

/// Also CVE-2026-54693: every field of an account, by its own person.
#[tokio::test]
async fn cve_2026_27946_nobody_makes_themselves_verified_or_more() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let before = people::find(&server, &id).await;
    let lea = server.as_person(&tokens.access_token).await;
    let account = Account {
        id: id.clone(),
        username: "root".into(),
        email: "mallory@evil.example".into(),
        email_verified: true,
        state: AccountState::Deleted.into(),
        institution_id: id.clone(),
        external_id: "1".into(),
        roles: vec!["admin".into()],
        attributes: [("admin".to_owned(), "true".to_owned())].into(),
        ..Account::default()
    };
    let fields = messages()["Account"].field.clone();
    let fields = fields.iter().map(prost_types::FieldDescriptorProto::name);
    let inventions = [
        "*",
        "",
        "password_hash",
        "Account.roles",
        "account.roles",
        "roles.0",
        "ROLES",
        "is_admin",
    ];

    for path in fields.chain(inventions) {
        if ["display_name", "locale"].contains(&path) {
            continue;
        }
        for paths in [vec![path], vec!["locale", path]] {
            let request = UpdateAccountRequest {
                account: Some(account.clone()),
                update_mask: Some(FieldMask {
                    paths: paths.into_iter().map(str::to_owned).collect(),
                }),
            };
            let refused = lea.account().update_account(request).await;
            let refused = refused.expect_err(&format!("{path} was changed"));
            let codes = [Code::PermissionDenied, Code::InvalidArgument];
            assert!(codes.contains(&refused.code()), "{path}: {refused}");
        }
    }

    assert_eq!(people::find(&server, &id).await.etag, before.etag);
}

/// A message that names a secret is printed without it, also the next one that somebody adds.
#[test]
fn ghsa_xr7q_every_message_with_a_secret_is_printed_without_it() {
    let list = include_str!("../../proto/build.rs");
    let secrets = ["password", "token", "code", "codes", "key", "secret", "uri"];
    let harmless = ["page_token", "next_page_token"];

    for (name, message) in messages() {
        for field in &message.field {
            let texts = field.r#type() == prost_types::field_descriptor_proto::Type::String;
            let last = field.name().rsplit('_').next().unwrap_or_default();
            let is_secret = secrets.contains(&last) || field.name().contains("password_");
            if !texts || !is_secret || harmless.contains(&field.name()) {
                continue;
            }
            // The key of a map or of a rule is none.
            if name.ends_with("Entry") || name.ends_with(".Rule") || name.ends_with(".Result") {
                continue;
            }
            assert!(
                list.contains(&format!("\"{name}\"")),
                "{name}.{}",
                field.name()
            );
        }
    }
}
