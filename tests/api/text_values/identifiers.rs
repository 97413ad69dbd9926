//! What is nobody's name or address, by every call that takes one.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, CreateAccountRequest, ListAccountsRequest, LookupAccountsRequest,
};
use guichet_tests::expect_error;
use guichet_tests::people::{self, GOOD_PASSWORD};
use tonic::Code;

use super::world::{World, faults, told};

/// Other forms than `name@domain.tld`, and forms that mail systems read in different ways.
const NO_ADDRESSES: [&str; 26] = [
    "lea",
    "lea@",
    "@ecole.example",
    "lea@ecole",
    "lea@@ecole.example",
    "lea@leo@ecole.example",
    ".lea@ecole.example",
    "lea..martin@ecole.example",
    "lea@ecole..example",
    "lea@-ecole.example",
    "lea@ecole.example.",
    "\"lea\"@ecole.example",
    "lea(x)@ecole.example",
    "lea@[192.0.2.1]",
    "lea@192.0.2.1",
    "Léa <lea@ecole.example>",
    "lea@ecole.example, leo@ecole.example",
    " lea@ecole.example",
    "-oQ/tmp@ecole.example",
    "|cmd@ecole.example",
    "lea\u{202e}@ecole.example",
    "lea\u{200b}@ecole.example",
    "lea@eco\u{ad}le.example",
    "ｌｅａ@ecole.example",
    "lea@ecole\u{3002}example",
    "lea@ecole.example>\r\nRCPT TO:<x@y.example>",
];

#[tokio::test]
async fn what_is_no_address_is_refused_by_every_call_that_takes_one() {
    let world = World::new().await;
    let before = world.kept().await;
    let long_name = format!("{}@ecole.example", "a".repeat(65));
    let too_long = [
        format!("a@{}.example", "a.".repeat(125)),
        format!("{}@ecole.example", "ﷺ".repeat(10_000)),
    ];

    let too_long = too_long.iter().map(|email| (email.as_str(), "TOO_LONG"));
    let invalid = NO_ADDRESSES.map(|email| (email, "INVALID_EMAIL"));
    for (email, reason) in [("", "REQUIRED"), (long_name.as_str(), "INVALID_EMAIL")]
        .into_iter()
        .chain(too_long)
        .chain(invalid)
    {
        let account = Account {
            username: "ana".into(),
            email: email.into(),
            ..Account::default()
        };
        let activation = Some(Credential::SendActivation(true));
        let created = world.create(account, activation).await;
        assert_eq!(created, told([("account.email", reason)]), "{email:?}");
        let changed = world.change_email(email).await;
        assert_eq!(changed, told([("new_email", reason)]), "{email:?}");
        let identifier = Identifier::Email(email.into());
        for faults in [
            world.migrate(email, "").await,
            world.remind(email).await,
            world.ask(identifier, "").await,
        ] {
            assert_eq!(faults, told([("email", reason)]), "{email:?}");
        }
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn what_is_no_username_is_given_to_nobody() {
    let world = World::new().await;
    let before = world.kept().await;

    for (username, reason) in [
        ("", "REQUIRED"),
        ("lea@ecole.example", "EMAIL_NOT_USERNAME"),
        ("lea＠ecole", "EMAIL_NOT_USERNAME"),
        ("lea martin", "FORBIDDEN_CHARACTER"),
        ("lea ", "FORBIDDEN_CHARACTER"),
        ("lea\u{a0}", "FORBIDDEN_CHARACTER"),
        ("lea.", "FORBIDDEN_CHARACTER"),
        ("-lea", "FORBIDDEN_CHARACTER"),
        ("\u{202e}ael", "FORBIDDEN_CHARACTER"),
        ("lea\u{2067}x", "FORBIDDEN_CHARACTER"),
        ("lea\u{200b}", "FORBIDDEN_CHARACTER"),
        ("lea\u{200d}", "FORBIDDEN_CHARACTER"),
        ("\u{feff}lea", "FORBIDDEN_CHARACTER"),
        ("' OR 1=1--", "FORBIDDEN_CHARACTER"),
        ("<script>", "FORBIDDEN_CHARACTER"),
        ("{{7*7}}", "FORBIDDEN_CHARACTER"),
        ("../lea", "FORBIDDEN_CHARACTER"),
        ("аdmin", "MIXED_SCRIPTS"),
        ("lеa.martin", "MIXED_SCRIPTS"),
        ("раура", "MIXED_SCRIPTS"),
        ("Ｎull", "RESERVED"),
    ] {
        let account = Account {
            username: username.into(),
            ..Account::default()
        };
        for faults in [
            world.create(account.clone(), None).await,
            world.update(account).await,
        ] {
            assert_eq!(faults, told([("account.username", reason)]), "{username:?}");
        }
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn what_can_be_nobodys_is_looked_for_in_vain() {
    let world = World::new().await;
    let huge = "ﷺ".repeat(10_000);

    for text in [
        "\0",
        "' OR 1=1--",
        "%",
        "_",
        "\\",
        "lea\0",
        "lea.mаrtin",
        &huge,
    ] {
        for key in [
            Key::Username(text.into()),
            Key::Email(text.into()),
            Key::ExternalId(text.into()),
        ] {
            let request = LookupAccountsRequest { key: Some(key) };
            let found = world.admin.account().lookup_accounts(request).await;
            let found = found.expect("an answer").into_inner().accounts;
            assert_eq!(found, [], "{text:?}");
        }
        let refused = people::sign_in(&world.server, text, GOOD_PASSWORD).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
}

#[tokio::test]
async fn a_list_is_asked_for_in_its_own_words_only() {
    let world = World::new().await;
    let filtered = |filter: &str| ListAccountsRequest {
        filter: filter.into(),
        ..ListAccountsRequest::default()
    };

    for text in [
        "' OR 1=1--",
        "username = \"a\0\"",
        "username = \"%\" OR 1",
        "password_hash = \"a*\"",
    ] {
        let ordered = ListAccountsRequest {
            order_by: text.into(),
            ..ListAccountsRequest::default()
        };
        let continued = ListAccountsRequest {
            page_token: text.into(),
            ..ListAccountsRequest::default()
        };
        for request in [filtered(text), ordered, continued] {
            faults(world.admin.account().list_accounts(request).await);
        }
    }
    for pattern in ["username = \"%*\"", "username = \"_*\""] {
        let found = world.admin.account().list_accounts(filtered(pattern)).await;
        let found = found.expect("a page").into_inner().accounts;
        assert_eq!(found, [], "{pattern}");
    }
}

#[tokio::test]
async fn markup_in_a_name_is_kept_as_text() {
    let world = World::new().await;

    for (username, name) in [
        ("a1", "<script>alert(1)</script>"),
        ("a2", "{{7*7}} ${x}"),
        ("a3", "=cmd|'/c'!A1"),
        ("a4", "🧑\u{200d}🏫 Léa"),
    ] {
        let request = CreateAccountRequest {
            account: Some(Account {
                username: username.into(),
                display_name: name.into(),
                ..Account::default()
            }),
            ..CreateAccountRequest::default()
        };
        let created = world.admin.account().create_account(request).await;
        let id = created
            .expect("an account")
            .into_inner()
            .account
            .expect("it")
            .id;
        assert_eq!(people::find(&world.server, &id).await.display_name, name);
    }
}
