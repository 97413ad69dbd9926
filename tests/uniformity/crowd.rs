//! Others who sign in with wrong names until they leave, from a thread of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use guichet_client::proto::LoginRequest;
use guichet_client::{Guichet, Reason, error};
use guichet_tests::Server;
use tokio::task::JoinSet;

use crate::world::Target;

/// More than there is room for.
const CROWD: u32 = 6;

/// How long is counted.
const COUNTED: Duration = Duration::from_secs(2);

/// When they sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many of them, each as soon as the last try is answered.
    Eager(u32),
    /// So many a second, whatever became of those before, at times drawn by lot.
    Steady(f64),
}

/// They are here.
pub(crate) struct Crowd {
    leaves: Arc<AtomicBool>,
    looked_at: Arc<AtomicU32>,
    thread: JoinHandle<()>,
}

impl Crowd {
    pub(crate) fn of(server: &Server, pace: Pace) -> Self {
        let leaves = Arc::new(AtomicBool::new(false));
        let looked_at = Arc::new(AtomicU32::new(0));
        let (url, left, counted) = (server.url(), leaves.clone(), looked_at.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let guichet = Guichet::builder(url).connect().await.expect("a server");
                come(guichet, pace, left, counted).await;
            });
        });
        Self {
            leaves,
            looked_at,
            thread,
        }
    }

    pub(crate) fn leave(self) -> u32 {
        self.leaves.store(true, Ordering::Relaxed);
        self.thread.join().expect("no panic");
        self.looked_at.load(Ordering::Relaxed)
    }

    /// How many passwords a second the server has room for.
    pub(crate) async fn capacity(server: &Server) -> f64 {
        let crowd = Self::of(server, Pace::Eager(CROWD));
        tokio::time::sleep(COUNTED).await;
        f64::from(crowd.leave()) / COUNTED.as_secs_f64()
    }
}

async fn come(guichet: Guichet, pace: Pace, left: Arc<AtomicBool>, looked_at: Arc<AtomicU32>) {
    let mut calls = JoinSet::new();
    match pace {
        Pace::Eager(others) => {
            for _ in 0..others {
                let (guichet, left, looked_at) = (guichet.clone(), left.clone(), looked_at.clone());
                calls.spawn(async move {
                    while !left.load(Ordering::Relaxed) {
                        sign_in(&guichet, &looked_at).await;
                    }
                });
            }
        }
        Pace::Steady(per_second) => {
            while !left.load(Ordering::Relaxed) {
                // The pauses of people who know nothing of each other.
                let pause = -(1.0 - fastrand::f64()).ln() / per_second;
                tokio::time::sleep(Duration::from_secs_f64(pause)).await;
                let (guichet, looked_at) = (guichet.clone(), looked_at.clone());
                calls.spawn(async move { sign_in(&guichet, &looked_at).await });
                while calls.try_join_next().is_some() {}
            }
        }
    }
    calls.join_all().await;
}

async fn sign_in(guichet: &Guichet, looked_at: &AtomicU32) {
    let request = LoginRequest {
        username: Target::nobody().username,
        password: "Secret93!".to_owned(),
        ..LoginRequest::default()
    };
    let reply = guichet.auth().login(request).await;
    let refused = reply.as_ref().err().and_then(error::reason);
    if refused == Some(Reason::BadCredentials) {
        looked_at.fetch_add(1, Ordering::Relaxed);
    }
}
