//! Callers that each have one call open at a time.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// What callers got done together.
pub(crate) struct Done {
    elapsed: Duration,
    /// Of each call, in ascending order.
    latencies: Vec<Duration>,
}

impl Done {
    /// Calls per second.
    #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 calls")]
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which this share of the calls was answered.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share is between 0 and 1"
    )]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies[(last as f64 * share).ceil() as usize]
    }
}

/// What a caller needs for its calls, and what one of them leaves for the next.
pub(crate) struct Turn<C> {
    caller: C,
    /// None of a call that does not count.
    took: Option<Duration>,
}

impl<C> Turn<C> {
    /// A call that counts and was begun at `start`.
    pub(crate) fn counted(caller: C, start: Instant) -> Self {
        let took = Some(start.elapsed());
        Self { caller, took }
    }

    /// A call that was refused.
    pub(crate) const fn ignored(caller: C) -> Self {
        Self { caller, took: None }
    }
}

/// Has every caller call again and again until `time` is over, and waits for the last replies.
pub(crate) async fn run<C, F, Call>(time: Duration, callers: Vec<C>, call: F) -> Done
where
    C: Send + 'static,
    F: Fn(C) -> Call + Copy + Send + 'static,
    Call: Future<Output = Turn<C>> + Send,
{
    let start = Instant::now();
    let mut running = JoinSet::new();
    for mut caller in callers {
        running.spawn(async move {
            let mut latencies = Vec::new();
            while start.elapsed() < time {
                let turn = call(caller).await;
                caller = turn.caller;
                latencies.extend(turn.took);
            }
            latencies
        });
    }
    let mut latencies = running.join_all().await.concat();
    latencies.sort_unstable();
    Done {
        elapsed: start.elapsed(),
        latencies,
    }
}
