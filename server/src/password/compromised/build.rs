//! Makes the file of compromised passwords: hashes, sorts in pieces that fit into memory, and merges the pieces.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use unicode_normalization::UnicodeNormalization as _;

use super::{Entry, HEAD, entry};

/// Entries that are sorted at once: 64 MiB.
const PIECE: usize = 8 * 1024 * 1024;

/// Longer lines are no passwords.
const MAX_LINE: usize = 64 * 1024;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Passwords in the list.
    pub entries: u64,
    /// Lines that were read, empty ones and repetitions too.
    pub lines: u64,
}

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A password each, in UTF-8.
    Passwords,
    /// SHA-1 in hexadecimal each, perhaps with a colon and a count, as Have I Been Pwned publishes them.
    Hashes,
}

/// Where pieces are kept, and how long each is.
struct Room<'a> {
    folder: &'a Path,
    piece: usize,
}

/// Makes the list `target` of the file `source`; the first line tells which form it has.
///
/// # Errors
/// A line that can't be read, by its number; then there is no `target`, or the one that was there before.
pub fn build(source: &Path, target: &Path) -> anyhow::Result<Built> {
    build_with(source, target, PIECE)
}

pub(super) fn build_with(source: &Path, target: &Path, piece: usize) -> anyhow::Result<Built> {
    let file = File::open(source).with_context(|| format!("can't read {}", source.display()))?;
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let room = Room {
        // Beside the target: there must be room for that as well.
        folder: folder.unwrap_or(Path::new(".")),
        piece,
    };
    let (pieces, lines) = sort_pieces(BufReader::new(file), &room)?;
    let mut name = target.as_os_str().to_owned();
    name.push(".new");
    let written = write(Path::new(&name), pieces);
    let written = written.and_then(|entries| {
        fs::rename(&name, target)?;
        Ok(Built { entries, lines })
    });
    if written.is_err() {
        // Best effort: what matters is told already.
        let _ = fs::remove_file(&name);
    }
    written.with_context(|| format!("can't write {}", target.display()))
}

/// Reads the lines into files of their own, each sorted; the files go when they are closed.
fn sort_pieces(mut source: impl BufRead, room: &Room<'_>) -> anyhow::Result<(Vec<File>, u64)> {
    let mut pieces = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut form = None;
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = (&mut source)
            .take(MAX_LINE as u64 + 2)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            continue;
        }
        let form = *form.get_or_insert_with(|| match hash(text) {
            Some(_) => Form::Hashes,
            None => Form::Passwords,
        });
        let entry = match form {
            Form::Hashes => hash(text),
            Form::Passwords => std::str::from_utf8(text)
                .ok()
                .filter(|text| text.len() <= MAX_LINE)
                .map(|text| entry(&text.nfc().collect::<String>())),
        };
        match entry {
            Some(entry) => entries.push(entry),
            None => bail!("line {number} can't be read"),
        }
        if entries.len() >= room.piece {
            pieces.push(spill(&mut entries, room)?);
        }
    }
    pieces.push(spill(&mut entries, room)?);
    Ok((pieces, number))
}

fn hash(line: &[u8]) -> Option<Entry> {
    let (digits, rest) = line.split_at_checked(40)?;
    let has_count = rest
        .strip_prefix(b":")
        .is_some_and(|count| !count.is_empty() && count.iter().all(u8::is_ascii_digit));
    if !rest.is_empty() && !has_count {
        return None;
    }
    let bytes = hex::decode(digits).ok()?;
    bytes[..8].try_into().ok()
}

fn spill(entries: &mut Vec<Entry>, room: &Room<'_>) -> anyhow::Result<File> {
    entries.sort_unstable();
    entries.dedup();
    let mut file = tempfile::tempfile_in(room.folder)?;
    let mut writer = BufWriter::new(&mut file);
    for entry in entries.drain(..) {
        writer.write_all(&entry)?;
    }
    writer.flush()?;
    drop(writer);
    file.rewind()?;
    Ok(file)
}

fn write(path: &Path, pieces: Vec<File>) -> anyhow::Result<u64> {
    let mut target = BufWriter::new(File::create(path)?);
    target.write_all(HEAD)?;
    let mut pieces: Vec<BufReader<File>> = pieces.into_iter().map(BufReader::new).collect();
    let mut heads = BinaryHeap::new();
    for (number, piece) in pieces.iter_mut().enumerate() {
        heads.extend(next(piece)?.map(|entry| Reverse((entry, number))));
    }
    let mut last = None;
    let mut entries = 0;
    while let Some(Reverse((entry, number))) = heads.pop() {
        if last != Some(entry) {
            target.write_all(&entry)?;
            entries += 1;
            last = Some(entry);
        }
        heads.extend(next(&mut pieces[number])?.map(|entry| Reverse((entry, number))));
    }
    let file = target
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(entries)
}

fn next(piece: &mut BufReader<File>) -> anyhow::Result<Option<Entry>> {
    if piece.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut entry: Entry = [0; 8];
    piece.read_exact(&mut entry)?;
    Ok(Some(entry))
}
