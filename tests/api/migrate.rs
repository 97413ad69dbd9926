//! `guichet migrate`.

use guichet_tests::Server;
use serde_json::Value;

/// Every change's name, and whether it is applied.
fn status(server: &Server) -> Vec<(String, bool)> {
    let output = server.cli(&["migrate", "status", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let changes: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let read = |change: Value| {
        let name = change["name"].as_str().expect("a name").to_owned();
        (name, change["applied"].as_bool().expect("yes or no"))
    };
    changes.into_iter().map(read).collect()
}

#[tokio::test]
async fn the_schema_goes_up_and_back_by_one_change_and_its_status_changes_nothing() {
    let server = Server::builder().prepare();
    for _ in 0..2 {
        assert!(status(&server).iter().all(|(_, applied)| !applied));
    }

    let up = server.cli(&["migrate", "up"]);

    assert!(up.status.success(), "{up:?}");
    let all = status(&server);
    assert!(
        all.len() > 12 && all.iter().all(|(_, applied)| *applied),
        "{all:?}"
    );
    let told = String::from_utf8_lossy(&up.stdout).into_owned();
    assert!(told.contains("m0001_accounts"), "{told}");

    let down = server.cli(&["migrate", "down"]);
    assert!(down.status.success(), "{down:?}");
    let one_less = status(&server);
    let pending: Vec<_> = one_less.iter().filter(|(_, applied)| !applied).collect();
    assert_eq!(pending.len(), 1);
    assert_eq!(Some(pending[0]), one_less.last());
}
