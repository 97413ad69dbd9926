//! What a process holds of the machine's memory, as Linux tells it.

use std::fs;

/// Resident now, in MiB.
pub(crate) fn resident(pid: u32) -> f64 {
    status(pid, "VmRSS:")
}

/// The most that was ever resident, in MiB.
pub(crate) fn highest(pid: u32) -> f64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> f64 {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(path).expect("Linux, and a running process");
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<f64>().ok())
        .expect("a number of kB")
        / 1_024.0
}
