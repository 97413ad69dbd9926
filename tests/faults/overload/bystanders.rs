//! Who is there meanwhile: applications whose calls hash nothing, and people of a network where nothing happens.

use std::fmt;
use std::time::{Duration, Instant};

use guichet_client::proto::{IntrospectRequest, RefreshRequest, Tokens};
use guichet_tests::Server;
use guichet_tests::door::Door;
use guichet_tests::people::GOOD_PASSWORD;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Pause between two calls of an application.
const PAUSE: Duration = Duration::from_millis(5);

/// Pause between two people of the quiet network.
const QUIET_PAUSE: Duration = Duration::from_secs(1);

/// A network that is not the storm's.
const QUIET_NETWORK: [u8; 4] = [127, 0, 1, 5];

/// So many people there take turns, since each may have so many sessions only.
pub(super) const QUIET_PEOPLE: usize = 20;

/// A name of somebody there.
pub(super) fn quiet_name(number: usize) -> String {
    format!("quiet{number}")
}

/// How long calls took, and how many of them failed.
#[derive(Default)]
pub(super) struct Bystanders {
    introspect: Times,
    refresh: Times,
    health: Times,
    /// Sign-ins from the quiet network.
    pub(super) quiet: Times,
}

impl Bystanders {
    /// On this thread alone: a call that waits here for the thousand who sign in would tell nothing of the server.
    /// The refresh token is replaced by its successor.
    pub(super) fn look(server: &Server, tokens: &mut Tokens, lasts: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(Self::until(Instant::now() + lasts, server, tokens))
    }

    /// Each kind has a connection of its own, as its callers would.
    async fn until(end: Instant, server: &Server, tokens: &mut Tokens) -> Self {
        let (admin, anne, anyone) = tokio::join!(server.admin(), server.anyone(), server.anyone());
        let door = Door::from(server, QUIET_NETWORK).await;
        let Tokens {
            access_token,
            refresh_token,
            ..
        } = tokens;
        let introspect = times_until(end, PAUSE, async || {
            let token = access_token.clone();
            let reply = admin.auth().introspect(IntrospectRequest { token }).await;
            reply.is_ok_and(|reply| reply.into_inner().active)
        });
        let refresh = times_until(end, PAUSE, async || {
            let request = RefreshRequest {
                refresh_token: refresh_token.clone(),
            };
            let Ok(reply) = anne.auth().refresh(request).await else {
                return false;
            };
            let tokens = reply.into_inner().tokens.unwrap_or_default();
            *refresh_token = tokens.refresh_token;
            true
        });
        let health = times_until(end, PAUSE, async || {
            let mut health = HealthClient::new(anyone.channel());
            health.check(HealthCheckRequest::default()).await.is_ok()
        });
        let mut names = (0..QUIET_PEOPLE).map(quiet_name).cycle();
        let quiet = times_until(end, QUIET_PAUSE, async || {
            let name = names.next().unwrap_or_default();
            door.enter(&name, GOOD_PASSWORD).await.is_ok()
        });
        let (introspect, refresh, health, quiet) = tokio::join!(introspect, refresh, health, quiet);
        Self {
            introspect,
            refresh,
            health,
            quiet,
        }
    }

    /// The calls that hash nothing.
    pub(super) fn cheap(&self) -> [(&'static str, &Times); 3] {
        [
            ("Introspect", &self.introspect),
            ("Refresh", &self.refresh),
            ("health", &self.health),
        ]
    }

    /// How 99 of 100 of those were.
    pub(super) fn cheap_p99(&self) -> impl fmt::Display + use<> {
        let told = self.cheap().map(|(name, times)| {
            let milliseconds = times.p99().as_secs_f64() * 1_000.0;
            format!("{name} {milliseconds:.1} ms")
        });
        told.join(", ")
    }
}

/// How long the same call took.
#[derive(Default)]
pub(super) struct Times {
    /// In ascending order.
    took: Vec<Duration>,
    pub(super) failed: u32,
}

impl Times {
    pub(super) fn p99(&self) -> Duration {
        let rank = self.took.len() * 99 / 100;
        self.took.get(rank).copied().unwrap_or_default()
    }

    pub(super) fn all(&self) -> u32 {
        u32::try_from(self.took.len()).unwrap_or(u32::MAX) + self.failed
    }
}

/// Calls again and again, with a pause in between, and times those that succeed.
async fn times_until(end: Instant, pause: Duration, mut call: impl AsyncFnMut() -> bool) -> Times {
    let mut times = Times::default();
    while Instant::now() < end {
        let start = Instant::now();
        if call().await {
            times.took.push(start.elapsed());
        } else {
            times.failed += 1;
        }
        tokio::time::sleep(pause).await;
    }
    times.took.sort_unstable();
    times
}
