//! What a process holds of the machine's memory, as Linux tells it.

use std::fs;

/// A field of `/proc/{pid}/status`, such as `VmRSS`, in KiB.
pub fn kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.expect("Linux, and a running process");
    let mut fields = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, _)| *name == field).expect("a field");
    let number = value.trim().strip_suffix(" kB").expect("a size");
    number.parse().expect("a number")
}

/// The same in MiB.
pub fn mib(pid: u32, field: &str) -> f64 {
    let kib = u32::try_from(kib(pid, field)).expect("less than 4 TiB");
    f64::from(kib) / 1_024.0
}
