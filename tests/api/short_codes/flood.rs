//! Wrong codes by the hundred: they are told to wait, and take no right one away.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_client::proto::{CheckPasswordRequest, CompleteResetRequest, GetPasswordPolicyRequest};
use guichet_tests::door::is_throttled;
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::{Server, journal};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::from_elsewhere::{ELSEWHERE, Stranger};
use super::{EMAIL, WRONG, complete, inspect, issue, refusal};

const SCHOOL: [u8; 4] = [127, 0, 0, 1];

/// An account id that is nobody's.
const NOBODY: &str = "0192f0a0-0000-7000-8000-000000000001";

/// How long a wrong code keeps its turn at least, and how many are tried at once: together longer than it takes to look at
/// them.
const TURN: Duration = Duration::from_millis(4);
const AT_ONCE: u32 = 20;

/// More than can be looked at within the two seconds that a call may take there, if each keeps its turn.
const FLOOD: usize = CONNECTIONS * STREAMS;
const MOST_LOOKED_AT: usize = 500;
const CONNECTIONS: usize = 7;
const STREAMS: usize = 100;

impl Stranger {
    /// By every RPC that takes a code.
    async fn each(&self, user_id: &str, code: &str) -> [Result<(), Status>; 4] {
        let mut client = self.0.clone();
        let policy = GetPasswordPolicyRequest {
            user_id: user_id.into(),
            code: code.into(),
            ..GetPasswordPolicyRequest::default()
        };
        let check = CheckPasswordRequest {
            user_id: user_id.into(),
            code: code.into(),
            password: OTHER_PASSWORD.into(),
            ..CheckPasswordRequest::default()
        };
        let set = CompleteResetRequest {
            user_id: user_id.into(),
            code: code.into(),
            email: EMAIL.into(),
            new_password: OTHER_PASSWORD.into(),
            ..CompleteResetRequest::default()
        };
        [
            self.inspect(user_id, code).await.map(drop),
            client.get_password_policy(policy).await.map(drop),
            client.check_password(check).await.map(drop),
            client.complete_reset(set).await.map(drop),
        ]
    }
}

/// A server on which each network may try so many wrong codes.
async fn server(wrong_codes: u32) -> Server {
    Server::builder()
        .env("GUICHET_THROTTLE", "on")
        // For ten of these, one short code.
        .env(
            "GUICHET_THROTTLE_NETWORK_REQUESTS",
            (wrong_codes * 10).to_string(),
        )
        .env("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", "1h")
        .start()
        .await
}

/// Asserts that it is told when to come again.
fn told_to_wait<T: Debug>(result: Result<T, Status>) {
    let refused = result.expect_err("a flood");
    assert!(is_throttled(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_flood_is_told_to_wait_and_the_right_code_is_good_in_the_middle_of_it() {
    let server = server(6).await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let leo = people::active(&server, "leo", "leo@ecole.example").await.id;
    let mailed = people::reset_link(&server, EMAIL).await;
    let code = issue(&server, &id).await.code;
    let flood = Stranger::at(&server, ELSEWHERE).await;
    for _ in 0..6 {
        // A right one makes room for itself.
        let looked = flood.inspect(&id, &code).await;
        looked.expect("a good code");
        refusal(flood.inspect(NOBODY, WRONG).await);
    }

    // One answer, whether or not there is an account, or a code.
    for (user_id, wrong) in [(id.as_str(), WRONG), (&leo, WRONG), (NOBODY, "x")] {
        for refused in flood.each(user_id, wrong).await {
            told_to_wait(refused);
        }
    }
    // A right one makes no room for wrong ones.
    let looked = flood.inspect(&id, &code).await;
    looked.expect("a good code");
    told_to_wait(flood.inspect(NOBODY, WRONG).await);
    // What was mailed can't be guessed, and nobody else is told to wait.
    let looked = flood.inspect(&id, &mailed.code).await;
    looked.expect("a good link");
    refusal(flood.inspect(&id, "").await);
    refusal(inspect(&server.anyone().await, NOBODY, WRONG).await);

    for done in flood.each(&id, &code).await {
        done.expect("a good code");
    }
    told_to_wait(flood.inspect(&id, &code).await);
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn wrong_codes_that_are_told_to_wait_are_counted_all_the_same() {
    let server = server(1).await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let code = issue(&server, &id).await.code;
    let school = Stranger::at(&server, SCHOOL).await;

    for network in 1..=10 {
        let looked = school.inspect(&id, &code).await;
        looked.expect("a good code before the fiftieth");
        let stranger = Stranger::at(&server, [127, 0, network, 1]).await;
        refusal(stranger.inspect(NOBODY, WRONG).await);
        for _ in 0..5 {
            told_to_wait(stranger.inspect(&id, WRONG).await);
        }
        // Where five were tried, the right one is good no more.
        told_to_wait(stranger.inspect(&id, &code).await);
    }

    refusal(complete(&server.anyone().await, &id, &code, EMAIL).await);
    let events = journal::of_kind(&server, "reset.code_exhausted").await;
    assert_eq!(events.len(), 1, "{events:?}");
}

/// More than there is time to look at, by one who need not wait for an answer to send the next.
#[tokio::test]
async fn however_many_come_at_once_the_line_of_a_flood_is_short() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_NETWORK_REQUESTS", "10")
        .env("GUICHET_THROTTLE_NETWORK_REQUEST_INTERVAL", "1h")
        .env("GUICHET_MAX_DEADLINE", "2s")
        .start()
        .await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let code = issue(&server, &id).await.code;
    let school = Stranger::at(&server, SCHOOL).await;
    refusal(school.inspect(NOBODY, WRONG).await);
    let mut guesses = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let flood = Arc::new(Stranger::at(&server, ELSEWHERE).await);
        for _ in 0..STREAMS {
            let flood = Arc::clone(&flood);
            guesses.spawn(async move { flood.inspect(NOBODY, WRONG).await });
        }
    }
    // One of them has been answered, so all that one connection may send are there.
    guesses.join_next().await;

    let looked = school.inspect(&id, &code).await;

    looked.expect("a good code");
    let told = guesses.join_all().await;
    let refused: Vec<_> = told.into_iter().filter_map(Result::err).collect();
    let (wait, others): (Vec<_>, Vec<_>) = refused.into_iter().partition(is_throttled);
    assert!(wait.len() > MOST_LOOKED_AT, "{} of {FLOOD}", wait.len());
    // On a slow machine the time of some is over before they are told.
    let told = others.iter().filter(|refused| !is_late(refused)).count();
    assert!(told <= 2, "{others:?}");
}

fn is_late(refused: &Status) -> bool {
    matches!(refused.code(), Code::DeadlineExceeded | Code::Cancelled)
}

/// Or the last answer would tell how long all of them were looked at, and so whether there is a code.
#[tokio::test]
async fn of_many_at_once_each_keeps_its_turn_for_the_same_time() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    issue(&server, &id).await;
    let anyone = server.anyone().await;

    for about in [id.as_str(), NOBODY] {
        let begun = Instant::now();
        let mut guesses = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (anyone, about) = (anyone.clone(), about.to_owned());
            guesses.spawn(async move { inspect(&anyone, &about, WRONG).await });
        }
        for guess in guesses.join_all().await {
            refusal(guess);
        }
        let took = begun.elapsed();
        assert!(took >= AT_ONCE * TURN, "{took:?}");
    }
}
