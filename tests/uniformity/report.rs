//! The tables that a run ends with.

/// What was seen of one comparison.
#[derive(Debug)]
pub(crate) struct Row {
    kind: Kind,
    what: String,
    seen: String,
    broken: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing may differ.
    Exact,
    /// Times must be equivalent.
    Timed,
    /// A leak that must be found.
    Control,
}

impl Row {
    /// Of answers; `broken` says what differs.
    pub(crate) fn exact(what: impl Into<String>, seen: String, broken: Vec<String>) -> Self {
        Self::of(Kind::Exact, what, seen, broken)
    }

    /// Of times, with its figures as cells of a table.
    pub(crate) fn timed(what: impl Into<String>, cells: &[String], broken: Vec<String>) -> Self {
        Self::of(Kind::Timed, what, cells.join(" | "), broken)
    }

    /// Of a leak that is there on purpose; `broken` says that it was not found.
    pub(crate) fn control(what: impl Into<String>, seen: String, broken: Vec<String>) -> Self {
        Self::of(Kind::Control, what, seen, broken)
    }

    fn of(kind: Kind, what: impl Into<String>, seen: String, broken: Vec<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            seen,
            broken,
        }
    }

    pub(crate) const fn is_kept(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Writes Markdown tables, and below them what is wrong.
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn print(rows: &[Row]) {
    for (kind, head) in [
        (Kind::Exact, "| Asked | Seen | Alike |\n|---|---|---|"),
        (
            Kind::Timed,
            "| Asked | About | Pairs | Median | AUC, 99.9 % | Margin | Shift, 99.9 % | z, Holm | Quantiles | Alike |\n\
             |---|---|---:|---:|---|---:|---|---|---|---|",
        ),
        (
            Kind::Control,
            "| Leak on purpose | Seen | Found |\n|---|---|---|",
        ),
    ] {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.kind == kind).collect();
        if rows.is_empty() {
            continue;
        }
        println!("\n{head}");
        for row in rows {
            let verdict = if row.is_kept() { "yes" } else { "**no**" };
            println!("| {} | {} | {verdict} |", row.what, row.seen);
        }
    }
    for row in rows {
        for broken in &row.broken {
            println!("\n{}: {broken}", row.what);
        }
    }
    println!();
}
