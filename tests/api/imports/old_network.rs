//! A whole network: tried, imported with a cut in the middle, used, and taken back.

use std::fs;
use std::process::Output;

use guichet_client::Guichet;
use guichet_client::proto::{GetMigrationReportRequest, Institution, MigrationCounts};
use guichet_tests::network::OldNetwork;
use guichet_tests::{Server, people};
use serde_json::Value;

use super::{cut_off, newest};
use crate::institutions::network;

const SCHOOLS: usize = 40;
const STAFF: usize = 2_400;

async fn build_schools(server: &Server, old: &OldNetwork) -> String {
    let authority = network::institution(server, "Authority", "").await;
    let admin = server.admin().await;
    for school in 0..old.schools {
        let institution = Institution {
            display_name: format!("School {school}"),
            parent_id: authority.clone(),
            external_id: OldNetwork::school_id(school),
            ..Institution::default()
        };
        network::create(&admin, institution)
            .await
            .expect("a school");
    }
    authority
}

/// The last line that a command tells as JSON.
fn told(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{output:?}"))
}

async fn counts(admin: &Guichet, institution_id: String) -> MigrationCounts {
    let request = GetMigrationReportRequest {
        institution_id,
        ..GetMigrationReportRequest::default()
    };
    let report = admin.institution().get_migration_report(request).await;
    report
        .expect("a report")
        .into_inner()
        .total
        .expect("a total")
}

#[tokio::test]
async fn a_network_moves_in_and_out_again() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let old = OldNetwork::new(SCHOOLS, STAFF);
    let authority = build_schools(&server, &old).await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("network.jsonl");
    fs::write(&path, old.export()).expect("a file");
    let path = path.to_str().expect("a readable path");

    let tried = told(&server.cli(&["import", path, "--dry-run", "--json"]));
    assert_eq!(
        (&tried["created"], &tried["refused"]),
        (&STAFF.into(), &0.into())
    );
    assert_eq!(newest(&admin).await, None);

    cut_off(&server, path, STAFF).await;
    let imported = told(&server.cli(&["import", path, "--resume", "--json"]));
    assert_eq!(
        (&imported["created"], &imported["refused"]),
        (&STAFF.into(), &0.into())
    );

    let of_eight = |share: usize| i64::try_from(STAFF / 8 * share).expect("a small number");
    let expected = MigrationCounts {
        legacy: of_eight(3),
        active: of_eight(5),
        without_email: of_eight(1),
        ..MigrationCounts::default()
    };
    assert_eq!(counts(&admin, authority.clone()).await, expected);
    for person in (0..8).filter(|person| OldNetwork::has_password(*person)) {
        people::tokens(&server, &OldNetwork::username(person), old.password()).await;
    }

    let id = imported["import_id"].as_str().expect("an id");
    let refused = server.cli(&["import", "--undo", id]);
    assert_eq!(refused.status.code(), Some(1), "five people have been here");
    let undone = told(&server.cli(&["import", "--undo", id, "--keep-changed", "--json"]));
    assert_eq!(
        (&undone["undone"], &undone["kept"]),
        (&(STAFF - 5).into(), &5.into())
    );
    let left = MigrationCounts {
        active: 5,
        ..MigrationCounts::default()
    };
    assert_eq!(counts(&admin, authority).await, left);
}
