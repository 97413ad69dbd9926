//! Several servers on one PostgreSQL are one product: what one has done, the others know.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    BeginTotpEnrollmentRequest, GetUserInfoRequest, IntrospectRequest, LoginRequest, LogoutRequest,
    MessageState, SendTestMessageRequest,
};
use guichet_client::{Reason, error};
use guichet_tests::door::{Door, is_throttled};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::races::{self, CALLS, EMAIL, clients, race, three};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::web::metric;
use guichet_tests::{Postgres, Server};
use tokio::task::JoinSet;

mod order;
mod waiting;

mod second_factor;

/// Rounds of each race: enough for one in ten to show.
const ROUNDS: usize = 20;

/// Rounds where every call is begun several times.
const FEW: usize = 3;

fn empty_database() -> Arc<Postgres> {
    let data = tempfile::tempdir().expect("a temporary directory");
    Postgres::of_this_run(data.path()).expect("a PostgreSQL: run this beside `tests/postgres`")
}

/// Has the database roll back two of three transactions that come to these rows, as it does for another's sake.
fn roll_back_two_of_three(postgres: &Postgres, rows: &str) {
    // A sequence counts on where a transaction is rolled back.
    postgres.execute(&format!(
        "CREATE SEQUENCE tries; \
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('tries') % 3 <> 0 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF; \
             RETURN NEW; \
         END $$; \
         CREATE TRIGGER refuse BEFORE {rows} EXECUTE FUNCTION refuse()"
    ));
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_all_serve() {
    let postgres = empty_database();
    let start = || {
        Server::builder()
            .sharing(&postgres)
            .env("GUICHET_MASTER_KEY", "07".repeat(32))
            .start()
    };

    let servers = tokio::join!(start(), start(), start());

    people::active(&servers.0, "lea", EMAIL).await;
    for server in [&servers.1, &servers.2] {
        people::tokens(server, "lea", GOOD_PASSWORD).await;
    }
}

#[tokio::test]
async fn an_older_version_keeps_off_a_newer_schema() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    postgres.execute("INSERT INTO seaql_migrations VALUES ('m9999_from_the_future', 0)");

    let refused = server.cli(&["migrate", "up"]);

    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("newer Guichet"), "{told}");
    assert!(told.contains("m9999_from_the_future"), "{told}");
}

#[tokio::test]
async fn of_many_at_once_exactly_one_uses_a_code() {
    races::complete(Server::start().await, ROUNDS).await;
}

#[tokio::test]
async fn one_refresh_token_has_one_successor_everywhere() {
    races::refresh(Server::start().await, ROUNDS).await;
}

#[tokio::test]
async fn what_the_database_rolls_back_for_another_s_sake_is_begun_again() {
    races::complete(serializable().await, FEW).await;
    races::refresh(serializable().await, FEW).await;
}

/// A server of a database where nobody sees what others do at the same time, and many are rolled back for it.
async fn serializable() -> Server {
    let postgres = empty_database();
    postgres.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation TO serializable', \
         current_database()); END $$",
    );
    Server::builder().sharing(&postgres).start().await
}

#[tokio::test]
async fn a_session_that_ended_on_one_has_ended_on_all() {
    let servers = three(Server::start().await).await;
    let tokens = people::tokens(&servers[0], "lea", GOOD_PASSWORD).await;
    let key = servers[0].api_key().to_owned();
    let request = LogoutRequest {
        refresh_token: tokens.refresh_token.clone(),
    };

    let signed_out = servers[1].anyone().await.auth().logout(request).await;

    signed_out.expect("signed out");
    for server in &servers {
        let refused = people::refresh(server, &tokens.refresh_token).await;
        refused.expect_err("a dead session");
        let request = IntrospectRequest {
            token: tokens.access_token.clone(),
        };
        let admin = server.as_person(&key).await;
        let reply = admin.auth().introspect(request).await.expect("an answer");
        assert!(!reply.into_inner().active);
    }
}

#[tokio::test]
async fn a_token_of_one_is_good_on_all_before_and_after_a_rotation() {
    let servers = three(Server::start().await).await;
    let before = people::tokens(&servers[0], "lea", GOOD_PASSWORD).await;
    assert!(servers[1].cli(&["keys", "rotate"]).status.success());
    let after = people::tokens(&servers[2], "lea", GOOD_PASSWORD).await;

    for server in &servers {
        for tokens in [&before, &after] {
            let lea = server.as_person(&tokens.access_token).await;
            let request = GetUserInfoRequest {};
            let user = lea
                .auth()
                .get_user_info(request)
                .await
                .expect("her account");
            assert_eq!(user.into_inner().username, "lea");
        }
    }
}

#[tokio::test]
async fn guesses_are_counted_together() {
    let first = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    let servers = three(first).await;
    let replicas = clients(&servers).await;

    let answers = race(&replicas, |replica| async move {
        let request = LoginRequest {
            username: "lea".into(),
            password: OTHER_PASSWORD.into(),
            device_name: String::new(),
            ..LoginRequest::default()
        };
        let refused = replica.auth().login(request).await;
        error::reason(&refused.expect_err("a wrong password"))
    })
    .await;

    let told = |wanted: Reason| {
        let wanted = Some(wanted);
        answers.iter().filter(|reason| **reason == wanted).count()
    };
    assert_eq!(
        [told(Reason::BadCredentials), told(Reason::Throttled)],
        [5, CALLS - 5]
    );
}

#[tokio::test]
async fn five_hundred_guesses_on_two_replicas_are_counted_one_by_one() {
    let first = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&first, "lea", EMAIL).await;
    let servers = [first.replica().await, first];
    let doors = [
        Door::from(&servers[0], [127, 0, 0, 1]).await,
        Door::from(&servers[1], [127, 0, 0, 1]).await,
    ];

    let mut guesses = JoinSet::new();
    for door in doors.iter().cycle().take(500) {
        let door = door.clone();
        guesses.spawn(async move { door.refusal("lea", OTHER_PASSWORD, "").await });
    }

    let refusals = guesses.join_all().await;
    let looked_at = refusals.iter().filter(|refusal| !is_throttled(refusal));
    assert_eq!(looked_at.count(), 5);
}

#[tokio::test]
async fn right_passwords_at_the_same_moment_are_right_on_every_replica() {
    let first = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    let servers = three(first).await;
    let replicas = clients(&servers).await;

    let answers = race(&replicas, |replica| async move {
        let request = LoginRequest {
            username: "lea".into(),
            password: GOOD_PASSWORD.into(),
            ..LoginRequest::default()
        };
        replica.auth().login(request).await
    })
    .await;

    for answer in answers {
        answer.expect("a right password");
    }
}

#[tokio::test]
async fn every_request_gets_one_mail_whoever_sends_it() {
    let servers = three(Server::start().await).await;
    for (index, server) in (0..30).zip(servers.iter().cycle()) {
        people::active(
            server,
            &format!("lea.{index}"),
            &format!("lea.{index}@ecole.example"),
        )
        .await;
    }

    for (index, server) in (0..30).zip(servers.iter().cycle().skip(1)) {
        let email = Identifier::Email(format!("lea.{index}@ecole.example"));
        people::ask_reset(server, email).await;
    }

    for index in 0..30 {
        servers[0]
            .mailbox()
            .last(&format!("lea.{index}@ecole.example"), 1)
            .await;
    }
    // A second copy would have come by now.
    people::reset_outcomes(&servers[0]).await;
    assert_eq!(servers[0].mailbox().all().len(), 30);
}

/// What becomes of a mail is written down after it has left: a transaction that is rolled back then must not send it again.
#[tokio::test]
async fn a_mail_that_has_left_leaves_once_whatever_is_rolled_back_for_another_s_sake() {
    let postgres = empty_database();
    let smtp = SmtpServer::start(Mode::Accept).await;
    let server = Server::builder()
        .sharing(&postgres)
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    roll_back_two_of_three(
        &postgres,
        "UPDATE ON outbox FOR EACH ROW WHEN (NEW.state = 'SENT')",
    );
    people::active(&server, "lea", EMAIL).await;

    let request = SendTestMessageRequest {
        recipient: EMAIL.into(),
        ..SendTestMessageRequest::default()
    };
    let tested = server.admin().await.mail().send_test_message(request).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;

    let told = tested.expect("an answer").into_inner().message;
    assert_eq!(told.expect("the mail").state(), MessageState::Sent);
    let queued = "guichet_outbox_messages{state=\"queued\"}";
    let deadline = Instant::now() + Duration::from_secs(20);
    while smtp.messages().len() < 2 || metric(&server, queued).await != Some(0.0) {
        assert!(Instant::now() < deadline, "not written down as sent");
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
    assert_eq!(smtp.messages().len(), 2, "a copy");
}

/// The row that a sign-in waits for is looked at anew when it is free; what stands beside it is not, by itself.
#[tokio::test]
async fn a_password_alone_opens_nothing_that_waited_for_an_app_to_be_confirmed() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let request = BeginTotpEnrollmentRequest {
        current_password: GOOD_PASSWORD.into(),
    };
    let lea = server.as_person(&tokens.access_token).await;
    let begun = lea.auth().begin_totp_enrollment(request).await;
    begun.expect("a secret");

    // What confirming does, held open for so long that a sign-in comes to the row.
    let confirming = tokio::task::spawn_blocking(move || {
        postgres.execute(
            "BEGIN; SELECT 1 FROM account FOR UPDATE; SELECT pg_sleep(2); \
             UPDATE totp SET confirm_time = create_time; COMMIT",
        );
    });
    let (outcome, took) = loop {
        let begun = Instant::now();
        let reply = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
        let outcome = reply.expect("the right password").into_inner().outcome;
        let is_over = confirming.is_finished();
        if is_over || begun.elapsed() > Duration::from_secs(1) {
            break (outcome, begun.elapsed());
        }
    };

    assert!(took > Duration::from_secs(1), "no sign-in waited");
    assert!(matches!(outcome, Some(Outcome::Challenge(_))));
    confirming.await.expect("a confirmed app");
}
