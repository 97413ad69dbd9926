//! The master key's file in the data directory: 64 hexadecimal digits that only the owner may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::key::{KEY_LEN, Key};

/// Whether there is one.
pub(super) fn exists(data_dir: &Path) -> bool {
    path(data_dir).exists()
}

/// Reads the file, after making it if there is none.
pub(super) fn load_or_create(data_dir: &Path) -> anyhow::Result<Key> {
    let path = path(data_dir);
    let shown = path.display();

    if !path
        .try_exists()
        .with_context(|| format!("cannot look for {shown}"))?
    {
        create(data_dir, &path).with_context(|| format!("cannot make the master key {shown}"))?;
    }
    read(&path)
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("master.key")
}

/// Makes the file whole or not at all. When several processes start together one of them wins and all read its key.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)?;

    let mut random = [0; 8];
    rand::fill(&mut random).map_err(io::Error::other)?;
    let draft = data_dir.join(format!(".master.key.{}", hex::encode(random)));

    // Unlike a rename, a link never replaces a key that another process has made meanwhile.
    let linked = write_draft(&draft).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    removed?;

    // The name must outlive a power cut as the content does: without the key the database is lost.
    File::open(data_dir)?.sync_all()
}

fn write_draft(path: &Path) -> io::Result<()> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    rand::fill(key.as_mut_slice()).map_err(io::Error::other)?;
    let digits = Zeroizing::new(hex::encode(key.as_slice()));

    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", *digits)?;
    file.sync_all()
}

fn read(path: &Path) -> anyhow::Result<Key> {
    let shown = path.display();
    let mode = fs::metadata(path)
        .with_context(|| format!("cannot read {shown}"))?
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        bail!("{shown} may be read by other users (mode {mode:04o}); run `chmod 600 {shown}`");
    }

    let content = fs::read_to_string(path).map(Zeroizing::new);
    let content = content.with_context(|| format!("cannot read {shown}"))?;
    Key::from_hex(content.trim_end()).with_context(|| shown.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn key_is_made_once_and_only_the_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("new/data");

        let made = load_or_create(&data_dir).unwrap();
        let read = load_or_create(&data_dir).unwrap();

        assert_eq!(made.id(), read.id());
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&data_dir), 0o700);
        assert_eq!(mode(&data_dir.join("master.key")), 0o600);
        assert_eq!(
            fs::read_dir(&data_dir).unwrap().count(),
            1,
            "a draft was left behind"
        );
    }

    #[test]
    fn processes_that_start_together_agree_on_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let load = || load_or_create(directory.path()).unwrap().id();

        let ids: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            starts
                .into_iter()
                .map(|start| start.join().unwrap())
                .collect()
        });

        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn key_file_must_be_private_and_hold_a_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let digits = "0f".repeat(KEY_LEN);

        for (content, mode, error) in [
            (
                digits.as_str(),
                0o640,
                Some("may be read by other users (mode 0640)"),
            ),
            (
                digits.as_str(),
                0o604,
                Some("may be read by other users (mode 0604)"),
            ),
            ("0f0f", 0o600, Some("is not 64 hexadecimal digits")),
            ("", 0o600, Some("is not 64 hexadecimal digits")),
            (digits.as_str(), 0o600, None),
            (digits.as_str(), 0o400, None),
        ] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = load_or_create(directory.path())
                .err()
                .map(|error| format!("{error:#}"));
            fs::remove_file(&path).unwrap();

            assert_eq!(told.is_some(), error.is_some(), "{told:?}");
            assert!(
                told.unwrap_or_default().contains(error.unwrap_or_default()),
                "{mode:o}"
            );
        }
    }
}
