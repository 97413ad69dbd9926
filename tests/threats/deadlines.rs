//! Calls that their callers give up.

use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    CompleteResetRequest, GetUserInfoRequest, LoginRequest, RefreshRequest, RevokeResetRequest,
    Tokens,
};
use guichet_tests::patience::until;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Mail, Place, Server, Untouched, expect_error};
use http::Method;
use prost::Message as _;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use tonic::Code;

const LOGIN: &str = "/guichet.v1.AuthService/Login";
const REFRESH: &str = "/guichet.v1.AuthService/Refresh";
const COMPLETE: &str = "/guichet.v1.ResetService/CompleteReset";
const REVOKE: &str = "/guichet.v1.ResetService/RevokeReset";

const EMAIL: &str = "lea@ecole.example";

/// How long the server may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(10);

fn wrong_sign_in() -> Vec<u8> {
    let request = LoginRequest {
        username: "lea".into(),
        password: OTHER_PASSWORD.into(),
        device_name: String::new(),
        ..Default::default()
    };
    frame(0, &request.encode_to_vec())
}

#[tokio::test]
async fn a_time_limit_is_read_strictly_and_never_longer_than_ours() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let untouched = Untouched::before(&server).await;
    let wire = Wire::connect(&server).await;

    for (limit, expected) in [
        ("0n", Code::DeadlineExceeded),
        ("1n", Code::DeadlineExceeded),
        ("1m", Code::DeadlineExceeded),
        ("99999999H", Code::Unauthenticated),
        // What is no limit is none.
        ("-1S", Code::Unauthenticated),
        ("1x", Code::Unauthenticated),
        ("123456789n", Code::Unauthenticated),
        ("", Code::Unauthenticated),
        ("S", Code::Unauthenticated),
        ("1 S", Code::Unauthenticated),
    ] {
        let headers = [GRPC, ("grpc-timeout", limit)];
        let answer = wire.post(LOGIN, &headers, &wrong_sign_in()).await;
        let code = answer.expect("an answer").code();
        assert_eq!(code, Some(expected), "{limit:?}");
    }

    untouched.assert("a limit").await;
}

/// Whether so many tries are counted for the name, here and everywhere. What a whole network and everybody are charged for
/// comes later, and says nothing of one try.
async fn are_charged(server: &Server, tries: usize) -> bool {
    let failures = if server.on_postgres() {
        format!("\t{tries}\t")
    } else {
        format!("'integer{tries}integer")
    };
    let rows = &server.rows().await["throttle"];
    rows.iter().filter(|row| row.contains(&failures)).count() >= 2
}

/// Otherwise whoever gives up in time could go on guessing.
#[tokio::test]
async fn a_guess_that_is_given_up_counts() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "3")
        .env("GUICHET_ARGON2", "m=65536,t=3,p=1")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    for tries in 1..=3 {
        let wire = Wire::connect(&server).await;
        let call = wire.open(Method::POST, LOGIN, &[GRPC]).await;
        let mut call = call.expect("an open call");
        call.finish(&wrong_sign_in());
        let deadline = Instant::now() + PATIENCE;
        while !are_charged(&server, tries).await {
            assert!(Instant::now() < deadline, "it was never charged");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop((call, wire));
    }

    let slowed = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
    expect_error(slowed, Code::ResourceExhausted, "THROTTLED");
}

/// A connection beside the server's that keeps it from writing: on SQLite anything, on PostgreSQL the rows that it takes.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    async fn of(server: &Server, rows: &'static str) -> Self {
        if let Some(postgres) = server.postgres() {
            let connection = PgConnection::connect(&postgres.url()).await;
            let mut holder = Self::Postgres(connection.expect("a database"));
            holder.execute("BEGIN").await;
            holder.execute(rows).await;
            return holder;
        }
        let connection = SqliteConnection::connect(Place::of(server).url()).await;
        let mut holder = Self::Sqlite(connection.expect("a file of SQLite's"));
        holder.execute("BEGIN IMMEDIATE").await;
        holder
    }

    /// Carries out a statement, and tells whether it found anything.
    async fn execute(&mut self, sql: &'static str) -> bool {
        let found = match self {
            Self::Sqlite(connection) => {
                let found = sqlx::query(sql).fetch_optional(connection).await;
                found.map(|row| row.is_some())
            }
            Self::Postgres(connection) => {
                let found = sqlx::query(sql).fetch_optional(connection).await;
                found.map(|row| row.is_some())
            }
        };
        found.expect(sql)
    }

    async fn lets_go(&mut self) {
        self.execute("COMMIT").await;
    }
}

const CODES: &str = "SELECT 1 FROM reset_code FOR UPDATE";

const SESSIONS: &str = "SELECT 1 FROM session FOR UPDATE";

/// Otherwise whoever has a link, and not the address, could ask for it by calls that end before they are counted.
#[tokio::test]
async fn nothing_is_told_of_an_address_before_it_is_counted() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    let wire = Wire::connect(&server).await;

    let mut holder = Holder::of(&server, CODES).await;
    for email in ["x@ecole.example", EMAIL] {
        let request = CompleteResetRequest {
            user_id: link.user_id.clone(),
            code: link.code.clone(),
            email: email.into(),
            new_password: "a".into(),
            ..Default::default()
        };
        let headers = [GRPC, ("grpc-timeout", "500m")];
        let asked = frame(0, &request.encode_to_vec());
        let answer = wire.post(COMPLETE, &headers, &asked).await;
        let code = answer.expect("an answer").code();
        assert_eq!(code, Some(Code::DeadlineExceeded), "{email}");
    }
    holder.lets_go().await;

    // What is right is never one too many.
    let anyone = server.anyone().await;
    for _ in 0..6 {
        let refused = people::complete(&anyone, &link, EMAIL, "a").await;
        expect_error(refused, Code::InvalidArgument, "PASSWORD_RULES");
    }
    let used = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    used.expect("a code that is still good");
}

/// Or anybody could keep those waiting who write.
#[tokio::test]
async fn who_shows_a_code_that_never_was_does_not_wait_to_write() {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    let wire = Wire::connect(&server).await;
    let _holder = Holder::of(&server, CODES).await;

    let code = "A".repeat(43);
    let asked = frame(0, &RevokeResetRequest { user_id, code }.encode_to_vec());
    let headers = [GRPC, ("grpc-timeout", "4S")];
    let answer = wire.post(REVOKE, &headers, &asked).await;

    assert_eq!(answer.expect("an answer").code(), Some(Code::Ok));
}

fn renewal(tokens: &Tokens) -> Vec<u8> {
    let request = RefreshRequest {
        refresh_token: tokens.refresh_token.clone(),
    };
    frame(0, &request.encode_to_vec())
}

/// Asks for a renewal that can't be done in this time.
async fn renew_in_vain(wire: &Wire, tokens: &Tokens, limit: &str) {
    let headers = [GRPC, ("grpc-timeout", limit)];
    let answer = wire.post(REFRESH, &headers, &renewal(tokens)).await;
    let code = answer.expect("an answer").code();
    assert_eq!(code, Some(Code::DeadlineExceeded));
}

/// The grace of the old token begins when it has a successor, not when that was asked for.
#[tokio::test]
async fn a_renewal_that_is_given_up_and_done_late_is_dated_when_it_is_done() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let wire = Wire::connect(&server).await;

    let mut holder = Holder::of(&server, SESSIONS).await;
    renew_in_vain(&wire, &tokens, "3S").await;
    holder.lets_go().await;
    until("a renewal that is dated anew", async || {
        let dated = "SELECT 1 FROM session WHERE generation = 1 AND rotate_time > last_use_time";
        holder.execute(dated).await.then_some(())
    })
    .await;

    // Eleven seconds after it was asked for, and eight after it was done.
    server.advance(Duration::from_secs(8));
    let renewed = people::refresh(&server, &tokens.refresh_token).await;
    renewed.expect("a session that lives");
    server.advance(Duration::from_secs(11));
    let stolen = people::refresh(&server, &tokens.refresh_token).await;
    expect_error(
        stolen.map(tonic::Response::new),
        Code::Unauthenticated,
        "TOKEN_REUSED",
    );
}

#[tokio::test]
async fn who_asks_again_while_a_renewal_is_done_late_is_no_thief() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let wire = Wire::connect(&server).await;

    let mut holder = Holder::of(&server, SESSIONS).await;
    renew_in_vain(&wire, &tokens, "500m").await;
    server.advance(Duration::from_secs(11));
    let again = wire.open(Method::POST, REFRESH, &[GRPC]).await;
    let mut again = again.expect("an open call");
    again.finish(&renewal(&tokens));
    // Meanwhile it has come to where it waits.
    for _ in 0..5 {
        let told = lea.auth().get_user_info(GetUserInfoRequest {}).await;
        told.expect("an answer");
    }
    holder.lets_go().await;

    let answer = again.answer().await.expect("an answer");
    assert_eq!(answer.code(), Some(Code::Ok));
}

/// The one who hangs up doesn't learn whether it was done; the account knows.
#[tokio::test]
async fn a_reset_whose_caller_hangs_up_is_done_whole_or_not_at_all() {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;
    let mut current = GOOD_PASSWORD.to_owned();
    let mut used = Vec::new();
    let (mut done, mut mails) = (0, 0);

    // The last one is answered by then, however busy the machine is.
    let waits = [0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200, 3_000];
    for (round, wait) in waits.into_iter().enumerate() {
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        mails += 1;
        let all = server.mailbox().wait_for(EMAIL, mails).await;
        let mut fresh = all.iter().flat_map(Mail::links);
        let link = fresh
            .find(|link| !used.contains(&link.code))
            .expect("a link");
        used.push(link.code.clone());
        let chosen = format!("Tilou{round}93!");
        server.remember(&chosen);
        let request = CompleteResetRequest {
            user_id: user_id.clone(),
            code: link.code.clone(),
            email: EMAIL.into(),
            new_password: chosen.clone(),
            ..Default::default()
        };

        let wire = Wire::connect(&server).await;
        let call = wire.open(Method::POST, COMPLETE, &[GRPC]).await;
        let mut call = call.expect("an open call");
        call.finish(&frame(0, &request.encode_to_vec()));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        drop((call, wire));

        if opens_soon(&server, &chosen).await {
            let before = people::sign_in(&server, "lea", &current).await;
            assert!(before.is_err(), "round {round}: both passwords open it");
            let again = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
            expect_error(again, Code::FailedPrecondition, "RESET_CODE_INVALID");
            current = chosen;
            done += 1;
        } else {
            people::tokens(&server, "lea", &current).await;
            let used = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
            used.expect("a code that is still good");
            OTHER_PASSWORD.clone_into(&mut current);
        }
        // Either way the password was changed, and told.
        mails += 1;
        server.mailbox().wait_for(EMAIL, mails).await;
    }

    assert!(done > 0, "nothing was ever done");
}

/// Whether a password opens Léa's account, now or as soon as what was begun has ended.
async fn opens_soon(server: &Server, password: &str) -> bool {
    for _ in 0..10 {
        if people::sign_in(server, "lea", password).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
