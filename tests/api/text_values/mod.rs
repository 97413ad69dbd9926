//! Texts that no field takes: every fault is told at once, and a refused request has changed nothing.

mod identifiers;
mod world;

use std::collections::HashMap;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{Account, CreateAccountRequest, UpdateAccountRequest};
use prost_types::FieldMask;

use self::world::{World, faults, told};

const FORBIDDEN: &str = "FORBIDDEN_CHARACTER";

const TOO_LONG: &str = "TOO_LONG";

/// None of them stands in a line of text.
const CONTROLS: [&str; 7] = [
    "\0",
    "\r\nBcc: ",
    "\n",
    "\r",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
];

/// An account with this text wherever there is room for one.
fn all_of(text: &str) -> Account {
    Account {
        username: text.into(),
        display_name: text.into(),
        locale: text.into(),
        external_id: text.into(),
        roles: vec!["user".into(), text.into()],
        attributes: HashMap::from([
            (text.to_owned(), String::new()),
            ("class".to_owned(), format!("{text}\0")),
        ]),
        ..Account::default()
    }
}

#[tokio::test]
async fn control_characters_are_refused_in_every_field_of_an_account() {
    let world = World::new().await;
    let before = world.kept().await;

    for control in CONTROLS {
        let text = format!("lea{control}x");
        let account = Account {
            email: format!("{text}@ecole.example"),
            ..all_of(&text)
        };
        let mut expected = told([
            ("account.username", FORBIDDEN),
            ("account.display_name", FORBIDDEN),
            ("account.locale", "INVALID_LOCALE"),
            ("account.external_id", FORBIDDEN),
            ("account.roles[1]", "UNKNOWN_ROLE"),
            ("account.attributes", FORBIDDEN),
            ("account.attributes[class]", FORBIDDEN),
        ]);

        assert_eq!(world.update(account.clone()).await, expected, "{text:?}");
        expected.extend(told([("account.email", "INVALID_EMAIL")]));
        assert_eq!(world.create(account, None).await, expected, "{text:?}");
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn control_characters_are_refused_in_every_field_of_other_requests() {
    const INVALID: (&str, &str) = ("email", "INVALID_EMAIL");
    const ELSEWHERE: (&str, &str) = ("return_url", "NOT_ALLOWED");
    let world = World::new().await;
    let before = world.kept().await;

    for control in CONTROLS {
        let text = format!("lea{control}x");
        let email = format!("{text}@ecole.example");
        let by_email = Identifier::Email(email.clone());
        let by_name = Identifier::Username(text.clone());
        for (faults, expected) in [
            (
                world.migrate(&email, &text).await,
                &[INVALID, ("locale", "INVALID_LOCALE")][..],
            ),
            (
                world.change_email(&email).await,
                &[("new_email", "INVALID_EMAIL")],
            ),
            (world.remind(&email).await, &[INVALID]),
            (world.ask(by_email, &text).await, &[INVALID, ELSEWHERE]),
            (
                world.ask(by_name, &text).await,
                &[("username", FORBIDDEN), ELSEWHERE],
            ),
            (
                world.make_key(&text, &text).await,
                &[("name", FORBIDDEN), ("role", "UNKNOWN_ROLE")],
            ),
            (
                world.sign_in("", &text).await,
                &[("username", "REQUIRED"), ("device_name", FORBIDDEN)],
            ),
        ] {
            assert_eq!(faults, told(expected.iter().copied()), "{text:?}");
        }
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn texts_that_are_too_long_are_refused_before_they_are_normalised() {
    let world = World::new().await;
    let before = world.kept().await;

    // Each ligature would become 18 letters, and each run of marks costs time to sort.
    for text in [
        "a".repeat(1_001),
        "ﷺ".repeat(1_001),
        format!("a{}", "\u{301}".repeat(2_000)),
    ] {
        let account = Account {
            email: text.clone(),
            ..all_of(&text)
        };
        let expected = told([
            ("account.username", TOO_LONG),
            ("account.email", TOO_LONG),
            ("account.display_name", TOO_LONG),
            ("account.locale", "INVALID_LOCALE"),
            ("account.external_id", TOO_LONG),
            ("account.roles[1]", "UNKNOWN_ROLE"),
            ("account.attributes", TOO_LONG),
            ("account.attributes[class]", TOO_LONG),
        ]);
        assert_eq!(world.create(account, None).await, expected);
        for (faults, field) in [
            (world.make_key(&text, "admin").await, "name"),
            (world.sign_in("lea", &text).await, "device_name"),
            (world.ask(Identifier::Username(text), "").await, "username"),
        ] {
            assert_eq!(faults, told([(field, TOO_LONG)]));
        }
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let world = World::new().await;
    let before = world.kept().await;

    for (field, username, display_name, external_id) in [
        ("username", 65, 0, 0),
        ("display_name", 64, 201, 200),
        ("external_id", 64, 200, 201),
    ] {
        let account = Account {
            username: "a".repeat(username),
            display_name: "é".repeat(display_name),
            external_id: "é".repeat(external_id),
            ..Account::default()
        };
        let field = format!("account.{field}");
        let faults = world.create(account, None).await;
        assert_eq!(faults, told([(field.as_str(), TOO_LONG)]));
    }

    world.assert_unchanged(before).await;
}

#[tokio::test]
async fn whatever_is_wrong_beside_the_texts_is_told_with_them() {
    let world = World::new().await;
    let before = world.kept().await;
    let account = Account {
        id: "x".into(),
        institution_id: "x".into(),
        state: 99,
        ..all_of("../../etc")
    };
    let request = CreateAccountRequest {
        account: Some(account.clone()),
        request_id: "not a UUID".into(),
        ..CreateAccountRequest::default()
    };
    let of_account = [
        ("account.username", "FORBIDDEN_CHARACTER"),
        ("account.locale", "INVALID_LOCALE"),
        ("account.roles[1]", "UNKNOWN_ROLE"),
        ("account.attributes[class]", "FORBIDDEN_CHARACTER"),
    ];

    let mut of_new = told(of_account);
    of_new.extend(told([
        ("request_id", "INVALID_ID"),
        ("account.institution_id", "INVALID_ID"),
        ("account.state", "UNKNOWN_VALUE"),
    ]));
    assert_eq!(
        faults(world.admin.account().create_account(request).await),
        of_new
    );

    let paths = [
        "username",
        "locale",
        "roles",
        "attributes",
        "email",
        "nothing",
    ];
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(FieldMask {
            paths: paths.map(str::to_owned).to_vec(),
        }),
    };
    let mut of_known = told(of_account);
    of_known.extend(told([
        ("account.id", "INVALID_ID"),
        ("update_mask", "READ_ONLY"),
        ("update_mask", "UNKNOWN_FIELD"),
    ]));
    assert_eq!(
        faults(world.admin.account().update_account(request).await),
        of_known
    );

    world.assert_unchanged(before).await;
}
