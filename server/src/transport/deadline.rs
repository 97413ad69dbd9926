//! How long a call may take, and the answer when it takes longer.
//!
//! tonic answers a passed deadline with `CANCELLED`, outside the grpc-web layer, so that browsers cannot
//! read it. This layer sits inside and is a little earlier.
//!
//! The limit covers a call up to the head of its answer: all of a unary call, and the opening of a server
//! stream, whose length is the caller's business.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tonic::Status;

/// Kept back from the caller's own time, so that the answer reaches it before it gives up.
const SHAVE: Duration = Duration::from_millis(20);

/// When a call must be answered, found in the extensions of its request unless it has no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

/// How long calls may take.
#[derive(Clone, Debug)]
pub struct CallLimits {
    /// The most a call gets, whatever its caller asks for.
    pub longest: Duration,
    /// The paths of calls that last as long as their caller wishes, such as uploads:
    /// `/package.Service/Method`.
    pub unlimited: &'static [&'static str],
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            longest: Duration::from_secs(10),
            unlimited: &[],
        }
    }
}

impl CallLimits {
    /// The shorter of the caller's time and ours; `None` is no limit.
    pub(crate) fn of(&self, path: &str, headers: &HeaderMap) -> Option<Duration> {
        let longest = (!self.unlimited.contains(&path)).then_some(self.longest);
        let asked = asked_timeout(headers).map(|timeout| timeout.saturating_sub(SHAVE));

        match (longest, asked) {
            (Some(longest), Some(asked)) => Some(longest.min(asked)),
            (longest, asked) => longest.or(asked),
        }
    }
}

/// Answers `DEADLINE_EXCEEDED` when the call is not answered in time, and drops it.
pub(super) async fn limit_call<F: Future<Output = Response>>(
    limits: &CallLimits,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let limit = limits.of(request.uri().path(), request.headers());
    let Some(deadline) = limit.and_then(|limit| Instant::now().checked_add(limit)) else {
        return next(request).await;
    };

    // Work that cannot be answered is not begun.
    if limit == Some(Duration::ZERO) {
        return exceeded();
    }

    request.extensions_mut().insert(Deadline(deadline));

    tokio::time::timeout_at(deadline, next(request))
        .await
        .unwrap_or_else(|_| exceeded())
}

/// The same limit for a page, whose form a slow client could send for ever.
pub(super) async fn limit_page(
    State(limits): State<CallLimits>,
    mut request: Request,
    next: Next,
) -> Response {
    let deadline = Instant::now() + limits.longest;
    request.extensions_mut().insert(Deadline(deadline));

    tokio::time::timeout_at(deadline, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

fn exceeded() -> Response {
    Status::deadline_exceeded("the deadline passed before the answer was ready").into_http()
}

/// Reads `grpc-timeout`: one to eight digits and a unit (gRPC over HTTP/2, "Requests"). Anything else is
/// as if it were not there.
fn asked_timeout(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.as_bytes();
    let (unit, digits) = value.split_last()?;

    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }

    let amount = digits
        .iter()
        .fold(0, |amount, digit| amount * 10 + u64::from(digit - b'0'));

    match unit {
        b'H' => Some(Duration::from_hours(amount)),
        b'M' => Some(Duration::from_mins(amount)),
        b'S' => Some(Duration::from_secs(amount)),
        b'm' => Some(Duration::from_millis(amount)),
        b'u' => Some(Duration::from_micros(amount)),
        b'n' => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with_timeout(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn timeouts_follow_the_grpc_specification() {
        for (value, expected) in [
            ("0n", Some(Duration::ZERO)),
            ("1n", Some(Duration::from_nanos(1))),
            ("50u", Some(Duration::from_micros(50))),
            ("1m", Some(Duration::from_millis(1))),
            ("3S", Some(Duration::from_secs(3))),
            ("2M", Some(Duration::from_mins(2))),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("100000000H", None),
            ("-1S", None),
            ("+1S", None),
            ("1x", None),
            ("1", None),
            ("S", None),
            ("", None),
            ("1 S", None),
            ("1.5S", None),
        ] {
            assert_eq!(asked_timeout(&with_timeout(value)), expected, "{value:?}");
        }

        assert_eq!(asked_timeout(&HeaderMap::new()), None);
    }

    #[test]
    fn the_shorter_of_both_limits_wins() {
        let limits = CallLimits {
            longest: Duration::from_secs(10),
            unlimited: &["/a.B/Upload"],
        };

        for (path, timeout, expected) in [
            ("/a.B/C", None, Some(Duration::from_secs(10))),
            ("/a.B/C", Some("1H"), Some(Duration::from_secs(10))),
            ("/a.B/C", Some("1S"), Some(Duration::from_millis(980))),
            ("/a.B/C", Some("19m"), Some(Duration::ZERO)),
            ("/a.B/C", Some("nonsense"), Some(Duration::from_secs(10))),
            ("/a.B/Upload", None, None),
            (
                "/a.B/Upload",
                Some("1M"),
                Some(Duration::from_millis(59_980)),
            ),
        ] {
            let headers = timeout.map(with_timeout).unwrap_or_default();
            assert_eq!(limits.of(path, &headers), expected, "{path} {timeout:?}");
        }
    }
}
