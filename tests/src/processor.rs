//! How long a process has computed, as Linux tells it.

use std::fs;
use std::time::Duration;

/// What the threads that it has now have used of the processors, to the nanosecond: `/proc/{pid}/stat` counts hundredths
/// of a second. A thread that computes at this moment may have used some milliseconds more.
pub fn used(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("Linux, and a running process");
    let used = threads.flatten().filter_map(|thread| {
        // It may have ended meanwhile.
        let times = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let (used, _) = times.split_once(' ').expect("a kernel that counts");
        Some(Duration::from_nanos(used.parse().expect("a number")))
    });
    used.sum()
}
