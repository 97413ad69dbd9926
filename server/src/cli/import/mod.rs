//! `guichet import`: people from a file, row by row, and back again.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use guichet_proto::v1::{
    AccountState, Import, ImportBegin, ImportOutcome, ImportState, ListImportsRequest,
    UndoImportRequest,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::{
    app::App,
    call::Call,
    config::Config,
    import::{
        get,
        job::{Given, Job},
        undo,
    },
    secret,
};

pub(crate) mod csv;
pub(crate) mod jsonl;

/// Rows that are written together.
const ROWS: usize = 200;

const BAR: &str = "{wide_bar} {percent:>3} % {msg} {eta:>4} left";

/// What `import` is told.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the command's options"
)]
pub(super) struct Arguments {
    /// The file, `.jsonl` or `.csv`, in UTF-8.
    #[arg(required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// Judges every row and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Goes on with an import of the same file that was cut off, if there is one.
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    /// Names the system that the rows come from: a row is known again by it and its external id.
    #[arg(long, default_value = "import")]
    source: String,
    /// Id of the institution of rows that name none.
    #[arg(long, value_name = "ID", default_value = "")]
    institution_id: String,
    /// What accounts without a password hash begin as.
    #[arg(long, value_enum, default_value_t = Begin::Legacy)]
    state: Begin,
    /// Accepts addresses that an account of another institution has.
    #[arg(long)]
    accept_emails_elsewhere: bool,
    /// Takes an import back instead, as long as nobody has touched its accounts.
    #[arg(long, value_name = "IMPORT_ID", conflicts_with_all = ["file", "dry_run", "resume"])]
    undo: Option<String>,
    /// Takes back what can be, and keeps accounts that were touched.
    #[arg(long, requires = "undo")]
    keep_changed: bool,
    /// Tells refused rows and the outcome as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Begin {
    /// To be migrated by their institution.
    Legacy,
    /// Migrated: they wait for a password.
    Pending,
}

/// Imports, or takes an import back, and says what became of the rows.
pub(super) async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let app = App::open(config).await?;
    let call = super::call(&app);
    if let Some(import_id) = &arguments.undo {
        let import = undone(&call, import_id, arguments.keep_changed).await?;
        tell(&import, &arguments);
        return Ok(());
    }
    let path = arguments.file.as_deref().context("no file")?;
    let import = import(&call, path, &arguments).await?;
    tell(&import, &arguments);
    if import.refused_count > 0 {
        let rows = import.created_count
            + import.updated_count
            + import.unchanged_count
            + import.refused_count;
        bail!("{} of {rows} rows were refused", import.refused_count);
    }
    Ok(())
}

async fn undone(call: &Call<'_>, import_id: &str, keep_changed: bool) -> anyhow::Result<Import> {
    loop {
        let request = UndoImportRequest {
            import_id: import_id.to_owned(),
            keep_changed,
        };
        let reply = call.carry_out(request, undo::undo_import).await;
        let reply = reply.map_err(|error| super::say(&error))?;
        let import = reply.import.unwrap_or_default();
        if import.state() == ImportState::Undone {
            return Ok(import);
        }
    }
}

async fn import(call: &Call<'_>, path: &Path, arguments: &Arguments) -> anyhow::Result<Import> {
    let opened = || File::open(path).with_context(|| format!("can't open {}", path.display()));
    let fingerprint = hex::encode(secret::digest_of(opened()?)?);
    let file = opened()?;
    let bar = ProgressBar::new(file.metadata()?.len());
    bar.set_style(ProgressStyle::with_template(BAR).expect("a template of indicatif's"));
    let mut rows = Rows::open(path, bar.wrap_read(file))?;

    let begin = begin(call, fingerprint, arguments).await?;
    let mut job = Job::begin(call, begin)
        .await
        .map_err(|error| super::say(&error))?;
    let done = job.shown().last_row_number;
    loop {
        let batch = rows
            .take(done)
            .with_context(|| path.display().to_string())?;
        if batch.is_empty() {
            break;
        }
        let outcomes = job.take(batch).await.map_err(|error| super::say(&error))?;
        for outcome in outcomes {
            tell_refused(&bar, &outcome, arguments.json);
        }
        let seconds = bar.elapsed().as_secs().max(1);
        let rows = u64::try_from(job.shown().last_row_number - done).unwrap_or_default();
        bar.set_message(format!("{} rows/s", rows / seconds));
    }
    bar.finish_and_clear();
    job.complete().await.map_err(|error| super::say(&error))
}

async fn begin(
    call: &Call<'_>,
    fingerprint: String,
    arguments: &Arguments,
) -> anyhow::Result<ImportBegin> {
    let import_id = if arguments.resume {
        open_import(call, &fingerprint, &arguments.source).await?
    } else {
        String::new()
    };
    Ok(ImportBegin {
        source: arguments.source.clone(),
        import_id,
        fingerprint,
        institution_id: arguments.institution_id.clone(),
        state: match arguments.state {
            Begin::Legacy => AccountState::Legacy,
            Begin::Pending => AccountState::Pending,
        }
        .into(),
        accept_emails_elsewhere: arguments.accept_emails_elsewhere,
        validate_only: arguments.dry_run,
    })
}

/// The newest import of the same file that has not ended; empty if there is none.
async fn open_import(call: &Call<'_>, fingerprint: &str, source: &str) -> anyhow::Result<String> {
    let request = ListImportsRequest {
        source: source.to_owned(),
        fingerprint: fingerprint.to_owned(),
        state: ImportState::Running.into(),
        ..ListImportsRequest::default()
    };
    let reply = get::list_imports(call, request).await;
    let imports = reply.map_err(|error| super::say(&error))?.imports;
    let newest = imports.into_iter().next();
    Ok(newest.map(|import| import.id).unwrap_or_default())
}

/// The rows of a file, in either form.
enum Rows<R> {
    Lines(jsonl::Rows<R>),
    Table(csv::Rows<R>),
}

impl Rows<Box<dyn BufRead>> {
    fn open(path: &Path, file: impl Read + 'static) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let mut file = BufReader::with_capacity(64 * 1024, file);
        skip_mark(&mut file)?;
        let file: Box<dyn BufRead> = Box::new(file);
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("jsonl" | "ndjson") => Ok(Self::Lines(jsonl::Rows::new(file))),
            Some("csv") => csv::Rows::new(file)
                .map(Self::Table)
                .with_context(|| path.display().to_string()),
            _ => bail!("{} is neither .jsonl nor .csv", path.display()),
        }
    }
}

impl<R: BufRead> Rows<R> {
    /// The next rows behind row `done`; none at the end.
    fn take(&mut self, done: i64) -> anyhow::Result<Vec<Given>> {
        let mut batch = Vec::with_capacity(ROWS);
        while batch.len() < ROWS {
            let next = match self {
                Self::Lines(rows) => rows.next()?,
                Self::Table(rows) => rows.next()?,
            };
            let Some(row) = next else { break };
            if row.0 > done {
                batch.push(row);
            }
        }
        Ok(batch)
    }
}

/// Passes over the mark that some programs begin UTF-8 with, and refuses UTF-16, in which nothing would be readable.
fn skip_mark(file: &mut impl BufRead) -> anyhow::Result<()> {
    let start = file.fill_buf()?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        bail!("the file is UTF-16: save it as UTF-8");
    }
    if start.starts_with("\u{feff}".as_bytes()) {
        file.consume('\u{feff}'.len_utf8());
    }
    Ok(())
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command's answer"
)]
fn tell_refused(bar: &ProgressBar, outcome: &ImportOutcome, json: bool) {
    for fault in &outcome.faults {
        let (number, column, reason) = (outcome.row_number, &fault.column, &fault.reason);
        bar.suspend(|| {
            if json {
                println!(
                    "{}",
                    json!({ "row": number, "column": column, "reason": reason })
                );
            } else {
                let told = if column.is_empty() { "row" } else { column };
                // The file names its attributes, and a terminal obeys what some characters tell it.
                let told = told.escape_debug();
                eprintln!("line {number}: {told}: {reason}: {}", fault.description);
            }
        });
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
fn tell(import: &Import, arguments: &Arguments) {
    if arguments.json {
        let answer = json!({
            "import_id": import.id,
            "dry_run": arguments.dry_run,
            "state": import.state().as_str_name(),
            "created": import.created_count,
            "updated": import.updated_count,
            "unchanged": import.unchanged_count,
            "refused": import.refused_count,
            "undone": import.undone_count,
            "kept": import.kept_count,
        });
        println!("{answer}");
        return;
    }
    if arguments.undo.is_some() {
        println!(
            "{} rows were taken back, {} accounts were kept.",
            import.undone_count, import.kept_count
        );
        return;
    }
    let counts = format!(
        "{} created, {} updated, {} unchanged, {} refused",
        import.created_count, import.updated_count, import.unchanged_count, import.refused_count
    );
    if arguments.dry_run {
        println!("dry run: {counts}; nothing was changed");
    } else {
        println!("import {}: {counts}", import.id);
    }
}
