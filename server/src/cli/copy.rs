//! `guichet copy`: carries everything from one database into another.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
};

use clap::{CommandFactory as _, error::ErrorKind};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::{
    config::{Config, DatabaseUrl, Storage},
    master_key::MasterKey,
    store::copy::{self, Copied, KeyFit, Progress},
};

const BAR: &str = "{msg:24} {wide_bar} {percent:>3} % {rate} {eta:>4} left";

/// What `copy` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Database to read, as `GUICHET_DATABASE_URL` would name it, which is also meant where this is left out.
    #[arg(long, value_name = "URL", value_parser = secret, required_unless_present = "to")]
    from: Option<SecretString>,
    /// Database to fill, likewise. It is made where there is none, and must be empty.
    #[arg(long, value_name = "URL", value_parser = secret)]
    to: Option<SecretString>,
    /// Tells what was copied as JSON.
    #[arg(long)]
    json: bool,
}

/// A URL may hold a password, which would be shown if it were parsed here and wrong.
#[expect(clippy::unnecessary_wraps, reason = "the form of clap's parsers")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.into())
}

/// Copies, and says what and how much.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command's answer"
)]
pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let from = database("--from", arguments.from, &config.storage);
    let to = database("--to", arguments.to, &config.storage);
    for (option, url) in [("--from", &from), ("--to", &to)] {
        if let Some(warning) = url.warning() {
            eprintln!("warning: {option} {warning}");
        }
    }

    let key = MasterKey::find(&config.storage)?;
    let display = Display::new();
    let copied = copy::copy(&from, &to, |progress| display.show(progress)).await;
    display.bar.finish_and_clear();
    let copied = copied?;
    let fit = match key {
        Some(key) => Some(copy::fit(&to, &key).await?),
        None => None,
    };

    if arguments.json {
        println!("{}", as_json(&from, &to, &copied, fit));
    } else {
        println!("{}", as_text(&from, &to, &copied, fit));
    }
    Ok(())
}

/// The database that an option names, else the configured one. Ends the process on a wrong one, as other wrong usage does.
fn database(option: &str, url: Option<SecretString>, storage: &Storage) -> DatabaseUrl {
    let Some(url) = url else {
        return storage.database.clone();
    };
    DatabaseUrl::parse(url.expose_secret(), &storage.data_dir).unwrap_or_else(|problem| {
        let message = format!("the URL of {option} {problem}");
        super::Arguments::command()
            .error(ErrorKind::ValueValidation, message)
            .exit()
    })
}

fn as_json(from: &DatabaseUrl, to: &DatabaseUrl, copied: &[Copied], fit: Option<KeyFit>) -> String {
    let tables = copied
        .iter()
        .map(|table| json!({ "table": table.table, "rows": table.rows, "sha256": table.digest }));
    let answer = json!({
        "from": from.shown(),
        "to": to.shown(),
        "tables": tables.collect::<Vec<_>>(),
        "rows": rows(copied),
        "master_key": match fit {
            Some(KeyFit::Fits) => "FITS",
            Some(KeyFit::Foreign) => "FOREIGN",
            None => "NOT_AT_HAND",
        },
    });
    answer.to_string()
}

fn as_text(from: &DatabaseUrl, to: &DatabaseUrl, copied: &[Copied], fit: Option<KeyFit>) -> String {
    let row = |name: &str, rows: &str, digest: &str| format!("{name:16} {rows:>12}  {digest}");
    let mut lines = vec![row("table", "rows", "SHA-256, the same on both sides")];
    lines.extend(
        copied
            .iter()
            .map(|copied| row(&copied.table, &copied.rows.to_string(), &copied.digest)),
    );
    lines.push(format!(
        "{} rows were copied from {} to {}.",
        rows(copied),
        from.shown(),
        to.shown()
    ));
    let about_the_key = match fit {
        Some(KeyFit::Fits) => {
            "Servers on the copy need the master key of those on the original; the one at hand opens its signing keys."
        }
        Some(KeyFit::Foreign) => {
            "WARNING: the master key at hand does not open the signing keys. Servers on the copy need the master key of \
             those on the original."
        }
        None => {
            "The master key is not in a database: give servers on the copy the one of those on the original \
             (GUICHET_MASTER_KEY, or master.key in the data directory)."
        }
    };
    lines.push(about_the_key.to_owned());
    lines.join("\n")
}

fn rows(copied: &[Copied]) -> u64 {
    copied.iter().map(|table| table.rows).sum()
}

/// A bar where a person looks on, else a line for each table.
struct Display {
    bar: ProgressBar,
    is_watched: bool,
}

impl Display {
    fn new() -> Self {
        let style = ProgressStyle::with_template(BAR).expect("a template of indicatif's");
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // What can't be drawn is drawn the next time.
            let _ = write!(out, "{:>8.0} rows/s", state.per_sec());
        });
        // It draws nothing where stderr is no terminal.
        Self {
            bar: ProgressBar::no_length().with_style(style),
            is_watched: stderr().is_terminal(),
        }
    }

    #[expect(clippy::print_stderr, reason = "stdout is for the answer")]
    fn show(&self, progress: Progress<'_>) {
        match progress {
            // Each row is read twice: there, and here when it is written.
            Progress::Begun(rows) => self.bar.set_length(rows * 2),
            Progress::Copied(table, rows) => {
                self.bar.set_message(format!("copying {table}"));
                self.bar.inc(rows);
            }
            Progress::ReadBack(table, rows) => {
                self.bar.set_message(format!("checking {table}"));
                self.bar.inc(rows);
            }
            Progress::Done(table, rows) if !self.is_watched => {
                eprintln!("{table}: {rows} rows copied");
            }
            Progress::Same(table) if !self.is_watched => {
                eprintln!("{}: the same on both sides", table.table);
            }
            Progress::Done(..) | Progress::Same(_) => {}
        }
    }
}
