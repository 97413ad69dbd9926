//! The power goes after each step of the journey: what was answered is done, and what was accepted is carried out.

use guichet_client::Reason;
use guichet_client::error;
use guichet_client::proto::MigrateAccountRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};

const EMAIL: &str = "jean.dupont@ecole.example";

#[tokio::test]
async fn the_journey_goes_on_after_a_power_cut_at_each_step() {
    let mut server = Server::start().await;
    let account_id = people::legacy(&server, "jean.dupont", "").await.id;
    server.restart().await;

    let migrate = MigrateAccountRequest {
        account_id: account_id.clone(),
        email: EMAIL.into(),
        ..MigrateAccountRequest::default()
    };
    let admin = server.admin().await;
    let migrated = admin.account().migrate_account(migrate).await;
    migrated.expect("a migrated account");
    server.restart().await;
    let activation = link_but(&server, None).await;
    let anyone = server.anyone().await;
    let activated = people::complete(&anyone, &activation, EMAIL, GOOD_PASSWORD).await;
    activated.expect("an active account");
    server.restart().await;

    let tokens = people::tokens(&server, "jean.dupont", GOOD_PASSWORD).await;
    server.restart().await;
    let tokens = people::refresh(&server, &tokens.refresh_token).await;
    let tokens = tokens.expect("a session that outlives the server");
    server.restart().await;

    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    server.restart().await;
    let reset = link_but(&server, Some(&activation)).await;
    let anyone = server.anyone().await;
    let completed = people::complete(&anyone, &reset, EMAIL, OTHER_PASSWORD).await;
    completed.expect("another password");
    server.restart().await;

    let anyone = server.anyone().await;
    for used in [&activation, &reset] {
        let refused = people::complete(&anyone, used, EMAIL, "Tilou94!").await;
        let refused = refused.expect_err("a used link");
        assert_eq!(error::reason(&refused), Some(Reason::ResetCodeInvalid));
    }
    let ended = people::refresh(&server, &tokens.refresh_token).await;
    ended.expect_err("a session that the reset ended");
    people::tokens(&server, "jean.dupont", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn every_request_that_was_answered_is_mailed_though_the_power_goes_at_once() {
    let mut server = Server::start().await;
    for index in 0..5 {
        let (username, email) = (format!("lea{index}"), format!("lea{index}@ecole.example"));
        people::active(&server, &username, &email).await;

        people::ask_reset(&server, Identifier::Username(username)).await;
        server.kill();
        server.restart().await;

        assert!(!at_least(&server, &email, 1).await.is_empty());
    }
}

/// A link mailed to Jean other than this one, once there is any: how many mails that takes nobody knows, as one whose
/// sending was cut off comes again, and notices without a link arrive among them.
async fn link_but(server: &Server, known: Option<&Link>) -> Link {
    for _ in 0..500 {
        let mails = server.mailbox().of(EMAIL);
        let mut links = mails.iter().flat_map(guichet_tests::Mail::links);
        if let Some(link) = links.find(|link| Some(link) != known) {
            return link;
        }
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
    panic!("no new link to {EMAIL}");
}

/// The mails to an address, once there are so many or more: a mail whose sending was cut off comes again.
async fn at_least(server: &Server, email: &str, count: usize) -> Vec<guichet_tests::Mail> {
    for _ in 0..500 {
        let mails = server.mailbox().of(email);
        if mails.len() >= count {
            return mails;
        }
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
    panic!("fewer than {count} mails to {email}");
}
