//! Everything that a server has written but its mails: log, files and database, to be searched for secrets.

use std::fs;
use std::path::Path;

use memchr::memmem;

use crate::people::{GOOD_PASSWORD, OTHER_PASSWORD};
use crate::{Postgres, Server};

/// What was written, and where.
pub struct Written(Vec<(String, Vec<u8>)>);

impl Written {
    /// All of a server's, as it is now.
    pub fn by(server: &Server, postgres: Option<&Postgres>) -> Self {
        let mut written = vec![("the log".to_owned(), server.log().into_bytes())];
        // A server that refused its settings has made none.
        if server.data_dir().exists() {
            collect(&server.data_dir(), &mut written);
        }
        written.extend(postgres.map(|postgres| ("the database".to_owned(), postgres.dump())));
        Self(written)
    }

    /// Where a text stands, if it does anywhere.
    pub fn place_of(&self, text: &str) -> Option<&str> {
        let finder = memmem::Finder::new(text);
        let found = self
            .0
            .iter()
            .find(|(_, content)| finder.find(content).is_some());
        found.map(|(place, _)| place.as_str())
    }

    /// Fails if any of the secrets that a test has used stands anywhere.
    pub fn assert_without(&self, secrets: &[String]) {
        let passwords = [GOOD_PASSWORD, OTHER_PASSWORD];
        for secret in passwords
            .into_iter()
            .chain(secrets.iter().map(String::as_str))
        {
            let place = self.place_of(secret);
            assert_eq!(place, None, "a secret was written: {secret}");
        }
    }
}

/// Every file but the mails, the database's write-ahead log included.
fn collect(dir: &Path, written: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("a readable directory").path();
        if path.ends_with("mail") {
            continue;
        }
        if path.is_dir() {
            collect(&path, written);
        } else {
            let content = fs::read(&path).expect("a readable file");
            written.push((path.display().to_string(), content));
        }
    }
}
