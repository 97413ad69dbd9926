//! The table that a run ends with.

/// What became of one fault.
pub(crate) struct Row {
    fault: String,
    seen: String,
    promise: &'static str,
    broken: Vec<String>,
}

impl Row {
    /// `broken` says how the promise was broken, if it was.
    pub(crate) fn new(
        fault: impl Into<String>,
        seen: impl Into<String>,
        promise: &'static str,
        broken: Vec<String>,
    ) -> Self {
        Self {
            fault: fault.into(),
            seen: seen.into(),
            promise,
            broken,
        }
    }

    /// A fault that could not be brought about to its end.
    pub(crate) fn failed(name: &str) -> Self {
        let broken = vec!["it panicked: see above".to_owned()];
        Self::new(name, "", "the run comes to its end", broken)
    }
}

/// Rows in the order in which they came.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Whether no promise was broken.
    pub(crate) fn is_kept(&self) -> bool {
        self.rows.iter().all(|row| row.broken.is_empty())
    }

    /// Writes a Markdown table, and below it how promises were broken.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub(crate) fn print(&self) {
        println!("\n| Fault | Seen | Promise | Kept |");
        println!("|---|---|---|---|");
        for row in &self.rows {
            let kept = if row.broken.is_empty() {
                "yes"
            } else {
                "**no**"
            };
            println!(
                "| {} | {} | {} | {kept} |",
                row.fault, row.seen, row.promise
            );
        }
        for row in &self.rows {
            for broken in &row.broken {
                println!("\n{}: {broken}", row.fault);
            }
        }
        println!();
    }
}
