//! What becomes of a request for a reset: told to the administrator, and to nobody else.

use guichet_client::proto::ResetOutcome::{
    self, Disabled, Mailed, NoEmail, NotMigrated, Throttled, Unknown,
};
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{Account, AccountState, CreateAccountRequest, RemindUsernamesRequest};
use guichet_tests::people;
use guichet_tests::{Place, Server};

use crate::institutions::network;

const SHARED: &str = "bureau@ecole.example";

fn by_username(username: &str) -> Identifier {
    Identifier::Username(username.into())
}

fn by_email(email: &str) -> Identifier {
    Identifier::Email(email.into())
}

/// The outcome of the newest request.
async fn outcome(server: &Server, identifier: Identifier) -> ResetOutcome {
    people::ask_reset(server, identifier).await;
    people::reset_outcomes(server).await[0]
}

#[tokio::test]
async fn each_request_is_decided_and_only_good_ones_are_mailed() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "sans", "").await;
    people::legacy(&server, "ancien", "ancien@ecole.example").await;
    people::legacy(&server, "tresancien", "").await;
    people::disabled(&server, "parti", "parti@ecole.example").await;

    for (identifier, expected) in [
        (by_username("lea"), Mailed),
        (by_username(" LEA "), Mailed),
        (by_email("Lea@Ecole.Example"), Mailed),
        (by_username("personne"), Unknown),
        (by_email("personne@ecole.example"), Unknown),
        (by_username("sans"), NoEmail),
        (by_username("ancien"), NotMigrated),
        (by_email("ancien@ecole.example"), NotMigrated),
        (by_username("tresancien"), NotMigrated),
        (by_username("parti"), Disabled),
        (by_email("parti@ecole.example"), Disabled),
    ] {
        let shown = format!("{identifier:?}");
        assert_eq!(outcome(&server, identifier).await, expected, "{shown}");
    }

    server.mailbox().wait_for("lea@ecole.example", 3).await;
    let told_to_ask = server.mailbox().wait_for("ancien@ecole.example", 2).await;
    assert!(told_to_ask.iter().all(|mail| mail.codes().is_empty()));
    // That a reset was refused, once.
    server.mailbox().wait_for("parti@ecole.example", 1).await;
    assert_eq!(server.mailbox().all().len(), 6);
}

#[tokio::test]
async fn too_many_requests_for_one_name_are_answered_alike_and_mailed_no_more() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", "lea@ecole.example").await;

    let mut outcomes = Vec::new();
    for _ in 0..10 {
        outcomes.push(outcome(&server, by_username("lea")).await);
    }

    assert_eq!(outcomes[0], Mailed);
    assert_eq!(outcomes[9], Throttled);
    let mailed = outcomes.iter().filter(|outcome| **outcome == Mailed);
    let mailed = mailed.count();
    // And one that says so.
    let mails = mailed + 1;
    server.mailbox().wait_for("lea@ecole.example", mails).await;
}

/// Asks for the usernames at the shared address.
async fn remind(server: &Server) {
    let request = RemindUsernamesRequest {
        email: SHARED.into(),
        locale: "fr".into(),
    };
    let anyone = server.anyone().await;
    let reminded = anyone.reset().remind_usernames(request).await;
    reminded.expect("always the same reply");
}

#[tokio::test]
async fn forgotten_usernames_are_listed_in_one_mail_without_a_link() {
    let server = Server::start().await;
    people::active(&server, "lea", SHARED).await;
    people::active(&server, "leo", SHARED).await;
    people::disabled(&server, "parti", SHARED).await;

    remind(&server).await;

    let mail = server.mailbox().last(SHARED, 1).await;
    assert!(mail.text.contains("lea") && mail.text.contains("leo"));
    assert!(!mail.text.contains("parti"), "{}", mail.text);
    assert!(mail.codes().is_empty());
}

/// As many accounts as are answered at one address.
const CROWD: usize = 100;

/// Old accounts of a few institutions, all with one address.
async fn crowd(server: &Server) {
    let admin = server.admin().await;
    let mut schools = Vec::new();
    for number in 0..5 {
        schools.push(network::institution(server, &format!("School {number}"), "").await);
    }
    for number in 0..CROWD {
        let account = Account {
            username: format!("crowd{number}"),
            email: SHARED.into(),
            institution_id: schools[number % schools.len()].clone(),
            state: AccountState::Legacy.into(),
            ..Account::default()
        };
        let request = CreateAccountRequest {
            account: Some(account),
            ..CreateAccountRequest::default()
        };
        let created = admin.account().create_account(request).await;
        created.expect("an account");
    }
}

/// Whoever acts for an institution can give its accounts anybody's address.
#[tokio::test]
async fn however_many_have_ones_address_elsewhere_one_gets_a_link_and_ones_username() {
    for are_confirmed in [false, true] {
        let server = Server::start().await;
        crowd(&server).await;
        if are_confirmed {
            let place = Place::behind(&server);
            place
                .execute("UPDATE account SET state = 'ACTIVE', email_verified = TRUE")
                .await;
        }
        let own = people::active(&server, "lea.martin", SHARED).await;

        people::ask_reset(&server, by_email(SHARED)).await;

        let mail = server.mailbox().last(SHARED, 1).await;
        let mut linked = mail.links().into_iter();
        assert!(linked.any(|link| link.user_id == own.id), "{}", mail.text);
        remind(&server).await;
        let mail = server.mailbox().last(SHARED, 2).await;
        assert!(mail.text.contains("lea.martin"), "{}", mail.text);
        assert_eq!(mail.text.matches("crowd").count(), CROWD - 1);
    }
}
