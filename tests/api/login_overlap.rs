//! Wrong passwords for one name at once: a later answer must not tell how long the tries before it were looked at.

use std::time::{Duration, Instant};

use guichet_client::{Reason, error};
use guichet_tests::Server;
use guichet_tests::door::Door;
use guichet_tests::people::{self, OTHER_PASSWORD};
use tokio::task::JoinSet;

const SCHOOL: [u8; 4] = [127, 0, 0, 1];

/// How long it takes at least, once it is a try's turn, to be told that it was wrong, and that one must wait.
const WRONG_TAKES: Duration = Duration::from_millis(10);
const REFUSAL_TAKES: Duration = Duration::from_millis(5);

/// Wrong passwords of a name before it must wait.
const FREE: u32 = 10;

async fn server() -> Server {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", FREE.to_string())
        .env("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", FREE.to_string())
        .start()
        .await;
    people::active(&server, "lea", "").await;
    server
}

/// How long it takes until the last of so many is answered, for this reason.
async fn all_at_once(door: &Door, username: &'static str, tries: u32, reason: &Reason) -> Duration {
    let begun = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..tries {
        let door = door.clone();
        calls.spawn(async move { door.refusal(username, OTHER_PASSWORD, "").await });
    }
    let refusals = calls.join_all().await;
    let took = begun.elapsed();
    for refused in refusals {
        assert_eq!(
            error::reason(&refused).as_ref(),
            Some(reason),
            "{refused:?}"
        );
    }
    took
}

#[tokio::test]
async fn a_wrong_password_is_looked_at_when_the_one_before_it_has_been_told() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;

    for username in ["lea", "nobody"] {
        let took = all_at_once(&school, username, FREE, &Reason::BadCredentials).await;
        assert!(took >= FREE * WRONG_TAKES, "{username}: {took:?}");
    }
}

#[tokio::test]
async fn of_many_that_must_wait_each_is_told_as_long_after_the_one_before() {
    const TRIES: u32 = 20;
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;

    for username in ["lea", "nobody"] {
        all_at_once(&school, username, FREE, &Reason::BadCredentials).await;

        let took = all_at_once(&school, username, TRIES, &Reason::Throttled).await;
        assert!(took >= TRIES * REFUSAL_TAKES, "{username}: {took:?}");
    }
}
