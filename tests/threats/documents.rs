//! What the documents list is all that there is.

use std::fs;
use std::path::{Path, PathBuf};

use guichet_tests::Server;

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the repository").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// OWASP ASVS 5.0, 11.1.2 and 11.1.4: an inventory that forgets a key is none.
#[test]
fn every_purpose_of_the_master_key_is_in_the_inventory() {
    let inventory = read("server/HARDENING.md");
    let source = read("server/src/master_key/mod.rs");
    let (_, purposes) = source
        .split_once("pub enum Purpose {")
        .expect("the purposes");
    let (purposes, _) = purposes.split_once("\n}").expect("their end");
    let names = purposes
        .lines()
        .map(|line| line.trim().trim_end_matches(','));
    let names: Vec<&str> = names
        .filter(|name| !name.is_empty() && !name.starts_with('/'))
        .collect();

    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        assert!(
            inventory.contains(&format!("| `{name}` |")),
            "{name} is not in HARDENING.md"
        );
    }
}

/// OWASP ASVS 5.0, 14.1.1.
#[tokio::test]
async fn every_table_has_a_class_of_protection() {
    let inventory = read("server/HARDENING.md");
    let (_, classes) = inventory.split_once("## Data, by").expect("the classes");
    let server = Server::start().await;

    let mut rows = server.rows().await;
    rows.remove("seaql_migrations");
    let tables: Vec<String> = rows.into_keys().collect();

    assert!(tables.len() >= 20, "{tables:?}");
    for table in tables {
        assert!(
            classes.contains(&format!("`{table}`")),
            "{table} has no class"
        );
    }
}

/// OWASP ASVS 5.0, 6.1.1 and 2.1.3: what the server says of itself is what the page says.
#[tokio::test]
async fn every_limit_is_documented_with_the_default_that_runs() {
    let page = read("server/SETTINGS.md");
    let server = Server::builder().env("GUICHET_THROTTLE", "on").prepare();

    let shown = server.cli(&["config", "--json"]);

    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let text = shown.to_string();
    for name in [
        "THROTTLE_FREE_FAILURES",
        "THROTTLE_BASE_DELAY",
        "THROTTLE_MAX_DELAY",
        "THROTTLE_ACCOUNT_FREE_FAILURES",
        "THROTTLE_NETWORK_FAILURES",
        "THROTTLE_NETWORK_INTERVAL",
        "THROTTLE_RESET_REQUESTS",
        "THROTTLE_RESET_INTERVAL",
        "MAX_MESSAGE",
        "MAX_CONNECTIONS",
        "MAX_CONNECTIONS_PER_ADDRESS",
        "MAX_DEADLINE",
    ] {
        let name = format!("GUICHET_{name}");
        assert!(
            page.contains(&format!("| `{name}` | `")),
            "{name} is not in SETTINGS.md"
        );
        assert!(text.contains(&name), "{name} is not shown");
    }
}
