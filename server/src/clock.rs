//! The one source of time and of ids, so that tests can hold both.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sea_orm::DeriveValueType;
use uuid::{Builder, ContextV7, Uuid};

use crate::config::ClockSource;

/// A moment in UTC: microseconds since 1970. Both stores keep and compare it as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment and `duration` more.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// This moment less `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Whole seconds since 1970, as JWTs count.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The protobuf form.
    pub fn to_proto(self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.unix_seconds(),
            nanos: i32::try_from(self.0.rem_euclid(1_000_000) * 1_000).unwrap_or(0),
        }
    }

    /// Reads the protobuf form; none where it is out of range.
    pub fn from_proto(time: prost_types::Timestamp) -> Option<Self> {
        let nanos = u32::try_from(time.nanos).ok()?;
        let within = i64::from(nanos / 1_000);
        let micros = time.seconds.checked_mul(1_000_000)?.checked_add(within)?;
        (nanos < 1_000_000_000).then_some(Self(micros))
    }

    /// The least `UUIDv7` of this moment: rows made before it have lesser ids.
    pub fn least_id(self) -> Uuid {
        let millis = u64::try_from(self.0 / 1_000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
    }

    /// The form that mail headers are made from.
    pub fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What another clock said.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What it said.
    pub time: Timestamp,
    /// When, by the monotonic clock of this process.
    pub taken: Instant,
    /// How far `taken` may be off.
    pub error: Duration,
}

/// Tells the time and makes ids from it.
///
/// Replicas follow the clock of the database that they share, so that a code or a session ends for all of them at once. In
/// between, the monotonic clock goes on: steps of this machine's own time of day change nothing.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    /// What the clock that is followed said when `started` was taken, in microseconds since 1970.
    followed: AtomicI64,
    offset_file: Option<PathBuf>,
    ids: Mutex<ContextV7>,
    /// Since when it has gone on without a jump, by this process's time and by its own.
    steady: Mutex<Option<(Instant, Timestamp)>>,
}

/// By how much ids may be ahead of the clock. They never go back by themselves, and one that was far ahead for a moment would
/// have all of them be of that moment until the process ends.
const AHEAD: Duration = Duration::from_secs(1);

/// What is no jump of the clock.
const A_JUMP: Duration = Duration::from_hours(1);

/// No clock is followed.
const NONE: i64 = i64::MIN;

impl Clock {
    /// The clock that the configuration names.
    pub fn new(source: &ClockSource) -> Self {
        let offset_file = match source {
            ClockSource::System => None,
            ClockSource::OffsetFile(path) => Some(path.clone()),
        };
        Self {
            started: Instant::now(),
            followed: AtomicI64::new(NONE),
            offset_file,
            ids: Mutex::new(ContextV7::new()),
            steady: Mutex::new(None),
        }
    }

    /// Follows another clock, which said this, and tells by how many microseconds this machine's is ahead of it.
    pub fn follow(&self, reading: Reading) -> i64 {
        let since_start = reading.taken.saturating_duration_since(self.started);
        let told = reading.time.minus(since_start).0;
        let known = self.followed.load(Ordering::Relaxed);
        // What the reading can't tell from an error would only make the time jitter.
        if known == NONE || u128::from(told.abs_diff(known)) > reading.error.as_micros() {
            self.followed.store(told, Ordering::Relaxed);
        }
        let followed = reading.time.plus(reading.taken.elapsed());
        system_time().0.saturating_sub(followed.0)
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let now = match self.followed.load(Ordering::Relaxed) {
            NONE => system_time(),
            start => Timestamp(start).plus(self.started.elapsed()),
        };
        Timestamp(now.0.saturating_add(self.offset_micros()))
    }

    /// Whether it has gone on for so long without a jump, as far as was looked in this process: each look is one for the
    /// next.
    pub fn has_gone_on(&self, time: Duration) -> bool {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, then) = *steady.get_or_insert_with(|| (Instant::now(), self.now()));
        let expected = then.plus(since.elapsed());
        let is_steady =
            expected.0.abs_diff(self.now().0) < u64::try_from(micros(A_JUMP)).unwrap_or(0);
        if !is_steady {
            *steady = None;
        }
        is_steady && since.elapsed() >= time
    }

    /// A new UUIDv7: ids made later in this process sort later, unless its clock was set back by more than a second.
    pub fn new_id(&self) -> Uuid {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        // Not before: whoever waited for the others would take their ids for those of a clock that was ahead.
        let now = self.now();
        let id = id_at(&ids, now);
        if id < now.plus(AHEAD).least_id() {
            return id;
        }
        *ids = ContextV7::new();
        id_at(&ids, now)
    }

    fn offset_micros(&self) -> i64 {
        let Some(path) = &self.offset_file else {
            return 0;
        };
        let seconds = fs::read_to_string(path)
            .ok()
            .and_then(|text| text.trim().parse::<i64>().ok());
        seconds.unwrap_or(0).saturating_mul(1_000_000)
    }
}

fn id_at(ids: &ContextV7, moment: Timestamp) -> Uuid {
    let micros = moment.0.max(0).unsigned_abs();
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).expect("less than a second");
    Uuid::new_v7(uuid::Timestamp::from_unix(ids, micros / 1_000_000, nanos))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the system"
)]
fn system_time() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(micros(since_1970.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_clock_is_told_and_not_the_machine_s() {
        let clock = Clock::new(&ClockSource::System);
        let an_hour_behind = clock.now().minus(Duration::from_hours(1));
        let reading = |time| Reading {
            time,
            taken: Instant::now(),
            error: Duration::from_millis(5),
        };

        let ahead = clock.follow(reading(an_hour_behind));

        let followed = clock.now();
        assert_eq!(ahead / 1_000_000 / 60, 60);
        assert!(followed.since(an_hour_behind) < Duration::from_mins(1));
        clock.follow(reading(clock.now().minus(Duration::from_millis(2))));
        assert!(
            clock.now() >= followed,
            "an error of the reading is no step"
        );
    }

    #[test]
    fn rows_made_before_a_moment_have_lesser_ids() {
        let moment = Timestamp(1_800_000_000_123_000);
        let id_at = |micros: i64| {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let timestamp = uuid::Timestamp::from_unix(
                uuid::NoContext,
                seconds.unsigned_abs(),
                u32::try_from(rest * 1_000).unwrap(),
            );
            Uuid::new_v7(timestamp)
        };

        assert!(id_at(moment.0 - 1) < moment.least_id());
        assert!(id_at(moment.0) >= moment.least_id());
    }

    #[test]
    fn ids_made_later_sort_later() {
        let clock = Clock::new(&ClockSource::System);
        let ids: Vec<Uuid> = (0..1_000).map(|_| clock.new_id()).collect();

        assert!(ids.is_sorted());
    }

    #[test]
    fn ids_come_back_with_a_clock_that_was_ahead() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offset");
        let clock = Clock::new(&ClockSource::OffsetFile(path.clone()));
        fs::write(&path, (365 * 24 * 3_600).to_string()).unwrap();
        let ahead = clock.new_id();
        fs::write(&path, "0").unwrap();
        let before = clock.now().least_id();

        let ids: Vec<Uuid> = (0..1_000).map(|_| clock.new_id()).collect();

        assert!(before <= ids[0] && ids[0] < ahead);
        assert!(ids.is_sorted());
        assert!(ids[999] < clock.now().plus(AHEAD).least_id());
    }

    #[test]
    fn a_clock_goes_on_until_it_jumps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offset");
        let clock = Clock::new(&ClockSource::OffsetFile(path.clone()));

        assert!(clock.has_gone_on(Duration::ZERO));
        assert!(!clock.has_gone_on(Duration::from_hours(24)));
        for seconds in ["86400", "0"] {
            fs::write(&path, seconds).unwrap();
            assert!(!clock.has_gone_on(Duration::ZERO));
            assert!(clock.has_gone_on(Duration::ZERO));
        }
    }

    #[test]
    fn the_offset_file_moves_the_clock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offset");
        let clock = Clock::new(&ClockSource::OffsetFile(path.clone()));
        let before = clock.now();

        fs::write(&path, "3600\n").unwrap();

        assert!(clock.now().since(before) >= Duration::from_hours(1));
    }
}
