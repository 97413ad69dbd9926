//! Everything that a server has written but its mails: log, files and database, to be searched for secrets.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use aho_corasick::AhoCorasick;
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

    /// Fails if any of the secrets that a test has used stands anywhere. All are looked for at once: after an hour of work
    /// there are many, and much to look through.
    pub fn assert_without(&self, secrets: &[String]) {
        let secrets = secrets.iter().map(String::as_str);
        let secrets: Vec<&str> = secrets.chain([GOOD_PASSWORD, OTHER_PASSWORD]).collect();
        let any = AhoCorasick::new(&secrets).expect("fewer secrets than it can look for");
        for (place, content) in &self.0 {
            if let Some(found) = any.find(content) {
                panic!(
                    "a secret was written to {place}: {}",
                    secrets[found.pattern()]
                );
            }
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
            match fs::read(&path) {
                Ok(content) => written.push((path.display().to_string(), content)),
                // A database that is being closed takes its log along.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Written {
        let place = |name: &str, content: &[u8]| (name.to_owned(), content.to_vec());
        Written(vec![
            place("the log", b"call RequestReset Ok"),
            place("a file", b"\xff\x00abcd-efgh\x00"),
        ])
    }

    #[test]
    fn what_was_not_written_is_not_found() {
        written().assert_without(&["abcd-efgi".to_owned(), "bcde".to_owned()]);
    }

    #[test]
    #[should_panic(expected = "a secret was written to a file: cd-ef")]
    fn one_secret_among_others_is_found_amid_bytes() {
        written().assert_without(&["nowhere".to_owned(), "cd-ef".to_owned()]);
    }

    #[test]
    #[should_panic(expected = "a secret was written to a file: Babou45+")]
    fn the_passwords_that_tests_use_are_looked_for_always() {
        Written(vec![("a file".to_owned(), b"Babou45+".to_vec())]).assert_without(&[]);
    }
}
