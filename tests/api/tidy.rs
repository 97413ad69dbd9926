//! The rules of ARCHITECTURE.md that a compiler doesn't check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that is longer holds more than one idea.
const MAX_LINES: usize = 400;

const SLICES: [&str; 7] = [
    "account",
    "institution",
    "import",
    "reset",
    "auth",
    "messages",
    "events",
];

/// What the slices stand on.
const GROUND: [&str; 17] = [
    "clock.rs",
    "config/",
    "event.rs",
    "filter.rs",
    "i18n/",
    "mail/",
    "master_key/",
    "metrics/",
    "pagination/",
    "password/",
    "refusals.rs",
    "secret.rs",
    "store/",
    "text.rs",
    "throttle/",
    "transport/",
    "error.rs",
];

/// Where gRPC may be spoken of; the `mod.rs` of each slice beside them.
const GRPC: [&str; 4] = ["call/", "error.rs", "serve/", "transport/"];

/// What must not know that there is a database.
const WITHOUT_DATABASE: [&str; 6] = [
    "cli/",
    "config/",
    "mail/",
    "pages/",
    "password/",
    "transport/",
];

/// What else stands on the ground.
const ABOVE: [&str; 7] = ["app", "audit", "call", "cli", "outbox", "pages", "worker"];

#[test]
fn ground_never_names_a_slice() {
    for source in server().filter(|source| source.is_in(&GROUND)) {
        let named = modules_named(&source.text);
        let above: Vec<_> = SLICES.iter().chain(&ABOVE).collect();
        let above = above.into_iter().find(|above| named.contains(**above));
        assert_eq!(above, None, "{} names it", source.name);
    }
}

#[test]
fn a_module_is_found_however_it_is_imported() {
    let source = "use crate::{\n    app::App,\n    store::{account, session},\n    text,\n};\n\
        use crate::mail; fn f() { crate::event::append() } use guichet_crate::other;";
    let named = modules_named(source);
    let expected = ["app", "event", "mail", "store", "text"];
    assert_eq!(named.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn only_the_edge_speaks_grpc() {
    let edge = SLICES.map(|slice| format!("{slice}/mod.rs"));
    let edge: Vec<&str> = edge.iter().map(String::as_str).chain(GRPC).collect();

    for source in server().filter(|source| !source.is_in(&edge)) {
        source.does_not_say("tonic::");
        source.does_not_say("use tonic");
    }
}

#[test]
fn what_needs_no_database_names_none() {
    for source in server().filter(|source| source.is_in(&WITHOUT_DATABASE)) {
        source.does_not_say("sea_orm");
    }
}

#[test]
fn the_server_depends_on_no_client_and_a_migration_on_no_server() {
    for (manifest, stranger) in [
        ("server/Cargo.toml", "guichet-client"),
        ("migration/Cargo.toml", "guichet ="),
        ("migration/Cargo.toml", "guichet."),
        ("proto/Cargo.toml", "guichet-migration"),
    ] {
        let text = fs::read_to_string(root().join(manifest)).expect(manifest);
        let named = text.lines().any(|line| line.starts_with(stranger));
        assert!(!named, "{manifest} names {stranger}");
    }
}

#[test]
fn every_rpc_is_in_the_table_of_its_service() {
    let mut rpcs = 0;
    for slice in SLICES {
        // `mail/` and `event.rs` are ground: how letters leave, and how events are written.
        let proto = match slice {
            "messages" => "mail",
            "events" => "event",
            slice => slice,
        };
        let proto = root().join(format!("proto/guichet/v1/{proto}.proto"));
        let proto = fs::read_to_string(proto).expect("a proto for each slice");
        let table = root().join(format!("server/src/{slice}/mod.rs"));
        let table = fs::read_to_string(table).expect("a table for each slice");
        let declared = proto.lines().filter_map(|line| {
            let (name, _) = line.trim().strip_prefix("rpc ")?.split_once('(')?;
            Some(name)
        });
        for rpc in declared {
            assert!(
                table.contains(&format!("\"{rpc}\"")),
                "{slice}/mod.rs: {rpc}"
            );
            rpcs += 1;
        }
    }
    assert!(rpcs > 30, "only {rpcs} RPCs were found");
}

#[test]
fn no_file_is_long() {
    let folders = [
        "server/src",
        "migration/src",
        "proto/src",
        "client/rust/src",
        "tests",
    ];
    for source in folders.iter().flat_map(|folder| sources(folder)) {
        let lines = source.text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", source.name);
    }
}

/// The modules of the crate that a source names, in a path or in a group of imports.
fn modules_named(source: &str) -> BTreeSet<&str> {
    let part_of_a_name = |character: char| character.is_alphanumeric() || character == '_';
    let first_name = |path: &'_ str| path.find(|c| !part_of_a_name(c)).unwrap_or(path.len());
    let mut named = BTreeSet::new();
    for (at, root) in source.match_indices("crate::") {
        if source[..at].ends_with(part_of_a_name) {
            continue;
        }
        let path = &source[at + root.len()..];
        let mut depth = 0_i32;
        let mut begins = true;
        for (at, character) in path.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 1 => break,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                _ if begins && part_of_a_name(character) => {
                    named.insert(&path[at..at + first_name(&path[at..])]);
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 && !begins {
                break;
            }
        }
    }
    named
}

/// A source file, named from its crate's folder.
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.name == *place || (place.ends_with('/') && self.name.starts_with(place))
        })
    }

    fn does_not_say(&self, what: &str) {
        let found = self.text.lines().position(|line| line.contains(what));
        let line = found.map(|index| index + 1);
        assert_eq!(line, None, "{} names {what}", self.name);
    }
}

fn server() -> impl Iterator<Item = Source> {
    let found = sources("server/src");
    assert!(found.len() > 80, "only {} files were found", found.len());
    found.into_iter()
}

/// Every Rust file below a folder of the repository, without what is built or fetched.
fn sources(folder: &str) -> Vec<Source> {
    let base = root().join(folder);
    let mut open = vec![base.clone()];
    let mut found = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(read(&base, &path));
            }
        }
    }
    found
}

fn read(base: &Path, path: &Path) -> Source {
    let name = path.strip_prefix(base).expect("a path below its folder");
    Source {
        name: name.to_string_lossy().into_owned(),
        text: fs::read_to_string(path).expect("a source file"),
    }
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the repository").to_owned()
}
