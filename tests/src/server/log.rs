//! What a server says of itself.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Server;
use crate::patience::until;

/// A server writes its log a moment later: all of it is there when nothing more came for so long.
const QUIET: Duration = Duration::from_millis(25);

/// One that is busy goes on writing.
const ENOUGH: Duration = Duration::from_secs(1);

impl Server {
    /// What the server has written to stdout and stderr so far, over all its starts.
    pub fn log(&self) -> String {
        let begun = Instant::now();
        let mut log = self.written_until_now();
        // Who is dead writes no more.
        while self.process.is_some() && begun.elapsed() < ENOUGH {
            sleep(QUIET);
            let more = self.written_until_now();
            if more.len() == log.len() {
                break;
            }
            log = more;
        }
        log
    }

    /// Waits until the log says this.
    pub async fn says(&self, text: &str) {
        until(text, async || {
            self.written_until_now().contains(text).then_some(())
        })
        .await;
    }

    fn written_until_now(&self) -> String {
        ["stdout", "stderr"]
            .map(|name| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default())
            .join("\n")
    }
}
