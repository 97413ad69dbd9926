//! Files of people from other systems.

use guichet_proto::v1::ImportRow;

use super::{product::PRODUCT, text};
use crate::{
    cli::import::{csv, jsonl},
    error::Error,
    import::{job::Given, row::Candidate},
    password::stored::ImportedHash,
};

/// JSON lines: each row has a number of its own, and what was read is read again when it is written down.
pub fn import_jsonl(data: &[u8]) {
    let mut rows = jsonl::Rows::new(data);
    let mut last = 0;
    while let Some((number, row)) = rows.next().expect("memory can be read") {
        assert!(number > last, "{number} comes after {last}");
        last = number;
        if let Ok(row) = &row {
            let written = serde_json::json!({
                "username": row.username,
                "email": row.email,
                "display_name": row.display_name,
                "external_id": row.external_id,
                "institution_external_id": row.institution_external_id,
                "locale": row.locale,
                "password_hash": row.password_hash,
                "attributes": row.attributes,
            });
            let written = written.to_string();
            let again = jsonl::Rows::new(written.as_bytes()).next();
            let (_, again) = again.expect("memory can be read").expect("a row");
            assert_eq!(again.as_ref().ok(), Some(row));
        }
        judge((number, row));
    }
    let lines = data.split(|byte| *byte == b'\n').count();
    assert!(usize::try_from(last).is_ok_and(|last| last <= lines));
}

/// Comma-separated values: each row has a number of its own, and its cells are those of the file.
pub fn import_csv(data: &[u8]) {
    let Ok(mut rows) = csv::Rows::new(data) else {
        return;
    };
    let mut last = 0;
    while let Ok(Some((number, row))) = rows.next() {
        assert!(number > last, "{number} comes after {last}");
        last = number;
        if let Ok(row) = &row {
            // Quotation marks are around a cell, doubled inside, or end it early.
            let bare = |text: &str| text.replace('"', "");
            let whole = text(data).is_none_or(|text| bare(text).contains(&bare(&row.username)));
            assert!(whole, "{:?} is not in the file", row.username);
        }
        judge((number, row));
    }
}

/// A row is good or says what is wrong with it, and a good one holds nothing that an account may not.
fn judge((_, row): Given) {
    let Ok(row) = row else { return };
    match Candidate::read(&PRODUCT.app, &row, None) {
        Ok(candidate) => sound(&row, &candidate),
        Err(Error::InvalidFields(faults)) => assert!(!faults.is_empty()),
        Err(other) => panic!("{other:?}"),
    }
}

fn sound(row: &ImportRow, candidate: &Candidate) {
    assert!(!candidate.username_key.is_empty());
    assert_eq!(candidate.username, row.username);
    assert_eq!(candidate.email.is_some(), candidate.email_key.is_some());
    assert_eq!(candidate.email.is_some(), !row.email.is_empty());
    let one_line = |text: &str| !text.contains(char::is_control);
    assert!(one_line(&candidate.display_name), "{:?}", row.display_name);
    assert!(candidate.external_id.as_deref().is_none_or(one_line));
    let hash = candidate.imported_hash.as_ref();
    assert_eq!(hash.is_some(), !row.password_hash.is_empty());
    if let Some(ImportedHash::Ready(hash)) = hash {
        assert!(hash.len() <= 512);
    }
}
