//! Another master key, while people work.

use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guichet_client::proto::CompleteResetRequest;
use guichet_client::proto::continue_login_request::Answer;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Place, Server};

use crate::second_factor::Lea;

const KEY: &str = "GUICHET_MASTER_KEY";
const PREVIOUS: &str = "GUICHET_MASTER_KEY_PREVIOUS";

fn key(byte: &str) -> String {
    byte.repeat(32)
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("text")
}

fn done(output: &Output) -> String {
    let text = text(output);
    assert!(output.status.success(), "{text}");
    text
}

/// Where the journal's chain ends now, after one that was known.
fn head(server: &Server, known: Option<&str>) -> String {
    let mut arguments = vec!["audit", "verify"];
    if let Some(known) = known {
        arguments.extend(["--head", known]);
    }
    let told = done(&server.cli(&arguments));
    let head = told.lines().find_map(|line| line.strip_prefix("head "));
    head.expect("the head").to_owned()
}

/// The head once there is one: events are sealed every few seconds.
async fn first_head(server: &Server) -> String {
    for _ in 0..100 {
        if text(&server.cli(&["audit", "verify"])).contains("head ") {
            return head(server, None);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("nothing is sealed");
}

async fn complete(server: &Server, account_id: &str, code: &str) {
    let request = CompleteResetRequest {
        user_id: account_id.into(),
        code: code.into(),
        email: "nina".into(),
        new_password: OTHER_PASSWORD.into(),
        ..Default::default()
    };
    let anyone = server.anyone().await;
    anyone
        .reset()
        .complete_reset(request)
        .await
        .expect("a reset");
}

/// A session that goes on whatever happens; a token shown twice within seconds has one successor.
struct Session(String);

impl Session {
    async fn goes_on(&mut self, server: &Server) {
        let next = people::refresh(server, &self.0).await;
        let next = next.expect("nobody is signed out").refresh_token;
        let again = people::refresh(server, &self.0).await;
        assert_eq!(again.expect("a lost reply").refresh_token, next);
        self.0 = next;
    }
}

/// Signs in with a recovery code, and with the app.
async fn second_factors_work(lea: &mut Lea) {
    lea.wait();
    let challenge = lea.challenge().await;
    let code = lea.recovery_codes.pop().expect("one of ten");
    let opened = lea.answer(&challenge, Answer::RecoveryCode(code)).await;
    opened.expect("a recovery code");
    let challenge = lea.challenge().await;
    let opened = lea.answer(&challenge, Answer::TotpCode(lea.code())).await;
    opened.expect("a code of the app");
}

/// Twice: nobody notices the second one either.
async fn rotate(server: &Server) -> String {
    done(&rotate_once(server).await);
    done(&rotate_once(server).await)
}

/// It takes longer than a call may: waited for here, it would hold up the calls that this thread makes meanwhile.
async fn rotate_once(server: &Server) -> Output {
    let mut command = server.command();
    command.args(["keys", "rotate-master"]);
    let ended = tokio::task::spawn_blocking(move || command.output());
    ended.await.expect("a thread").expect("the binary runs")
}

#[tokio::test]
async fn nobody_notices_that_the_master_key_is_replaced() {
    let server = Server::builder()
        .env(KEY, key("01"))
        // The command waits for as long as a call may take.
        .env("GUICHET_MAX_DEADLINE", "5s")
        .start()
        .await;
    people::active(&server, "max", "").await;
    let nina = people::active(&server, "nina", "").await.id;
    let [first, second] = [
        people::short_code(&server, &nina).await,
        people::tokens(&server, "max", GOOD_PASSWORD)
            .await
            .refresh_token,
    ];
    let mut max = Session(second);
    let mut lea = Lea::enrolled(server).await;
    let before = first_head(&lea.server).await;

    // Given both keys, servers go on under the previous one.
    lea.server.set(KEY, Some(&key("02")));
    lea.server.set(PREVIOUS, Some(&key("01")));
    lea.server.restart().await;
    max.goes_on(&lea.server).await;
    second_factors_work(&mut lea).await;

    let told = rotate(&lea.server).await;
    assert!(told.contains(" 0 second factors"), "{told}");
    max.goes_on(&lea.server).await;
    second_factors_work(&mut lea).await;
    let between = head(&lea.server, Some(&before));

    // The previous one is not needed any more.
    lea.server.set(PREVIOUS, None);
    lea.server.restart().await;
    max.goes_on(&lea.server).await;
    second_factors_work(&mut lea).await;
    complete(&lea.server, &nina, &first).await;
    head(&lea.server, Some(&before));
    head(&lea.server, Some(&between));

    // Alone it opens nothing.
    lea.server.set(KEY, Some(&key("01")));
    let refused = text(&lea.server.cli(&["check"]));
    assert!(refused.contains("under another master key"), "{refused}");
    lea.server.set(KEY, Some(&key("02")));
}

#[tokio::test]
async fn servers_may_be_given_their_keys_one_after_the_other() {
    let mut server = Server::builder()
        .env(KEY, key("01"))
        .env("GUICHET_MAX_DEADLINE", "5s")
        .start()
        .await;
    if !server.on_postgres() {
        // One SQLite has one server; `tests/run` runs this on PostgreSQL too.
        return;
    }
    people::active(&server, "max", "").await;
    let tokens = people::tokens(&server, "max", GOOD_PASSWORD).await;
    let mut max = Session(tokens.refresh_token);
    let mut other = server.replica().await;
    for replica in [&mut server, &mut other] {
        replica.set(KEY, Some(&key("02")));
        replica.set(PREVIOUS, Some(&key("01")));
        replica.restart().await;
        max.goes_on(replica).await;
    }
    let replicas = [&other, &server];

    let is_done = AtomicBool::new(false);
    let rotation = async {
        rotate(&server).await;
        is_done.store(true, Ordering::Relaxed);
    };
    let work = async {
        let mut turn = replicas.iter().cycle();
        while !is_done.load(Ordering::Relaxed) {
            let replica = turn.next().expect("one of two");
            max.goes_on(replica).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(rotation, work);
    head(&server, None);
}

#[tokio::test]
async fn a_key_that_was_never_in_force_is_refused() {
    let mut server = Server::builder().env(KEY, key("01")).start().await;

    server.set(PREVIOUS, Some(&key("03")));
    let refused = text(&server.cli(&["check"]));
    assert!(refused.contains("was never sealed under"), "{refused}");
    server.set(KEY, Some(&key("02")));
    let refused = text(&server.cli(&["check"]));
    assert!(
        refused.contains("GUICHET_MASTER_KEY_PREVIOUS either"),
        "{refused}"
    );
    server.set(PREVIOUS, Some(&key("02")));
    let refused = text(&server.cli(&["check"]));
    assert!(refused.contains("is the master key itself"), "{refused}");
    server.set(KEY, Some(&key("01")));
    server.set(PREVIOUS, None);
    let refused = server.cli(&["keys", "rotate-master"]);
    assert!(text(&refused).contains("there is no previous key"));
    assert!(!refused.status.success());
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_wants_the_previous_key() {
    let mut server = Server::builder()
        .env(KEY, key("01"))
        .env("GUICHET_MAX_DEADLINE", "1s")
        .start()
        .await;
    server.set(KEY, Some(&key("02")));
    server.set(PREVIOUS, Some(&key("01")));
    server.restart().await;
    rotate(&server).await;
    let place = if server.on_postgres() {
        return;
    } else {
        Place::of(&server)
    };
    place
        .execute("UPDATE retired_key SET finish_time = NULL")
        .await;

    server.set(PREVIOUS, None);
    let refused = text(&server.cli(&["check"]));
    assert!(refused.contains("rotate-master` to its end"), "{refused}");
    server.set(PREVIOUS, Some(&key("01")));
    rotate(&server).await;
    server.set(PREVIOUS, None);
    done(&server.cli(&["audit", "verify"]));
}
