//! What stays in the server's memory: no secrets, and not what hashes needed.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use guichet_client::proto::ChangePasswordRequest;
use guichet_tests::{Server, memory, people};
use memchr::memmem;

/// Nothing else looks like these.
const FIRST: &str = "Zwetschgenkuchen+17";
const SECOND: &str = "Rhabarberkompott+29";

/// How often a text stands in the memory that a process can write to.
fn copies(pid: u32, text: &str) -> usize {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("Linux tells");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("a child's memory can be read");
    let mut found = 0;
    for line in maps.lines() {
        let mut parts = line.split_whitespace();
        let (Some(range), Some(mode)) = (parts.next(), parts.next()) else {
            continue;
        };
        if !mode.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').expect("a range");
        let address = |digits| u64::from_str_radix(digits, 16).expect("an address");
        let (start, end) = (address(start), address(end));
        let mut content = vec![0; usize::try_from(end - start).expect("it fits")];
        // Some regions are the kernel's.
        if memory.read_exact_at(&mut content, start).is_ok() {
            found += memmem::find_iter(&content, text.as_bytes()).count();
        }
    }
    found
}

/// Who was called lately and has changed a password: neither the old nor the new one is to be found.
#[tokio::test]
async fn a_password_does_not_outlive_its_call() {
    let server = Server::start().await;
    people::active(&server, "lea", "").await;
    let tokens = people::tokens(&server, "lea", people::GOOD_PASSWORD).await;
    let change = |current: &'static str, new: &'static str| ChangePasswordRequest {
        current_password: current.into(),
        new_password: new.into(),
    };
    let lea = server.as_person(&tokens.access_token).await;
    for (current, new) in [(people::GOOD_PASSWORD, FIRST), (FIRST, SECOND)] {
        let changed = lea.account().change_password(change(current, new)).await;
        changed.expect("another password");
    }
    drop(lea);
    people::tokens(&server, "lea", SECOND).await;

    let pid = server.pid().expect("it runs");
    let mut found = [usize::MAX; 2];
    // The last connections close by themselves.
    for _ in 0..50 {
        found = [FIRST, SECOND].map(|password| copies(pid, password));
        if found == [0, 0] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("copies of the passwords: {found:?}");
}

/// MiB of memory that holds no file.
fn anonymous(pid: u32) -> u64 {
    memory::kib(pid, "RssAnon") / 1_024
}

/// More than once: the C library learns to keep what it got back.
#[tokio::test]
async fn the_memory_of_hashes_goes_back_to_the_system_when_nobody_signs_in() {
    let server = Server::builder()
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .env("GUICHET_HASH_THREADS", "2")
        .start()
        .await;
    people::active(&server, "lea", "").await;
    let pid = server.pid().expect("it runs");

    for round in 0..2 {
        people::tokens(&server, "lea", people::GOOD_PASSWORD).await;
        let busy = anonymous(pid);
        assert!(busy >= 19, "{busy} MiB");
        let mut idle = busy;
        for _ in 0..300 {
            idle = anonymous(pid);
            if idle < 19 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(idle < 19, "{idle} MiB after {busy}, round {round}");
    }
}
