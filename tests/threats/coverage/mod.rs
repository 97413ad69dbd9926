//! Every row has its tests, and the table in the documentation is that of the rows.

mod rows;
mod source;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use self::rows::{Answer, SECTIONS, Section};
use self::source::Source;

/// How the documents are written anew.
const UPDATE: &str = "UPDATE=1 cargo test -p guichet-tests --test threats coverage";

#[test]
fn every_test_that_a_row_names_exists() {
    let mut sources = BTreeMap::new();
    let mut missing = Vec::new();

    for section in sections() {
        for row in &section.rows {
            let Answer::Tests(tests) = row.answer() else {
                continue;
            };
            for test in tests {
                let source = sources
                    .entry(test.file.clone())
                    .or_insert_with(|| Source::read(&root(), &test.file));
                if !source.has_test(&test.name) {
                    missing.push(format!(
                        "{}: {} has no test {}",
                        row.id, test.file, test.name
                    ));
                }
            }
        }
    }

    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_row_has_an_id_of_its_own() {
    let sections = sections();
    let rows = sections.iter().flat_map(|section| &section.rows);
    let mut ids: Vec<&str> = rows.map(|row| row.id.as_str()).collect();
    ids.sort_unstable();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes the rows says so to the test"
)]
fn the_tables_in_the_documents_are_those_of_the_rows() {
    let sections = sections();
    for (document, generated) in [
        ("SECURITY.md", table::summary(&sections)),
        ("tests/THREATS.md", table::rows(&sections)),
    ] {
        let path = root().join(document);
        let text = fs::read_to_string(&path).expect(document);
        let wanted = table::put_into(&text, &generated);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, wanted).expect("a writable document");
        } else {
            assert!(text == wanted, "{document} is not up to date: {UPDATE}");
        }
    }
}

fn sections() -> Vec<Section> {
    let folder = root().join("tests/threats/rows");
    SECTIONS
        .iter()
        .map(|(file, title)| Section::read(&folder, file, title))
        .collect()
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the repository").to_owned()
}
