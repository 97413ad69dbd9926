//! Taking an import back.

use guichet_client::Guichet;
use guichet_client::proto::{Account, Import, ImportRow, ImportState, UndoImportRequest};
use guichet_tests::Server;
use tonic::Status;

use super::{begin, import, lookup, rename, row, verdicts};
use crate::institutions::network::refusal;

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
