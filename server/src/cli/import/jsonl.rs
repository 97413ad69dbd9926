//! An import file of JSON lines.

use std::{
    collections::HashMap,
    io::{self, BufRead, Read as _},
};

use guichet_proto::v1::ImportRow;
use serde::Deserialize;

use crate::{
    error::Violation,
    import::{MAX_ROW, job::Given},
};

/// The contract's import row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    username: Option<String>,
    email: Option<String>,
    display_name: Option<String>,
    external_id: Option<String>,
    institution_external_id: Option<String>,
    locale: Option<String>,
    password_hash: Option<String>,
    attributes: Option<HashMap<String, String>>,
}

/// The rows of a file; each has the number of its line.
pub(crate) struct Rows<R> {
    reader: R,
    number: i64,
}

impl<R: BufRead> Rows<R> {
    pub(crate) const fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// The next row; none at the end. Empty lines are passed over.
    pub(crate) fn next(&mut self) -> io::Result<Option<Given>> {
        loop {
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some((self.number, read(&line))));
        }
    }

    /// One line; of one that is too long only as much as shows that it is.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let most = u64::try_from(MAX_ROW).unwrap_or(u64::MAX) + 2;
        if self
            .reader
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(None);
        }
        self.number += 1;
        if line.len() > MAX_ROW && line.last() != Some(&b'\n') {
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some(line))
    }
}

fn read(line: &[u8]) -> Result<ImportRow, Violation> {
    let fault = |reason| Err(Violation::new("", reason));
    if line.len() > MAX_ROW + 1 {
        return Err(Violation::with_limit("", "TOO_LONG", MAX_ROW));
    }
    let Ok(text) = str::from_utf8(line) else {
        return fault("INVALID_ENCODING");
    };
    let Line {
        username,
        email,
        display_name,
        external_id,
        institution_external_id,
        locale,
        password_hash,
        attributes,
    } = match serde_json::from_str(text) {
        Ok(line) => line,
        Err(error) if error.is_data() => return fault("MALFORMED"),
        Err(_) => return fault("INVALID_JSON"),
    };
    Ok(ImportRow {
        number: 0,
        username: username.unwrap_or_default(),
        email: email.unwrap_or_default(),
        display_name: display_name.unwrap_or_default(),
        external_id: external_id.unwrap_or_default(),
        institution_external_id: institution_external_id.unwrap_or_default(),
        locale: locale.unwrap_or_default(),
        password_hash: password_hash.unwrap_or_default(),
        attributes: attributes.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(file: &[u8]) -> Vec<(i64, Result<String, &'static str>)> {
        let mut rows = Rows::new(file);
        std::iter::from_fn(|| rows.next().expect("bytes in memory"))
            .map(|(number, row)| {
                (
                    number,
                    row.map(|row| row.username).map_err(|fault| fault.reason),
                )
            })
            .collect()
    }

    #[test]
    fn each_line_is_judged_for_itself() {
        let mut file = b"{\"username\":\"a\"}\n\n{\"username\":\"b\",\"email\":null}\r\n".to_vec();
        file.extend_from_slice(b"{\"username\":\"\xe9\"}\n{\"username\":\n[]\n{\"user\":\"c\"}\n");
        file.extend_from_slice(b"{\"username\":\"a\",\"username\":\"b\"}\n{\"username\":7}\n");
        file.extend_from_slice(&vec![b'x'; 3 * MAX_ROW]);
        file.extend_from_slice(b"\n{\"username\":\"last\"}");

        let expected = [
            (1, Ok("a".to_owned())),
            (3, Ok("b".to_owned())),
            (4, Err("INVALID_ENCODING")),
            (5, Err("INVALID_JSON")),
            (6, Err("MALFORMED")),
            (7, Err("MALFORMED")),
            (8, Err("MALFORMED")),
            (9, Err("MALFORMED")),
            (10, Err("TOO_LONG")),
            (11, Ok("last".to_owned())),
        ];
        assert_eq!(all(&file), expected);
    }
}
