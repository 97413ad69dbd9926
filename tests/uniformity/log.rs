//! What the server logs of a question: whoever reads logs may not learn who has an account either.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use guichet_tests::Server;
use serde_json::Value;

/// How long a line may take to be written.
const WRITTEN: Duration = Duration::from_secs(5);

/// The lines about calls and pages so far, without what no two have in common. What the worker does afterwards it does for
/// itself, in lines of its own.
pub(crate) struct Lines(BTreeMap<String, usize>);

impl Lines {
    pub(crate) fn of(server: &Server) -> Self {
        let mut lines = BTreeMap::new();
        for line in server.log().lines() {
            if let Some(kind) = kind(line) {
                *lines.entry(kind).or_default() += 1;
            }
        }
        Self(lines)
    }

    /// What is wrong with the lines since: there must be one kind of them, and one for each question.
    pub(crate) async fn since(&self, server: &Server, asked: usize) -> Vec<String> {
        let deadline = Instant::now() + WRITTEN;
        loop {
            let new = self.until(&Self::of(server));
            let all: usize = new.values().sum();
            if new.len() == 1 && all == asked {
                return Vec::new();
            }
            if all >= asked || Instant::now() >= deadline {
                return vec![format!("{asked} questions were logged as {new:?}")];
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn until(&self, now: &Self) -> BTreeMap<String, usize> {
        let more = now.0.iter().map(|(kind, count)| {
            let before = self.0.get(kind).copied().unwrap_or_default();
            (kind.clone(), count - before)
        });
        more.filter(|(_, count)| *count > 0).collect()
    }
}

/// A line of a call or a page, without its time and its number.
fn kind(line: &str) -> Option<String> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    let level = line["level"].take();
    let fields = line["fields"].as_object_mut()?;
    let is_answer = matches!(fields.get("message")?.as_str()?, "call" | "page");
    for own in ["ms", "request_id"] {
        fields.remove(own);
    }
    is_answer.then(|| format!("{level} {fields:?}"))
}
