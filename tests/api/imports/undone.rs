//! Taking an import back.

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, DeleteInstitutionRequest, Import, ImportBegin, ImportRow, ImportState,
    ResetOutcome, SendActivationRequest, UndoImportRequest,
};
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::{Link, Server};
use tonic::Status;

use super::{begin, import, lookup, newest, rename, row, verdicts};
use crate::institutions::network::{self, Network, refusal};

const OLD: &str = "old@ecole.example";
const NEW: &str = "new@ecole.example";

async fn undo(guichet: &Guichet, id: &str, keep_changed: bool) -> Result<Import, Status> {
    let request = UndoImportRequest {
        import_id: id.into(),
        keep_changed,
    };
    let reply = guichet.import().undo_import(request).await?;
    Ok(reply.into_inner().import.expect("it in the reply"))
}

/// What stays the same whoever writes it.
fn lasting(account: Account) -> Account {
    Account {
        update_time: None,
        etag: String::new(),
        ..account
    }
}

#[tokio::test]
async fn what_it_made_is_gone_and_what_it_changed_is_as_before() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let first = vec![ImportRow {
        email: "lea@ecole.example".into(),
        display_name: "Léa".into(),
        attributes: [("class".to_owned(), "6A".to_owned())].into(),
        ..row(1, "lea")
    }];
    import(&admin, begin(), first.clone())
        .await
        .expect("an import");
    let before = lookup(&admin, "lea").await.expect("an account");
    let mut second: Vec<_> = (2..=250)
        .map(|number| row(number, &format!("p{number}")))
        .collect();
    second.insert(0, row(1, "lea"));
    let (job, _) = import(&admin, begin(), second.clone())
        .await
        .expect("an import");
    assert_eq!((job.created_count, job.updated_count), (249, 1));

    let undone = undo(&admin, &job.id, false).await.expect("an undo");
    assert_eq!(
        (undone.state(), undone.undone_count, undone.kept_count),
        (ImportState::Undone, 250, 0)
    );
    let after = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(lasting(after), lasting(before));
    assert!(lookup(&admin, "p2").await.is_none());

    // Once more is the same, and the rows may come again.
    assert_eq!(undo(&admin, &job.id, false).await.expect("an undo"), undone);
    let (_, outcomes) = import(&admin, begin(), first).await.expect("an import");
    assert_eq!(verdicts(&outcomes)[0].1, "UNCHANGED");
    let (job, _) = import(&admin, begin(), second).await.expect("an import");
    assert_eq!((job.created_count, job.updated_count), (249, 1));
}

#[tokio::test]
async fn accounts_that_somebody_has_touched_are_kept() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let rows = vec![row(1, "lea"), row(2, "leo")];
    let (job, _) = import(&admin, begin(), rows).await.expect("an import");
    rename(&admin, "lea", "Léa").await;

    assert_eq!(refusal(undo(&admin, &job.id, false).await), "STATE");
    assert!(
        lookup(&admin, "leo").await.is_some(),
        "nothing has happened"
    );
    let undone = undo(&admin, &job.id, true).await.expect("an undo");
    assert_eq!((undone.undone_count, undone.kept_count), (1, 1));
    assert!(lookup(&admin, "lea").await.is_some());
    assert!(lookup(&admin, "leo").await.is_none());
}

#[tokio::test]
async fn an_account_whose_old_username_is_taken_keeps_the_new_one() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let people = vec![row(1, "lea"), row(2, "lou")];
    import(&admin, begin(), people).await.expect("an import");
    let renamed = ["lea", "lou"].iter().zip(1..);
    let renamed = renamed.map(|(name, number)| ImportRow {
        username: format!("{name}.new"),
        ..row(number, name)
    });
    let (job, _) = import(&admin, begin(), renamed.collect())
        .await
        .expect("an import");
    people::active(&server, "lea", "another@ecole.example").await;

    let undone = undo(&admin, &job.id, true).await.expect("an undo");

    assert_eq!(
        (undone.state(), undone.undone_count, undone.kept_count),
        (ImportState::Undone, 1, 1)
    );
    let lea = lookup(&admin, "lea.new").await.expect("an account");
    assert_eq!(lea.external_id, "x-lea");
    assert!(lookup(&admin, "lou").await.is_some());
}

#[tokio::test]
async fn an_account_whose_old_institution_is_gone_stays_in_the_new_one() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    for institution_id in [&network.sibling, &network.school] {
        let begin = ImportBegin {
            institution_id: institution_id.clone(),
            ..begin()
        };
        import(&admin, begin, vec![row(1, "lea")])
            .await
            .expect("an import");
    }
    let moved = newest(&admin).await.expect("a job");
    let request = DeleteInstitutionRequest {
        institution_id: network.sibling.clone(),
        ..DeleteInstitutionRequest::default()
    };
    let deleted = admin.institution().delete_institution(request).await;
    deleted.expect("an empty institution goes");

    let undone = undo(&admin, &moved.id, true).await.expect("an undo");

    assert_eq!((undone.undone_count, undone.kept_count), (0, 1));
    let lea = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(lea.institution_id, network.school);
}

/// Sends Léa her first link.
async fn activation(server: &Server, email: &str) -> Link {
    let admin = server.admin().await;
    let lea = lookup(&admin, "lea").await.expect("an account");
    let request = SendActivationRequest {
        account_id: lea.id,
        ..SendActivationRequest::default()
    };
    let sent = admin.account().send_activation(request).await;
    sent.expect("a mail");
    server.mailbox().last(email, 1).await.link()
}

/// Imports Léa, who has no password yet, with this address.
async fn import_lea(admin: &Guichet, email: &str) -> Import {
    let pending = ImportBegin {
        state: AccountState::Pending.into(),
        ..begin()
    };
    let lea = ImportRow {
        email: email.into(),
        ..row(1, "lea")
    };
    let (job, _) = import(admin, pending, vec![lea]).await.expect("an import");
    assert_eq!(job.created_count + job.updated_count, 1);
    job
}

/// Whoever reads the mails to one address may well know the other.
#[tokio::test]
async fn links_that_were_mailed_to_an_address_end_with_it() {
    let server = Server::start().await;
    let (admin, anyone) = (server.admin().await, server.anyone().await);
    import_lea(&admin, OLD).await;
    let link = activation(&server, OLD).await;

    import_lea(&admin, NEW).await;

    let used = people::complete(&anyone, &link, NEW, OTHER_PASSWORD).await;
    assert_eq!(refusal(used), "RESET_CODE_INVALID");
}

#[tokio::test]
async fn links_that_were_mailed_to_an_address_end_when_it_is_taken_back() {
    let server = Server::start().await;
    let (admin, anyone) = (server.admin().await, server.anyone().await);
    import_lea(&admin, OLD).await;
    let job = import_lea(&admin, NEW).await;
    let link = activation(&server, NEW).await;

    let undone = undo(&admin, &job.id, false).await.expect("an undo");

    assert_eq!(undone.undone_count, 1);
    let used = people::complete(&anyone, &link, OLD, OTHER_PASSWORD).await;
    assert_eq!(refusal(used), "RESET_CODE_INVALID");
}

/// Whoever imports for a school may give a row the address of somebody elsewhere.
#[tokio::test]
async fn what_a_stranger_asked_for_is_not_taken_back_with_a_row_of_the_same_address() {
    let network = Network::start().await;
    let server = &network.server;
    let lea = network::person(server, "lea", &network.stranger).await;
    people::ask_reset(server, Identifier::Email(lea.email.clone())).await;
    assert_eq!(people::reset_outcomes(server).await, [ResetOutcome::Mailed]);
    let director = network::director(server, "dora", &network.school).await;
    let at_her_address = ImportRow {
        email: lea.email,
        ..row(1, "leo")
    };
    let begin = ImportBegin {
        institution_id: network.school.clone(),
        accept_emails_elsewhere: true,
        ..begin()
    };
    let imported = import(&director, begin, vec![at_her_address]).await;
    let (job, _) = imported.expect("an import");
    assert_eq!(job.created_count, 1);

    let undone = undo(&director, &job.id, false).await.expect("an undo");

    assert_eq!(undone.undone_count, 1);
    assert_eq!(people::reset_outcomes(server).await, [ResetOutcome::Mailed]);
}
