//! How delays grow, end and begin again.

use std::time::Duration;

use guichet_client::error;
use guichet_tests::Server;
use guichet_tests::door::{Door, is_throttled};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use tonic::Code;

const SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];
const EMAIL: &str = "lea@ecole.example";

async fn server() -> Server {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    server
}

/// One wrong password, which is looked at.
async fn wrong(door: &Door, username: &str) {
    let refused = door.refusal(username, OTHER_PASSWORD, "").await;
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
}

/// How long the next try must wait; it may be the right password.
async fn wait(door: &Door, username: &str) -> Duration {
    let refused = door.refusal(username, GOOD_PASSWORD, "").await;
    assert!(is_throttled(&refused), "{refused:?}");
    error::retry_after(&refused).expect("how long to wait")
}

/// What is told may be a second less, for time passes.
fn assert_about(told: Duration, seconds: u64) {
    let expected = Duration::from_secs(seconds);
    let tolerance = Duration::from_secs(1);
    assert!(
        told <= expected && told + tolerance >= expected,
        "{told:?}, not {seconds} s"
    );
}

/// SP 800-63B-4, 3.2.2: from 30 seconds up to an hour.
#[tokio::test]
async fn after_five_tries_the_wait_doubles_from_thirty_seconds_to_an_hour() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    for username in ["lea", "nobody"] {
        for _ in 0..5 {
            wrong(&school, username).await;
        }
        for seconds in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
            assert_about(wait(&school, username).await, seconds);
            server.advance(Duration::from_secs(seconds));
            wrong(&school, username).await;
        }
    }
}

#[tokio::test]
async fn whoever_asks_again_during_a_wait_does_not_lengthen_it_nor_a_restart_end_it() {
    let mut server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    for _ in 0..5 {
        wrong(&school, "lea").await;
    }
    for _ in 0..20 {
        assert_about(wait(&school, "lea").await, 30);
    }

    server.advance(Duration::from_secs(20));
    server.restart().await;

    let school = Door::from(&server, SCHOOL).await;
    let left = wait(&school, "lea").await;
    assert!(left <= Duration::from_secs(10), "{left:?}");
    server.advance(Duration::from_secs(11));
    school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    // All is forgotten with a right password.
    for _ in 0..5 {
        wrong(&school, "lea").await;
    }
    assert_about(wait(&school, "lea").await, 30);
}

#[tokio::test]
async fn two_hundred_spellings_of_a_name_are_one_name() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let spellings = (0..200_usize).map(|number| {
        let letters = "lea".chars().enumerate().map(|(index, letter)| {
            match number >> (2 * index) & 3 {
                0 => letter,
                1 => letter.to_ascii_uppercase(),
                // Full width, which is the same letter after NFKC.
                2 => char::from_u32(u32::from(letter) + 0xfee0).expect("a letter"),
                _ => char::from_u32(u32::from(letter) + 0xfee0 - 0x20).expect("a letter"),
            }
        });
        let blanks = " ".repeat(number / 64);
        format!("{blanks}{}{blanks}", letters.collect::<String>())
    });

    let mut looked_at = 0;
    for spelling in spellings {
        let refused = school.refusal(&spelling, OTHER_PASSWORD, "").await;
        looked_at += usize::from(!is_throttled(&refused));
    }

    assert_eq!(looked_at, 5);
}

/// What was counted meanwhile names moments that are a day off.
#[tokio::test]
async fn a_clock_that_was_a_day_ahead_keeps_nobody_out_once_it_is_right() {
    let server = server().await;
    people::active(&server, "noa", "noa@ecole.example").await;
    let school = Door::from(&server, SCHOOL).await;
    let elsewhere = Door::from(&server, ELSEWHERE).await;
    server.advance(Duration::from_hours(24));
    for _ in 0..5 {
        wrong(&elsewhere, "lea").await;
    }
    wait(&elsewhere, "lea").await;
    people::reset_link(&server, EMAIL).await;

    server.set_clock(0);

    school
        .enter("noa", GOOD_PASSWORD)
        .await
        .expect("a stranger");
    let same = elsewhere.enter("lea", GOOD_PASSWORD).await;
    same.expect("who was tried meanwhile");
    people::reset_link(&server, "noa@ecole.example").await;
}

#[tokio::test]
async fn a_device_is_known_although_the_password_was_chosen_by_a_clock_that_was_ahead() {
    let server = server().await;
    server.advance(Duration::from_hours(24));
    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let done = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    done.expect("a new password");
    server.set_clock(0);
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", OTHER_PASSWORD).await;
    let lea = lea.expect("a sign-in");

    for _ in 0..6 {
        school.refusal("lea", GOOD_PASSWORD, "").await;
    }

    let unknown = school.refusal("lea", OTHER_PASSWORD, "").await;
    assert!(is_throttled(&unknown), "{unknown:?}");
    let known = school.enter_with("lea", OTHER_PASSWORD, &lea.device_token);
    known.await.expect("her own device");
}
