//! What the operations port publishes about the running process, in the OpenMetrics text format.
//!
//! Every label value comes from a fixed set, held by its type, so that no caller can make the number of
//! series grow. Counters are registered without `_total`, which the format adds.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::label::{
    CallLabels, HandledLabels, LookupLabels, MailLabels, OutboxLabels, PortLabels, RefusedLabels,
    ThrottledLabels,
};
pub use self::label::{LookupResult, MailResult, OutboxState, Port, Refusal, Throttle, Tried};

pub mod delay;
mod label;

/// The content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds: a token check takes microseconds, a login tens of milliseconds, and nothing
/// lasts longer than the call limit of ten seconds.
const HANDLING_SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The code names of the gRPC specification in the spelling that other servers' metrics use.
const CODE_NAMES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// All metrics of the process; clones share the same values.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    handled: Family<HandledLabels, Counter>,
    handling: Family<CallLabels, Histogram, fn() -> Histogram>,
    hash_queue: Gauge,
    outbox: Family<OutboxLabels, Gauge>,
    mail_sent: Family<MailLabels, Counter>,
    password_lookups: Family<LookupLabels, Counter>,
    connections: Family<PortLabels, Gauge>,
    refused: Family<RefusedLabels, Counter>,
    calls_refused: Counter,
    clock_skew: Gauge<f64, AtomicU64>,
    task_delay: Histogram,
    throttled: Family<ThrottledLabels, Counter>,
    log_lines_lost: Counter,
}

impl Metrics {
    /// Registers every metric; `version` is the product's, shown in `guichet_build_info`.
    pub fn new(version: &'static str) -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            handled: Family::default(),
            handling: Family::new_with_constructor(|| Histogram::new(HANDLING_SECONDS)),
            hash_queue: Gauge::default(),
            outbox: Family::default(),
            mail_sent: Family::default(),
            password_lookups: Family::default(),
            connections: Family::default(),
            refused: Family::default(),
            calls_refused: Counter::default(),
            clock_skew: Gauge::default(),
            task_delay: Histogram::new(HANDLING_SECONDS),
            throttled: Family::default(),
            log_lines_lost: Counter::default(),
        };
        metrics.registry = Arc::new(metrics.register(version));
        metrics
    }

    fn register(&self, version: &'static str) -> Registry {
        let mut registry = Registry::default();
        self.register_work(&mut registry);
        self.register_door(&mut registry);
        registry.register(
            "guichet_clock_skew_seconds",
            "How far this machine's clock is ahead of the database's, which is followed",
            self.clock_skew.clone(),
        );
        registry.register(
            "guichet_task_delay_seconds",
            "How much later than it was due a task ran, looked at four times a second; up to two milliseconds are the timer's",
            self.task_delay.clone(),
        );
        registry.register(
            "guichet_log_lines_lost",
            "Lines of the log that nobody took in time",
            self.log_lines_lost.clone(),
        );
        registry.register(
            "guichet_build",
            "The running version",
            Info::new([("version", version)]),
        );
        registry
    }

    /// What is done.
    fn register_work(&self, registry: &mut Registry) {
        registry.register(
            "grpc_server_handled",
            "Calls answered, by their status code",
            self.handled.clone(),
        );
        registry.register(
            "grpc_server_handling_seconds",
            "Time from a call's arrival to its answer",
            self.handling.clone(),
        );
        registry.register(
            "guichet_hash_queue_length",
            "Password hashes waiting for a thread",
            self.hash_queue.clone(),
        );
        registry.register(
            "guichet_outbox_messages",
            "Mails in the outbox",
            self.outbox.clone(),
        );
        registry.register(
            "guichet_mail_sent",
            "Tries to send a mail, by their result",
            self.mail_sent.clone(),
        );
        registry.register(
            "guichet_password_lookups",
            "Questions whether a password has been published, by what came of them",
            self.password_lookups.clone(),
        );
    }

    /// Who is let in.
    fn register_door(&self, registry: &mut Registry) {
        registry.register(
            "guichet_connections",
            "Open connections",
            self.connections.clone(),
        );
        registry.register(
            "guichet_connections_refused",
            "Connections not served, by cause",
            self.refused.clone(),
        );
        registry.register(
            "guichet_calls_refused",
            "Calls and pages for which there was no room beside those that were open",
            self.calls_refused.clone(),
        );
        registry.register(
            "guichet_throttled",
            "Tries refused because there were too many, by what was tried and whose counter was full",
            self.throttled.clone(),
        );
    }

    /// Tells how many microseconds this machine's clock is ahead of the database's.
    #[expect(clippy::cast_precision_loss, reason = "no clock is off by 2^52 us")]
    pub fn set_clock_skew(&self, micros: i64) {
        self.clock_skew.set(micros as f64 / 1e6);
    }

    /// Tells how much later than it was due a task ran.
    pub fn task_ran_late(&self, by: Duration) {
        self.task_delay.observe(by.as_secs_f64());
    }

    /// Counts one answered call. `service` is the full protobuf name, `code` the gRPC status code.
    pub fn observe_call(
        &self,
        service: &'static str,
        method: &'static str,
        code: i32,
        took: Duration,
    ) {
        let handled = HandledLabels {
            grpc_service: service,
            grpc_method: method,
            grpc_code: code_name(code),
        };
        let call = CallLabels {
            grpc_service: service,
            grpc_method: method,
        };

        self.handled.get_or_create(&handled).inc();
        self.handling
            .get_or_create(&call)
            .observe(took.as_secs_f64());
    }

    /// Password hashes waiting for a thread: the owner of the queue moves the gauge.
    pub fn hash_queue(&self) -> Gauge {
        self.hash_queue.clone()
    }

    /// Sets how many mails are in `state`.
    pub fn set_outbox(&self, state: OutboxState, messages: i64) {
        self.outbox
            .get_or_create(&OutboxLabels { state })
            .set(messages);
    }

    /// Counts one try to send a mail.
    pub fn mail_tried(&self, result: MailResult) {
        self.mail_sent.get_or_create(&MailLabels { result }).inc();
    }

    /// Counts one question whether a password has been published.
    pub fn password_looked_up(&self, result: LookupResult) {
        self.password_lookups
            .get_or_create(&LookupLabels { result })
            .inc();
    }

    /// Open connections of a listener, which moves the gauge itself.
    pub fn connections(&self, port: Port) -> Gauge {
        self.connections.get_or_create(&PortLabels { port }).clone()
    }

    /// Counts one connection that was not served.
    pub fn connection_refused(&self, cause: Refusal) {
        self.refused.get_or_create(&RefusedLabels { cause }).inc();
    }

    /// Counts one call for which there was no room.
    pub fn call_refused(&self) {
        self.calls_refused.inc();
    }

    /// Counts one try that was refused because there were too many.
    pub fn throttled(&self, tried: Tried, by: Throttle) {
        self.throttled
            .get_or_create(&ThrottledLabels { tried, by })
            .inc();
    }

    /// Counts lines of the log that nobody took.
    pub fn log_lines_lost(&self, lines: usize) {
        self.log_lines_lost.inc_by(lines as u64);
    }

    /// All metrics as text, of the type [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let written = text::encode(&mut text, &self.registry);
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        text
    }
}

/// A number outside the specification counts as `Unknown`, as clients treat it.
fn code_name(code: i32) -> &'static str {
    usize::try_from(code)
        .ok()
        .and_then(|code| CODE_NAMES.get(code))
        .unwrap_or(&"Unknown")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// With something of everything.
    fn busy() -> Metrics {
        let metrics = Metrics::new("1.2.3");
        metrics.observe_call(
            "guichet.v1.AuthService",
            "Login",
            16,
            Duration::from_millis(30),
        );
        metrics.hash_queue().inc();
        metrics.set_outbox(OutboxState::Queued, 3);
        metrics.mail_tried(MailResult::Sent);
        metrics.password_looked_up(LookupResult::Failed);
        metrics.connections(Port::Public).inc();
        metrics.connection_refused(Refusal::TooMany);
        metrics.task_ran_late(Duration::from_millis(4));
        metrics.throttled(Tried::SignIn, Throttle::Network);
        metrics.log_lines_lost(7);
        metrics
    }

    #[test]
    fn every_metric_has_the_name_that_dashboards_use() {
        let text = busy().encode();

        for line in [
            "grpc_server_handled_total{grpc_service=\"guichet.v1.AuthService\",grpc_method=\"Login\",grpc_code=\"Unauthenticated\"} 1",
            "grpc_server_handling_seconds_bucket{le=\"0.025\",grpc_service=\"guichet.v1.AuthService\",grpc_method=\"Login\"} 0",
            "grpc_server_handling_seconds_bucket{le=\"0.05\",grpc_service=\"guichet.v1.AuthService\",grpc_method=\"Login\"} 1",
            "guichet_hash_queue_length 1",
            "guichet_outbox_messages{state=\"queued\"} 3",
            "guichet_mail_sent_total{result=\"sent\"} 1",
            "guichet_password_lookups_total{result=\"failed\"} 1",
            "guichet_connections{port=\"public\"} 1",
            "guichet_connections_refused_total{cause=\"too_many\"} 1",
            "guichet_task_delay_seconds_bucket{le=\"0.0025\"} 0",
            "guichet_task_delay_seconds_bucket{le=\"0.005\"} 1",
            "guichet_throttled_total{tried=\"sign_in\",by=\"network\"} 1",
            "guichet_log_lines_lost_total 7",
            "guichet_build_info{version=\"1.2.3\"} 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn the_page_for_operators_tells_of_every_metric_and_of_no_other() {
        let (table, _) = include_str!("../../METRICS.md")
            .split_once("\n## ")
            .unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let told: BTreeSet<_> = rows
            .filter_map(|row| row.split(['`', '{']).next())
            .collect();

        let text = busy().encode();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let there: BTreeSet<_> = types
            .filter_map(|line| line.split_once(' '))
            .map(|(name, kind)| match kind {
                "counter" => format!("{name}_total"),
                "info" => format!("{name}_info"),
                _ => name.to_owned(),
            })
            .collect();

        assert_eq!(told, there.iter().map(String::as_str).collect());
    }

    #[test]
    fn codes_outside_the_specification_are_unknown() {
        for (code, name) in [
            (0, "OK"),
            (4, "DeadlineExceeded"),
            (17, "Unknown"),
            (-1, "Unknown"),
        ] {
            assert_eq!(code_name(code), name);
        }
    }
}
