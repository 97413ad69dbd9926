//! An import file of comma-separated values (RFC 4180), with commas, semicolons or tabs.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use anyhow::{Context as _, bail, ensure};
use csv::{ByteRecord, Reader, ReaderBuilder};
use guichet_proto::v1::ImportRow;

use crate::{
    error::Violation,
    import::{MAX_ROW, job::Given},
};

const COLUMNS: [&str; 7] = [
    "username",
    "email",
    "display_name",
    "external_id",
    "institution_external_id",
    "locale",
    "password_hash",
];

/// The rows of a file; each has the number of the line that it begins on.
pub(crate) struct Rows<R> {
    reader: Reader<Bounded<R>>,
    left: Rc<Cell<usize>>,
    columns: Vec<String>,
    record: ByteRecord,
    /// 1 where lines end in CR LF: the reader counts the LF with the next row.
    lag: i64,
    number: i64,
}

impl<R: BufRead> Rows<R> {
    /// Reads the names of the columns.
    pub(crate) fn new(mut file: R) -> anyhow::Result<Self> {
        let left = Rc::new(Cell::new(MAX_ROW));
        let delimiter = delimiter(file.fill_buf()?);
        let bounded = Bounded {
            file,
            left: left.clone(),
        };
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(bounded);
        let columns = columns(reader.byte_headers().context("the names of the columns")?)?;
        let lag = i64::from(reader.position().line() == 1);
        Ok(Self {
            reader,
            left,
            columns,
            record: ByteRecord::new(),
            lag,
            number: 1,
        })
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Given>> {
        self.left.set(MAX_ROW);
        let line = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.record);
        if !read.with_context(|| format!("behind line {line}"))? {
            return Ok(None);
        }
        let line = self.record.position().map_or(line, csv::Position::line);
        // Numbers rise, even in a file whose lines end in several ways.
        self.number = (self.number + 1).max(i64::try_from(line)? + self.lag);
        Ok(Some((self.number, self.row())))
    }

    fn row(&self) -> Result<ImportRow, Violation> {
        if self.record.len() != self.columns.len() {
            return Err(Violation::new("", "MALFORMED"));
        }
        let mut row = ImportRow::default();
        for (column, cell) in self.columns.iter().zip(&self.record) {
            let cell =
                str::from_utf8(cell).map_err(|_| Violation::new(column, "INVALID_ENCODING"))?;
            put(&mut row, column, cell);
        }
        Ok(row)
    }
}

fn put(row: &mut ImportRow, column: &str, cell: &str) {
    let field = match column {
        "username" => &mut row.username,
        "email" => &mut row.email,
        "display_name" => &mut row.display_name,
        "external_id" => &mut row.external_id,
        "institution_external_id" => &mut row.institution_external_id,
        "locale" => &mut row.locale,
        "password_hash" => &mut row.password_hash,
        attribute => {
            let key = attribute.strip_prefix("attributes.").unwrap_or(attribute);
            if !cell.is_empty() {
                row.attributes.insert(key.to_owned(), cell.to_owned());
            }
            return;
        }
    };
    cell.clone_into(field);
}

/// The one of the usual marks that the first line has most of: spreadsheets in French write semicolons.
fn delimiter(start: &[u8]) -> u8 {
    let first = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let parts = |mark: u8| first.split(|byte| *byte == mark).count();
    // The last of equals is taken, and a file of one column has none.
    *b"\t;,"
        .iter()
        .max_by_key(|mark| parts(**mark))
        .unwrap_or(&b',')
}

fn columns(names: &ByteRecord) -> anyhow::Result<Vec<String>> {
    let mut columns: Vec<String> = Vec::new();
    for name in names {
        let name = str::from_utf8(name).context("the names of the columns are not UTF-8")?;
        let name = name.trim();
        let attribute = name.strip_prefix("attributes.");
        if !COLUMNS.contains(&name) && attribute.is_none_or(str::is_empty) {
            bail!(
                "there is no column {name:?}; known are {} and attributes.KEY",
                COLUMNS.join(", ")
            );
        }
        ensure!(
            !columns.iter().any(|known| known == name),
            "the column {name:?} is there twice"
        );
        columns.push(name.to_owned());
    }
    ensure!(
        columns.iter().any(|column| column == "username"),
        "there is no column username"
    );
    Ok(columns)
}

/// A file of which only so much may be read for one row: a quotation mark that is never closed would swallow it all.
struct Bounded<R> {
    file: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!(
                "a row is longer than {MAX_ROW} bytes: is a quotation mark never closed?"
            )));
        }
        let read = self.file.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &[u8]) -> anyhow::Result<Vec<Given>> {
        let mut rows = Rows::new(file)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(row);
        }
        Ok(all)
    }

    #[test]
    fn cells_go_where_their_columns_say() {
        for mark in [",", ";", "\t"] {
            let file = "username|display_name|attributes.class\r\nlea|\"Dupont, \"\"L\"\"; \"|6\r\nleo|=1+1|\r\n";
            let rows = rows(file.replace('|', mark).as_bytes()).expect("a good file");

            let (line, first) = &rows[0];
            let first = first.as_ref().expect("a good row");
            assert_eq!((*line, first.username.as_str()), (2, "lea"));
            assert_eq!(first.display_name, "Dupont, \"L\"; ");
            assert_eq!(first.attributes["class"], "6");
            let second = rows[1].1.as_ref().expect("a good row");
            assert_eq!(
                (second.display_name.as_str(), second.attributes.len()),
                ("=1+1", 0)
            );
        }
    }

    #[test]
    fn a_bad_row_is_refused_and_the_next_one_read() {
        let read = rows(b"username,email\nlea\nl\xe9o,a@b.be\nlou,c@d.be\n").expect("a file");

        let reasons: Vec<_> = read
            .iter()
            .map(|(line, row)| (*line, row.as_ref().map_err(|fault| fault.reason).err()))
            .collect();
        let expected = [
            (2, Some("MALFORMED")),
            (3, Some("INVALID_ENCODING")),
            (4, None),
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn files_that_can_only_be_misread_are_refused_whole() {
        let swallowing = [b"username\n\"".to_vec(), vec![b'a'; 3 * 1024 * 1024]].concat();
        for (file, said) in [
            (b"username,username\n".to_vec(), "twice"),
            (b"username,shoe\n".to_vec(), "no column \"shoe\""),
            (b"email\n".to_vec(), "no column username"),
            (b"username,attributes.\n".to_vec(), "no column"),
            (swallowing, "behind line 2"),
        ] {
            let error = rows(&file).expect_err("a refusal");
            assert!(format!("{error:#}").contains(said), "{error:#}");
        }
    }
}
