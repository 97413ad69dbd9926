//! Passwords that thieves have published, in a file that `guichet passwords build` makes.
//!
//! The file is a sorted list of the first 8 bytes of each password's SHA-1, in which a look-up reads some twenty places: it
//! needs no memory, and works offline. That another password begins alike happens once in 2⁶⁴ divided by the list's
//! length: for a thousand million entries, one refusal in eighteen thousand million is wrong.

mod build;
mod range;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::Context as _;
use aws_lc_rs::digest;

pub use build::{Built, build};
pub use range::{Answer, Range};

use super::Password;

/// How the file begins; behind it stand the entries, ascending, big-endian.
const HEAD: &[u8; 16] = b"guichet-sha1-1\n\0";

const ENTRY: u64 = 8;

/// The beginning of a password's SHA-1.
type Entry = [u8; 8];

/// A list, open.
#[derive(Debug)]
pub struct Compromised {
    file: File,
    entries: u64,
}

impl Compromised {
    /// Opens a list.
    ///
    /// # Errors
    /// When the file can't be read, or is none that `build` wrote to its end.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let not_ours = || format!("{} is no list of `guichet passwords build`", path.display());
        let mut file =
            File::open(path).with_context(|| format!("can't read {}", path.display()))?;
        let mut head = [0; HEAD.len()];
        file.read_exact(&mut head).with_context(not_ours)?;
        let bytes = file.metadata()?.len().saturating_sub(HEAD.len() as u64);
        anyhow::ensure!(head == *HEAD && bytes.is_multiple_of(ENTRY), not_ours());
        Ok(Self {
            file,
            entries: bytes / ENTRY,
        })
    }

    /// How many passwords it has.
    pub const fn len(&self) -> u64 {
        self.entries
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Whether a password is in it. A list that can't be read any more holds nothing: people must be able to go on.
    pub(super) fn holds(&self, password: &Password) -> bool {
        let wanted = entry(password.normalised());
        self.find(wanted).unwrap_or_else(|cause| {
            tracing::warn!("the list of compromised passwords can't be read: {cause}");
            false
        })
    }

    fn find(&self, wanted: Entry) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut found: Entry = [0; 8];
            let place = HEAD.len() as u64 + middle * ENTRY;
            self.file.read_exact_at(&mut found, place)?;
            match found.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

fn entry(normalised: &str) -> Entry {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, normalised.as_bytes());
    let mut entry: Entry = [0; 8];
    entry.copy_from_slice(&hash.as_ref()[..8]);
    entry
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn built(text: &[u8]) -> (tempfile::TempDir, anyhow::Result<Built>) {
        let dir = tempfile::tempdir().unwrap();
        let (source, target) = (dir.path().join("in"), dir.path().join("out"));
        fs::write(&source, text).unwrap();
        // Two entries in memory: there is something to merge.
        let built = build::build_with(&source, &target, 2);
        (dir, built)
    }

    fn list(text: &[u8]) -> Compromised {
        let (dir, built) = built(text);
        built.unwrap();
        Compromised::open(&dir.path().join("out")).unwrap()
    }

    fn holds(list: &Compromised, password: &str) -> bool {
        list.holds(&Password::typed(password))
    }

    #[test]
    fn what_was_published_is_found_and_nothing_else() {
        let list = list("Babou45+\r\ne\u{301}t\u{e9}\n\nBabou45+\n  blanks  \nlast".as_bytes());

        assert_eq!(list.len(), 4);
        for password in ["Babou45+", "été", "e\u{301}te\u{301}", "  blanks  ", "last"] {
            assert!(holds(&list, password), "{password}");
        }
        for password in ["babou45+", "Babou45", "blanks", "x"] {
            assert!(!holds(&list, password), "{password}");
        }
    }

    #[test]
    fn a_file_of_hashes_is_read_as_hashes() {
        // SHA-1 of "password", as the published lists have it.
        let list = list(b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\n5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\n");

        assert_eq!(list.len(), 1);
        assert!(holds(&list, "password"));
        let mixed = b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\npassword\n";
        assert!(built(mixed).1.unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn what_is_no_list_is_refused_and_none_is_half_written() {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("short", b"guichet".to_vec()),
            ("other", vec![0; 40]),
            ("cut", [HEAD.as_slice(), &[0; 9]].concat()),
        ] {
            fs::write(dir.path().join(name), content).unwrap();
            assert!(Compromised::open(&dir.path().join(name)).is_err(), "{name}");
        }
        assert!(Compromised::open(&dir.path().join("absent")).is_err());

        let (dir, refused) = built(b"ok\n\xff\xfe\n");
        assert!(refused.unwrap_err().to_string().contains("line 2"));
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn an_empty_list_holds_nothing() {
        assert!(list(b"").is_empty());
        assert!(!holds(&list(b"\n\n"), "x"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_line_is_found(lines in proptest::collection::btree_set("[a-z0-9é ]{1,12}", 0..60)) {
            let text = lines.iter().cloned().collect::<Vec<_>>().join("\n");
            let list = list(text.as_bytes());
            let distinct: BTreeSet<Entry> = lines.iter().map(|line| entry(line)).collect();

            prop_assert_eq!(list.len(), distinct.len() as u64);
            for line in &lines {
                prop_assert!(holds(&list, line));
            }
        }
    }
}
