//! Whose the files are: nobody but the server's own user may read what it keeps.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server};

const EMAIL: &str = "lea@ecole.example";

/// Everything below a folder, and the folder.
fn below(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            found.extend(below(&entry.expect("an entry").path()));
        }
    }
    found
}

fn assert_private(path: &Path) {
    let mode = fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777;
    let expected = if path.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(mode, expected, "{} is {mode:04o}", path.display());
}

#[tokio::test]
async fn what_the_server_keeps_is_for_nobody_else() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    server.mailbox().wait_for(EMAIL, 1).await;

    let found = below(&server.data_dir());

    let names: Vec<String> = found
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    let mut expected = vec!["listen", "ops-listen", "master.key", "mail"];
    if !server.on_postgres() {
        expected.extend(["guichet.db", "guichet.db-wal", "guichet.db-shm"]);
    }
    for name in expected {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    assert!(
        found
            .iter()
            .any(|path| path.extension().is_some_and(|it| it == "eml")),
        "{names:?}"
    );
    for path in found {
        assert_private(&path);
    }
}

#[tokio::test]
async fn copies_are_for_nobody_else_either() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::file();
    let copied = server.cli(&["copy", "--to", place.url()]);
    assert!(copied.status.success(), "{copied:?}");
    let copy = place.url().strip_prefix("sqlite:").expect("a file");
    assert_private(Path::new(copy));

    let passwords = folder.path().join("published.txt");
    fs::write(&passwords, "hunter2\n").expect("a file");
    let list = folder.path().join("passwords.list");
    let [source, target] = [&passwords, &list].map(|path| path.to_str().expect("a path"));
    let built = server.cli(&["passwords", "build", source, target]);
    assert!(built.status.success(), "{built:?}");
    assert_private(&list);

    if !server.on_postgres() {
        let backup = folder.path().join("backup.db");
        let made = server.cli(&["backup", backup.to_str().expect("a path")]);
        assert!(made.status.success(), "{made:?}");
        assert_private(&backup);
    }
}

/// A copy has been on other machines and media, and comes back with whatever permissions these gave it.
#[tokio::test]
async fn a_restored_database_is_for_nobody_else_whatever_its_copy_was() {
    for mode in [0o644, 0o400] {
        let mut server = Server::start().await;
        if server.on_postgres() {
            return;
        }
        people::active(&server, "lea", EMAIL).await;
        let copy = server.data_dir().join("copy.db");
        let database = server.data_dir().join("guichet.db");
        let made = server.cli(&["backup", copy.to_str().expect("a path")]);
        assert!(made.status.success(), "{made:?}");
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(&copy, permissions.clone()).expect("its own file");
        server.stop().await;
        let left = server.data_dir().join("guichet.db.partial");
        fs::write(&left, "of a restore that was cut off").expect("a file");
        fs::set_permissions(&left, permissions).expect("its own file");

        let restored = server.cli(&["restore", copy.to_str().expect("a path")]);

        assert!(restored.status.success(), "{restored:?}");
        assert_private(&database);
        assert!(!left.exists(), "a copy is left");
        server.restart().await;
        people::tokens(&server, "lea", GOOD_PASSWORD).await;
        assert_private(&database);
    }
}
