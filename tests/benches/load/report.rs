//! The table that the run ends with.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// What a figure should reach.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// At least this share of the limit.
    Share(f64),
    /// At most this much, in the figure's own unit.
    Most(f64),
    /// It is there to be compared with.
    None,
}

struct Row {
    name: String,
    unit: &'static str,
    limit: Option<f64>,
    product: f64,
    goal: Goal,
}

/// Figures in the order in which they were taken.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Work per second beside the most that the machine can do.
    pub(crate) fn rate(&mut self, name: &str, limit: f64, product: f64, goal: Goal) {
        self.add(name, "/s", Some(limit), product, goal);
    }

    /// A time that is told for comparison.
    pub(crate) fn latency(&mut self, name: &str, product: Duration) {
        self.add(
            name,
            "ms",
            None,
            product.as_secs_f64() * 1_000.0,
            Goal::None,
        );
    }

    /// A time that should not exceed so many milliseconds.
    pub(crate) fn bounded_latency(&mut self, name: &str, product: Duration, most: f64) {
        let millis = product.as_secs_f64() * 1_000.0;
        self.add(name, "ms", None, millis, Goal::Most(most));
    }

    /// Memory or disk that should not exceed so many MiB.
    pub(crate) fn mebibytes(&mut self, name: &str, product: f64, most: f64) {
        self.add(name, "MiB", None, product, Goal::Most(most));
    }

    /// The size of a file.
    #[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
    pub(crate) fn size(&mut self, binary: &Path) {
        let bytes = fs::metadata(binary).expect("the binary").len();
        self.mebibytes("stripped binary", bytes as f64 / (1_024.0 * 1_024.0), 25.0);
    }

    /// Writes a Markdown table.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub(crate) fn print(&self) {
        println!("\n| Work | Limit | Guichet | Ratio | Goal | Reached |");
        println!("|---|---:|---:|---:|---:|---|");
        for row in &self.rows {
            let Row {
                name,
                unit,
                limit,
                product,
                goal,
            } = row;
            let ratio = limit.map(|limit| product / limit);
            let limit = limit.map_or_else(String::new, |limit| format!("{limit:.0} {unit}"));
            let product = match *unit {
                "/s" => format!("{product:.0} {unit}"),
                _ => format!("{product:.1} {unit}"),
            };
            let (goal, reached) = match *goal {
                Goal::Share(share) => (format!("≥ {share:.2}"), ratio.map(|is| is >= share)),
                Goal::Most(most) => (format!("≤ {most:.0} {unit}"), Some(row.product <= most)),
                Goal::None => (String::new(), None),
            };
            let reached = match reached {
                // Nothing beats its limit: the machine was busier with something else while the limit was taken.
                _ if ratio.is_some_and(|is| is > 1.05) => "disturbed",
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            };
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            println!("| {name} | {limit} | {product} | {ratio} | {goal} | {reached} |");
        }
    }

    fn add(
        &mut self,
        name: &str,
        unit: &'static str,
        limit: Option<f64>,
        product: f64,
        goal: Goal,
    ) {
        self.rows.push(Row {
            name: name.to_owned(),
            unit,
            limit,
            product,
            goal,
        });
    }
}
