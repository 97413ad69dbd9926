//! What institutions hand down, and where it shows.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{Account, AccountState, CreateAccountRequest, Institution};
use guichet_tests::{Server, people};

use super::desk::{create, of, old};
use super::network::{self, Network};

async fn configure(network: &Network, id: &str, settings: Institution) {
    let paths = ["locale", "help_text", "contact_email", "application_url"];
    let settings = Institution {
        id: id.into(),
        ..settings
    };
    let admin = network.server.admin().await;
    let updated = network::update(&admin, settings, &paths).await;
    updated.expect("settings");
}

#[tokio::test]
async fn what_an_institution_lacks_comes_from_the_nearest_one_above() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let texts = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(locale, text)| ((*locale).into(), (*text).into()));
        owned.collect()
    };
    let authority = Institution {
        locale: "nl".into(),
        help_text: texts(&[("fr", "réseau"), ("nl", "net")]),
        contact_email: "net@ecole.example".into(),
        ..Institution::default()
    };
    configure(&network, &network.authority, authority).await;
    let school = Institution {
        help_text: texts(&[("fr", "école")]),
        application_url: "https://ecole.example/".into(),
        ..Institution::default()
    };
    configure(&network, &network.school, school).await;

    let annex = network::get(&admin, &network.annex)
        .await
        .expect("an annex");
    assert_eq!((annex.locale.as_str(), annex.help_text.len()), ("", 0));
    let effective = annex.effective.expect("what holds");
    assert_eq!(effective.locale, "nl");
    assert_eq!(
        effective.help_text,
        texts(&[("fr", "école"), ("nl", "net")])
    );
    assert_eq!(effective.contact_email, "net@ecole.example");
    assert_eq!(effective.application_url, "https://ecole.example/");

    let moved = network::move_below(&admin, &network.school, &network.stranger).await;
    moved.expect("a move");
    let annex = network::get(&admin, &network.annex)
        .await
        .expect("an annex");
    let effective = annex.effective.expect("what holds");
    assert_eq!(
        (effective.locale.as_str(), effective.contact_email.as_str()),
        ("", "")
    );
    assert_eq!(effective.help_text, texts(&[("fr", "école")]));
}

#[tokio::test]
async fn mails_speak_the_institutions_language_unless_the_person_has_one() {
    let network = Network::start().await;
    let dutch = Institution {
        locale: "nl".into(),
        ..Institution::default()
    };
    configure(&network, &network.authority, dutch).await;
    let admin = network.server.admin().await;

    for (username, locale, greeting) in [("anna", "", "Beste"), ("berta", "de", "Guten Tag")] {
        let email = format!("{username}@ecole.example");
        let request = CreateAccountRequest {
            account: Some(Account {
                username: username.into(),
                email: email.clone(),
                locale: locale.into(),
                institution_id: network.annex.clone(),
                ..Account::default()
            }),
            credential: Some(Credential::SendActivation(true)),
            ..CreateAccountRequest::default()
        };
        let created = admin.account().create_account(request).await;
        created.expect("an account");

        let mail = network.server.mailbox().last(&email, 1).await;
        assert!(mail.text.contains(greeting), "{}", mail.text);
    }
}

#[tokio::test]
async fn the_people_of_an_old_account_are_told_which_institution_to_ask() {
    let network = Network::start().await;
    let mut account = Account {
        username: "lea".into(),
        email: "lea@ecole.example".into(),
        institution_id: network.school.clone(),
        ..Account::default()
    };
    account.set_state(AccountState::Legacy);
    let request = CreateAccountRequest {
        account: Some(account),
        ..CreateAccountRequest::default()
    };
    let admin = network.server.admin().await;
    let created = admin.account().create_account(request).await;
    created.expect("an account");

    people::ask_reset(&network.server, Identifier::Username("lea".into())).await;

    let mail = network.server.mailbox().last("lea@ecole.example", 1).await;
    assert!(mail.text.contains("School"), "{}", mail.text);
}

#[tokio::test]
async fn who_must_ask_an_institution_is_told_how_to_reach_it_in_its_own_words() {
    let network = Network::start().await;
    let words = "Secrétariat, porte 2.\n\nLundi et jeudi.";
    let authority = Institution {
        help_text: [("fr".to_owned(), words.to_owned())].into(),
        contact_email: "aide@ecole.example".into(),
        ..Institution::default()
    };
    configure(&network, &network.authority, authority).await;
    let account = old(&network.school, "lea", "lea@ecole.example");
    create(&network.server, account, None).await;

    people::ask_reset(&network.server, Identifier::Username("lea".into())).await;

    let mail = network.server.mailbox().last("lea@ecole.example", 1).await;
    for told in [
        "Contact\u{202f}: aide@ecole.example",
        "porte 2.",
        "Lundi et jeudi.",
    ] {
        assert!(mail.text.contains(told), "{told} is not in {}", mail.text);
    }
}

/// Whoever acts for an institution can give an account there the address of somebody who has nothing to do with it.
#[tokio::test]
async fn an_institution_speaks_in_no_mail_to_who_has_an_account_elsewhere() {
    let network = Network::start().await;
    let words = Institution {
        help_text: [("fr".to_owned(), "Voir https://evil.example/".to_owned())].into(),
        contact_email: "aide@evil.example".into(),
        ..Institution::default()
    };
    configure(&network, &network.school, words).await;
    let server = &network.server;
    for (username, elsewhere) in [("anna", network.stranger.as_str()), ("berta", "")] {
        let email = format!("{username}@ecole.example");
        let made_up = format!("old.{username}");
        let password = Some(Credential::Password(people::GOOD_PASSWORD.into()));
        let own = create(server, of(elsewhere, username, &email), password).await;
        create(server, old(&network.school, &made_up, &email), None).await;

        people::ask_reset(server, Identifier::Email(email.clone())).await;
        let with_link = server.mailbox().last(&email, 1).await;
        people::ask_reset(server, Identifier::Username(made_up.clone())).await;
        let without = server.mailbox().last(&email, 2).await;

        assert_eq!(with_link.link().user_id, own.id);
        for mail in [with_link, without] {
            assert!(mail.text.contains(&made_up), "{}", mail.text);
            assert!(mail.text.contains("School"), "{}", mail.text);
            assert!(!mail.text.contains("evil.example"), "{}", mail.text);
        }
    }
}

#[tokio::test]
async fn people_go_to_their_institutions_application_if_the_operator_lists_it() {
    const LISTED: &str = "https://ecole.example/";
    let server = Server::builder()
        .env("GUICHET_APP_URL", "https://app.example/")
        .env("GUICHET_RETURN_URLS", LISTED);
    let network = Network::at(server.start().await).await;
    let anyone = network.server.anyone().await;
    let places = [
        (&network.school, LISTED, LISTED),
        (
            &network.sibling,
            "https://elsewhere.example/",
            "https://app.example/",
        ),
    ];
    for (username, (institution, named, reached)) in ["anna", "berta"].into_iter().zip(places) {
        let settings = Institution {
            application_url: named.into(),
            ..Institution::default()
        };
        configure(&network, institution, settings).await;
        let email = format!("{username}@ecole.example");
        let activation = Some(Credential::SendActivation(true));
        create(
            &network.server,
            of(institution, username, &email),
            activation,
        )
        .await;
        let link = network.server.mailbox().last(&email, 1).await.link();

        let chosen = people::complete(&anyone, &link, &email, people::GOOD_PASSWORD).await;

        assert_eq!(chosen.expect("a password").into_inner().return_url, reached);
    }
}
