//! How long a task that is due waits until a thread takes it up: every call waits so before it is even looked at.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Metrics;

/// Often enough for a percentile of some minutes, seldom enough for an idle server to stay idle.
const EVERY: Duration = Duration::from_millis(250);

/// Goes on until it is dropped.
pub async fn watch(metrics: Metrics) {
    loop {
        let due = Instant::now() + EVERY;
        sleep_until(due).await;
        metrics.task_ran_late(due.elapsed());
    }
}
