//! What a school's director may import, and whose imports they see.

use guichet_client::Guichet;
use guichet_client::proto::{
    GetImportRequest, ImportBegin, ImportRow, ListImportRowsRequest, ListImportsRequest,
    UndoImportRequest,
};
use tonic::Status;

use super::{begin, import, lookup, row, verdicts};
use crate::institutions::network::{self, Network, refusal};

async fn refusals(guichet: &Guichet, import_id: &str) -> [String; 3] {
    let mut client = guichet.import();
    let import_id = import_id.to_owned();
    let get = GetImportRequest {
        import_id: import_id.clone(),
    };
    let rows = ListImportRowsRequest {
        import_id: import_id.clone(),
        ..ListImportRowsRequest::default()
    };
    let undo = UndoImportRequest {
        import_id,
        keep_changed: true,
    };
    [
        refusal(client.get_import(get).await),
        refusal(client.list_import_rows(rows).await),
        refusal(client.undo_import(undo).await),
    ]
}

async fn jobs(guichet: &Guichet) -> Result<usize, Status> {
    let request = ListImportsRequest::default();
    let reply = guichet.import().list_imports(request).await?;
    Ok(reply.into_inner().imports.len())
}

#[tokio::test]
async fn a_director_imports_into_the_own_institutions_and_sees_the_own_imports() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let at = |institution: &str| ImportBegin {
        institution_id: institution.into(),
        ..begin()
    };

    let elsewhere = import(&director, at(&network.sibling), Vec::new()).await;
    assert_eq!(refusal(elsewhere), "INVALID_FIELDS");
    let (_, outcomes) = import(&director, begin(), vec![row(1, "lea")])
        .await
        .expect("an import");
    assert_eq!(verdicts(&outcomes)[0].2, "institution_external_id REQUIRED");
    let (own, _) = import(&director, at(&network.annex), vec![row(1, "lea")])
        .await
        .expect("an import");
    let lea = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(lea.institution_id, network.annex);

    let (others, _) = import(&admin, at(&network.sibling), vec![row(1, "leo")])
        .await
        .expect("an import");
    let taken = ImportRow {
        display_name: "Mine".into(),
        ..row(1, "leo")
    };
    let (_, outcomes) = import(&director, at(&network.annex), vec![taken])
        .await
        .expect("an import");
    assert_eq!(verdicts(&outcomes)[0].2, "external_id EXTERNAL_ID_TAKEN");

    assert_eq!(
        refusals(&director, &others.id).await,
        ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]
    );
    assert_eq!(
        (
            jobs(&director).await.expect("jobs"),
            jobs(&admin).await.expect("jobs")
        ),
        (3, 4)
    );
    let undo = UndoImportRequest {
        import_id: own.id,
        keep_changed: false,
    };
    director.import().undo_import(undo).await.expect("an undo");
    assert!(lookup(&admin, "lea").await.is_none());
}

/// A dry run leaves no trace: it must not tell whose addresses others have.
#[tokio::test]
async fn a_director_learns_nothing_of_addresses_elsewhere() {
    let network = Network::start().await;
    let server = &network.server;
    network::person(server, "lea", &network.sibling).await;
    network::person(server, "leo", &network.annex).await;
    let director = network::director(server, "dora", &network.school).await;
    let dry = || ImportBegin {
        institution_id: network.school.clone(),
        validate_only: true,
        ..begin()
    };
    let rows = || {
        let addresses = (1..).zip(["lea", "leo", "nobody"]);
        let rows = addresses.map(|(number, name)| ImportRow {
            email: format!("{name}@ecole.example"),
            ..row(number, &format!("p{number}"))
        });
        rows.collect()
    };

    let (_, told) = import(&director, dry(), rows()).await.expect("a dry run");
    let admin = server.admin().await;
    let (_, all) = import(&admin, dry(), rows()).await.expect("a dry run");

    let elsewhere = "email EMAIL_ELSEWHERE";
    let faults = |outcomes| verdicts(outcomes).into_iter().map(|(_, _, faults)| faults);
    assert!(faults(&told).eq(["", elsewhere, ""]));
    assert!(faults(&all).eq([elsewhere, elsewhere, ""]));
}
