//! Everybody signs in, again and again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use guichet_client::proto::LoginRequest;
use guichet_client::{Guichet, Reason, error};
use guichet_tests::Server;
use guichet_tests::people::GOOD_PASSWORD;
use tokio::task::JoinSet;

/// Theirs is what server and hashes leave of the machine: their own machines would be elsewhere.
const NICENESS: i32 = 19;

/// Whoever is told to come back later does so after about this long at most: some sooner, some later, or all would come
/// at the same moment, every second again.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// What those who sign in were answered.
#[derive(Clone, Default)]
pub(super) struct Storm {
    signed_in: Arc<AtomicU32>,
    overloaded: Arc<AtomicU32>,
    other: Arc<AtomicU32>,
}

/// A name of somebody who signs in.
pub(super) fn name(number: usize) -> String {
    format!("person{number}")
}

impl Storm {
    /// So many people sign in for so long, from when they are all there.
    pub(super) fn rage(
        &self,
        lasts: Duration,
        server: &Server,
        people: usize,
        all_are_here: &Barrier,
    ) {
        step_back();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .on_thread_start(step_back)
            .build();
        runtime.expect("threads").block_on(async {
            let mut guichets = Vec::new();
            for _ in 0..people {
                guichets.push(server.anyone().await);
            }
            all_are_here.wait();
            let end = Instant::now() + lasts;
            let mut logins = JoinSet::new();
            for (number, guichet) in guichets.into_iter().enumerate() {
                logins.spawn(sign_in_until(end, guichet, name(number), self.clone()));
            }
            logins.join_all().await;
        });
    }

    /// How many signed in a second.
    pub(super) fn rate(&self, lasts: Duration) -> f64 {
        f64::from(self.signed_in.load(Ordering::Relaxed)) / lasts.as_secs_f64()
    }

    pub(super) fn overloaded(&self) -> u32 {
        self.overloaded.load(Ordering::Relaxed)
    }

    pub(super) fn failures(&self) -> Vec<String> {
        let other = self.other.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        if other > 0 {
            failures.push(format!("{other} sign-ins refused in another way"));
        }
        if self.signed_in.load(Ordering::Relaxed) == 0 {
            failures.push("nobody signed in".to_owned());
        }
        failures
    }
}

fn step_back() {
    let niceness = rustix::process::setpriority_process(None, NICENESS);
    niceness.expect("a process may always step back");
}

async fn sign_in_until(end: Instant, guichet: Guichet, username: String, storm: Storm) {
    while Instant::now() < end {
        let request = LoginRequest {
            username: username.clone(),
            password: GOOD_PASSWORD.to_owned(),
            ..LoginRequest::default()
        };
        let Err(status) = guichet.auth().login(request).await else {
            storm.signed_in.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        match (error::reason(&status), error::retry_after(&status)) {
            (Some(Reason::Overloaded), Some(wait)) => {
                storm.overloaded.fetch_add(1, Ordering::Relaxed);
                let patience = IMPATIENCE.mul_f64(0.5 + fastrand::f64());
                tokio::time::sleep(wait.min(patience)).await;
            }
            _ => {
                storm.other.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
