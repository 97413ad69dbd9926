//! Messages as files, for trying the product out and for its tests.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Accepted, SendError, one_line};
use crate::mail::message::Message;

/// Writes each message whole: a reader of the directory never sees half a mail.
#[derive(Debug)]
pub struct FileTransport {
    dir: PathBuf,
}

impl FileTransport {
    /// Opens the directory `path`, `mail` in `data_dir` if empty; makes it where it is missing,
    /// for this user alone, since mails hold links that open accounts.
    pub(super) fn open(path: &str, data_dir: &Path) -> anyhow::Result<Self> {
        let path = match path.strip_prefix("//").unwrap_or(path) {
            "" => "mail",
            path => path,
        };
        let dir = data_dir.join(path);
        make_dir(&dir)
            .with_context(|| format!("can't make the mail directory {}", dir.display()))?;

        Ok(Self { dir })
    }

    pub(super) async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let name = file_name(message);
        let path = self.dir.join(&name);
        let raw = message.raw.clone();

        // A write that goes on after its time is harmless: it ends as the same, whole file.
        let writing = tokio::task::spawn_blocking(move || write_whole(&path, &raw));
        match tokio::time::timeout(super::SEND_LIMIT, writing).await {
            Ok(Ok(Ok(()))) => Ok(Accepted { answer: name }),
            Ok(Ok(Err(error))) => Err(SendError::deferred(error)),
            Ok(Err(error)) => Err(SendError::deferred(error)),
            Err(_) => Err(SendError::deferred("writing the file took too long")),
        }
    }

    pub(super) async fn probe(&self) -> Result<(), String> {
        let path = self.dir.join(".probe");
        let writing = tokio::task::spawn_blocking(move || {
            write_whole(&path, b"")?;
            fs::remove_file(&path)
        });

        match writing.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(one_line(format!("{}: {error}", self.dir.display()))),
            Err(error) => Err(one_line(error)),
        }
    }
}

/// Names the file by its time and its `Message-ID`: listings are in order, and a second try
/// replaces the first.
fn file_name(message: &Message) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = OffsetDateTime::from(message.date)
        .format(format)
        .expect("every component is part of a date and time");
    let id: String = message
        .id
        .chars()
        .take_while(|&c| c != '@')
        .filter(|&c| c.is_ascii_alphanumeric() || c == '-')
        .take(64)
        .collect();

    format!("{time}-{id}.eml")
}

fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Writes under another name, waits until the disk has it, then gives it its name.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = path.parent().expect("a file in the mail directory");
    let name = path.file_name().expect("a file in the mail directory");
    make_dir(dir)?;

    // The process id keeps two servers on one directory apart. A leftover of a crash is replaced.
    let temporary = dir.join(format!(".{}.{}.tmp", name.display(), std::process::id()));
    if let Err(error) = write_synced(&temporary, content) {
        // What a full disk left of it would hold links for nobody to clean up.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    fs::rename(&temporary, path)?;

    File::open(dir)?.sync_all()
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::mail::message::fixture;
    use crate::mail::transport::{SEND_LIMIT, Transport};

    #[tokio::test]
    async fn a_mail_is_one_whole_private_file_with_its_link_in_one_piece() {
        let data_dir = tempfile::tempdir().unwrap();
        let transport = Transport::from_url("file:", data_dir.path()).unwrap();

        let message = fixture::message(transport.encoding());
        let accepted = transport.send(&message, SEND_LIMIT).await.unwrap();
        transport.send(&message, SEND_LIMIT).await.unwrap();

        let dir = data_dir.path().join("mail");
        let names: Vec<_> = dir
            .read_dir()
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, ["20261124T140500Z-019ab-1.eml"]);
        assert_eq!(accepted.answer, "20261124T140500Z-019ab-1.eml");
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);

        let file = dir.join(&names[0]);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let raw = std::fs::read_to_string(file).unwrap();
        assert!(raw.lines().any(|line| line == fixture::LINK), "{raw}");
    }

    #[tokio::test]
    async fn a_directory_that_vanished_is_made_again() {
        let data_dir = tempfile::tempdir().unwrap();
        let transport = Transport::from_url("file:", data_dir.path()).unwrap();
        std::fs::remove_dir(data_dir.path().join("mail")).unwrap();

        assert_eq!(transport.probe().await, Ok(()));
        assert!(
            data_dir
                .path()
                .join("mail")
                .read_dir()
                .unwrap()
                .next()
                .is_none()
        );
    }

    #[test]
    fn another_directory_can_be_named() {
        let data_dir = tempfile::tempdir().unwrap();
        let absolute = data_dir.path().join("absolute");
        for url in [
            "file:relative",
            &format!("file:{}", absolute.display()),
            &format!("file://{}", absolute.display()),
        ] {
            Transport::from_url(url, data_dir.path()).unwrap();
        }

        assert!(data_dir.path().join("relative").is_dir());
        assert!(absolute.is_dir());
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_made_is_told() {
        let data_dir = tempfile::tempdir().unwrap();
        std::fs::write(data_dir.path().join("mail"), "a file").unwrap();

        let error = Transport::from_url("file:", data_dir.path()).unwrap_err();
        assert!(format!("{error:#}").contains("mail directory"));
    }
}
