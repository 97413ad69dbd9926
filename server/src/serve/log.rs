//! The log: one line per call, to standard error.

use std::{
    io::{self, BufWriter, IsTerminal as _, Stderr, Write, stderr},
    panic::PanicHookInfo,
    thread,
    time::Duration,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{LogFormat, Runtime},
    metrics::Metrics,
};

/// Most lines that wait to be written: some MiB.
const MOST_WAITING: usize = 4_096;

/// After a write. Lines that come meanwhile are written together: in a storm each line would else wake the thread, and cost as
/// much again as its call.
const PAUSE: Duration = Duration::from_millis(10);

/// Between two looks whether lines were lost.
const LOOK: Duration = Duration::from_secs(1);

/// The running log. What waits is written when this is dropped, if somebody takes it within a second.
#[derive(Debug)]
pub(super) struct Log {
    lost: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Sets logging up: JSON unless a person watches.
    ///
    /// A thread of its own writes. Else whoever reads the log and falls asleep, a pager or a collector that is stuck, would
    /// stop every call as soon as the pipe is full.
    pub(super) fn start(config: &Runtime) -> Self {
        let json = match config.log_format {
            LogFormat::Json => true,
            LogFormat::Text => false,
            LogFormat::Auto => !stderr().is_terminal(),
        };
        // PostgreSQL's remarks about a schema that is already there are no news.
        let levels = Targets::new()
            .with_default(config.log_level)
            .with_target("sqlx", LevelFilter::WARN);
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(MOST_WAITING)
            .thread_name("log")
            .finish(Together(BufWriter::new(stderr())));
        let lost = writer.error_counter();
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_writer(writer);
        let registry = tracing_subscriber::registry().with(levels);
        if json {
            registry.with(lines.json()).init();
        } else {
            registry.with(lines).init();
        }
        std::panic::set_hook(Box::new(report_panic));
        Self {
            lost,
            _writer: guard,
        }
    }

    /// Counts what nobody took, and says so in the log itself once somebody reads again. Goes on until it is dropped.
    pub(super) fn watch(&self, metrics: Metrics) -> impl Future<Output = ()> + use<> {
        let lost = self.lost.clone();
        async move {
            let mut told = 0;
            loop {
                tokio::time::sleep(LOOK).await;
                let all = lost.dropped_lines();
                if all > told {
                    let lines = all - told;
                    metrics.log_lines_lost(lines);
                    tracing::warn!(lines, "lines of this log were lost: nobody took them");
                    told = all;
                }
            }
        }
    }
}

/// Writes all lines at once that came since the last write.
#[derive(Debug)]
struct Together(BufWriter<Stderr>);

impl Write for Together {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.0.write(lines)
    }

    /// Called when no further line waits.
    fn flush(&mut self) -> io::Result<()> {
        let written = self.0.flush();
        thread::sleep(PAUSE);
        written
    }
}

/// One line like any other; whoever reads the log by a program must not miss it.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let what = panic.payload_as_str().unwrap_or_default();
    tracing::error!(location, "panicked: {what}");
}
