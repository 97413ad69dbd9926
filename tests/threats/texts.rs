//! Hostile text in every field that takes any, and what becomes of text that is taken.

use std::collections::{BTreeSet, HashMap};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, CreateAccountRequest, CreateApiKeyRequest, CreateInstitutionRequest,
    Institution, LoginRequest, UpdateAccountRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::protos::{self, text};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Server, Untouched, expect_error, raw};
use mail_parser::MessageParser;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldMask};
use tonic::{Code, Response, Status};

/// None of them stands in a line of text.
const BROKEN: [&str; 8] = [
    "lea\0",
    "lea\r\nBcc: leo@ecole.example",
    "lea\rx",
    "lea\u{1b}[2J",
    "lea\u{85}x",
    "lea\u{2028}x",
    "lea\u{202e}nitram",
    "\u{2067}lea\u{2069}",
];

/// A message with `value` in each of its text fields, those of the messages within included.
fn filled(message: &DescriptorProto, value: &str, depth: usize) -> Vec<u8> {
    let messages = protos::messages();
    let mut bytes = Vec::new();
    for field in &message.field {
        let number = u32::try_from(field.number()).expect("a number");
        let inner = field.type_name().trim_start_matches(".guichet.v1.");
        match (field.r#type(), messages.get(inner)) {
            (Type::String, _) => bytes.extend(text(number, value)),
            (Type::Message, Some(inner)) if depth < 3 => {
                bytes.extend(text(number, filled(inner, value, depth + 1)));
            }
            _ => {}
        }
    }
    bytes
}

/// The caller may do anything, so that nothing but the text is in the way.
#[tokio::test]
async fn hostile_text_in_the_fields_of_any_call_moves_nothing() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let channel = server.anyone().await.channel();
    let key = server.api_key().to_owned();
    let untouched = Untouched::before(&server).await;
    let long = "ﷺ".repeat(3_000);

    for rpc in protos::rpcs() {
        for value in BROKEN.into_iter().chain([long.as_str()]) {
            let alone = rpc.texts().map(|field| {
                let number = u32::try_from(field.number()).expect("a number");
                text(number, value)
            });
            for message in alone.chain([filled(&rpc.request, value, 0)]) {
                let answer = raw::call(&channel, rpc.full_name(), Some(&key), message).await;

                if let Err(status) = answer {
                    let what = format!("{} with {value:.20?}", rpc.name);
                    let faults = [Code::Internal, Code::Unknown, Code::Unavailable];
                    // A message beyond the limit is refused unread.
                    let is_fault = faults.contains(&status.code());
                    assert!(!is_fault, "{what}: {status}");
                    assert!(error::reason(&status).is_some(), "{what}: {status}");
                }
            }
        }
    }

    untouched.assert("hostile text").await;
}

fn assert_forbidden<T>(answer: Result<Response<T>, Status>, what: &str) {
    let status = expect_error(answer, Code::InvalidArgument, "INVALID_FIELDS");
    let violations = error::violations(&status);
    let [only] = violations.as_slice() else {
        panic!("{what}: {violations:?}");
    };
    assert_eq!(only.reason, "FORBIDDEN_CHARACTER", "{what}: {only:?}");
}

async fn create(admin: &Guichet, account: Account) -> Result<(), Status> {
    let request = CreateAccountRequest {
        account: Some(account),
        ..CreateAccountRequest::default()
    };
    admin.account().create_account(request).await.map(drop)
}

/// Somebody reads "gro.live" and something else is there.
#[tokio::test]
async fn text_that_turns_what_stands_around_it_is_nobodys_name() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await;
    let admin = server.admin().await;
    let untouched = Untouched::before(&server).await;

    for turned in [
        "lea\u{202e}nitram",
        "\u{2066}lea",
        "\u{202a}lea\u{202c}",
        "lea\u{2028}x",
    ] {
        refused_as_an_account(&admin, turned).await;
        refused_elsewhere(&admin, &lea.id, turned).await;
    }

    untouched.assert("turned text").await;
    for (number, name) in ["שרה\u{200f} כהן", "مريم", "🧑\u{200d}🏫 Léa"]
        .iter()
        .enumerate()
    {
        let account = Account {
            username: format!("n{number}"),
            display_name: (*name).into(),
            ..Account::default()
        };
        create(&admin, account).await.expect("a name");
    }
}

async fn refused_as_an_account(admin: &Guichet, turned: &str) {
    for account in [
        Account {
            display_name: turned.into(),
            ..Account::default()
        },
        Account {
            external_id: turned.into(),
            ..Account::default()
        },
        Account {
            attributes: HashMap::from([(turned.to_owned(), String::new())]),
            ..Account::default()
        },
        Account {
            attributes: HashMap::from([("class".to_owned(), turned.to_owned())]),
            ..Account::default()
        },
    ] {
        let what = format!("{account:?}");
        let account = Account {
            username: "ana".into(),
            ..account
        };
        let created = create(admin, account).await.map(Response::new);
        assert_forbidden(created, &what);
    }
}

async fn refused_elsewhere(admin: &Guichet, id: &str, turned: &str) {
    let request = UpdateAccountRequest {
        account: Some(Account {
            id: id.to_owned(),
            display_name: turned.into(),
            ..Account::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".into()],
        }),
    };
    assert_forbidden(admin.account().update_account(request).await, "an update");
    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: turned.into(),
        ..Default::default()
    };
    assert_forbidden(admin.auth().login(request).await, "a device");
    let request = CreateApiKeyRequest {
        name: turned.into(),
        role: "service".into(),
        ttl: None,
    };
    assert_forbidden(admin.auth().create_api_key(request).await, "a key");
    let request = CreateInstitutionRequest {
        institution: Some(Institution {
            display_name: turned.into(),
            ..Institution::default()
        }),
        ..CreateInstitutionRequest::default()
    };
    let created = admin.institution().create_institution(request).await;
    assert_forbidden(created, "an institution");
}

/// Names that would be markup, a template, a header, an encoded word or the end of the mail elsewhere.
#[tokio::test]
async fn no_name_adds_a_link_a_header_or_a_recipient_to_a_mail() {
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = Server::builder()
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    let admin = server.admin().await;
    let names = [
        "Léa Martin".to_owned(),
        "<a href=https://evil.example>click</a>".to_owned(),
        "\"><img src=x onerror=alert(1)>".to_owned(),
        "{{7*7}} ${x} {% x %} {$app}".to_owned(),
        "https://evil.example/".to_owned(),
        "=?utf-8?q?a=40b.c?=".to_owned(),
        ".".to_owned(),
        "x> RCPT TO:<leo@ecole.example".to_owned(),
        "Éé".repeat(100),
    ];

    let mut links = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let address = format!("p{number}@ecole.example");
        legacy_below(&admin, name, number).await;
        people::ask_reset(&server, Identifier::Email(address.clone())).await;
        assert!(smtp.receives(&server, &address).await, "no mail for {name}");
        let mut mails = smtp.messages().into_iter();
        let raw = mails.find(|mail| mail.contains(&address)).expect("a mail");

        let mail = MessageParser::default().parse(raw.as_bytes());
        let mail = mail.expect("a mail");
        let to = mail.to().expect("a recipient");
        let recipients: Vec<_> = to.iter().filter_map(|one| one.address()).collect();
        assert_eq!(recipients, [address], "{name}");
        assert!(mail.bcc().is_none() && mail.cc().is_none(), "{name}");
        assert!(raw.lines().all(|line| line.len() <= 998), "{name}");
        let text = mail.body_text(0).expect("text").into_owned();
        let shown: String = name.split_whitespace().collect();
        let text: String = text.split_whitespace().collect();
        assert!(text.contains(&shown), "{name} is not in {text}");
        let html = mail.body_html(0).expect("HTML").into_owned();
        assert!(!html.contains("<img"), "{name}: {html}");
        assert!(!html.contains("<a href=https"), "{name}: {html}");
        assert!(!html.contains("href=\"https://evil"), "{name}: {html}");
        links.push(html.matches("href=\"").count());
    }

    links.dedup();
    assert_eq!(links.len(), 1, "{links:?}");
    let heard = smtp.heard_in_clear();
    // A mail may come twice, when the clock runs on while it is sent.
    let told: BTreeSet<&str> = heard
        .iter()
        .filter_map(|line| line.strip_prefix("RCPT TO:"))
        .map(|rest| rest.split('>').next().unwrap_or_default())
        .collect();
    let ours: Vec<String> = (0..names.len())
        .map(|number| format!("<p{number}@ecole.example"))
        .collect();
    assert_eq!(told, ours.iter().map(String::as_str).collect());
}

/// Somebody of the old system, whose mail names the institution to ask.
async fn legacy_below(admin: &Guichet, institution: &str, number: usize) {
    let request = CreateInstitutionRequest {
        institution: Some(Institution {
            display_name: institution.into(),
            ..Institution::default()
        }),
        ..CreateInstitutionRequest::default()
    };
    let created = admin.institution().create_institution(request).await;
    let institution = created.expect("an institution").into_inner().institution;
    let mut account = Account {
        username: format!("p{number}"),
        email: format!("p{number}@ecole.example"),
        institution_id: institution.expect("it").id,
        locale: "en".into(),
        ..Account::default()
    };
    account.set_state(AccountState::Legacy);
    create(admin, account).await.expect("an account");
}
