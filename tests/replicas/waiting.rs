//! What waits for an account while somebody changes it: what it was before counts no more.

use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, BeginTotpEnrollmentRequest, ConfirmTotpEnrollmentRequest, EnableAccountRequest,
    GenerateRecoveryCodesRequest, ListMessagesRequest, MailMessage, MessageState,
    RemoveTotpRequest, RequestEmailChangeRequest, UpdateAccountRequest,
};
use guichet_client::{Reason, error};
use guichet_tests::patience::until;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::races::EMAIL;
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Postgres, Server, expect_error};
use prost_types::FieldMask;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use tokio::task::JoinSet;
use tonic::{Code, Response, Status};

use crate::empty_database;
use crate::second_factor::shown;

/// What "this was not me" does.
const END_PASSWORD: &str = "UPDATE account SET password_hash = NULL, state = 'PENDING', \
     version = version + 1 WHERE username = 'lea'";

/// What stopping an account does.
const STOP: &str = "UPDATE account SET state = 'DISABLED', prior_state = state, \
     version = version + 1 WHERE username = 'lea'";

/// Whoever waits for this connection.
const SOMEBODY_WAITS: &str =
    "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";

/// How many wait for something that somebody else holds.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Takes Léa's account.
pub(crate) const LEA: &str = "SELECT 1 FROM account WHERE username = 'lea' FOR UPDATE";

/// What a password that is wrong by now is told.
const WRONG: (Code, &str) = (Code::Unauthenticated, "BAD_CREDENTIALS");

/// A connection beside the server's that has some rows, as whoever changes them.
pub(crate) struct Holder(PgConnection);

impl Holder {
    async fn of_lea(postgres: &Postgres) -> Self {
        Self::of(postgres, LEA).await
    }

    /// Whoever has what this statement takes.
    pub(crate) async fn of(postgres: &Postgres, hold: &'static str) -> Self {
        let connection = PgConnection::connect(&postgres.url()).await;
        let mut holder = Self(connection.expect("a database"));
        holder.execute("BEGIN").await;
        holder.execute(hold).await;
        holder
    }

    async fn execute(&mut self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.0).await.expect(sql);
    }

    /// Changes something once somebody has come to what is held, and lets go.
    pub(crate) async fn changes_it_meanwhile(&mut self, change: &'static str) {
        until("somebody who waits", async || {
            let waits = sqlx::query(SOMEBODY_WAITS).fetch_optional(&mut self.0);
            waits.await.expect("the locks")
        })
        .await;
        self.execute(change).await;
        self.execute("COMMIT").await;
    }

    async fn count(&mut self, count: &'static str) -> i64 {
        let counted = sqlx::query(count).fetch_one(&mut self.0).await;
        counted.expect("a count").get(0)
    }

    /// Codes that are neither used nor killed.
    async fn live_codes(&mut self) -> i64 {
        let count =
            "SELECT count(*) FROM reset_code WHERE use_time IS NULL AND revoke_time IS NULL";
        self.count(count).await
    }
}

async fn mails(server: &Server) -> Vec<MailMessage> {
    let request = ListMessagesRequest::default();
    let reply = server.admin().await.mail().list_messages(request).await;
    reply.expect("a list").into_inner().messages
}

/// Asserts that Léa's password, right when it was looked at and dead when the call came to her account, opens nothing.
async fn has_no_say<T>(
    postgres: &Postgres,
    call: impl Future<Output = Result<Response<T>, Status>>,
    (code, reason): (Code, &str),
) {
    let mut holder = Holder::of_lea(postgres).await;
    let (answer, ()) = tokio::join!(call, holder.changes_it_meanwhile(END_PASSWORD));
    expect_error(answer, code, reason);
}

#[tokio::test]
async fn a_password_that_ended_while_a_thief_s_call_waited_brings_no_address() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let thief = server.as_person(&tokens.access_token).await;

    let request = RequestEmailChangeRequest {
        new_email: "voleur@ailleurs.example".into(),
        current_password: GOOD_PASSWORD.into(),
        ..RequestEmailChangeRequest::default()
    };
    let asking = async { thief.account().request_email_change(request).await };
    has_no_say(&postgres, asking, WRONG).await;

    assert_eq!(mails(&server).await, []);
}

#[tokio::test]
async fn a_password_that_ended_while_a_thief_s_call_waited_changes_no_second_factor() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let thief = server.as_person(&tokens.access_token).await;
    let current_password = GOOD_PASSWORD.to_owned();
    let alive = "CREATE TABLE alive AS SELECT password_hash FROM account WHERE username = 'lea'";
    postgres.execute(alive);
    let revive = || {
        let sql = "UPDATE account SET password_hash = alive.password_hash, state = 'ACTIVE' \
             FROM alive WHERE username = 'lea'";
        postgres.execute(sql);
    };

    let request = BeginTotpEnrollmentRequest {
        current_password: current_password.clone(),
    };
    let beginning = async { thief.auth().begin_totp_enrollment(request.clone()).await };
    has_no_say(&postgres, beginning, WRONG).await;
    revive();
    let begun = thief.auth().begin_totp_enrollment(request.clone()).await;
    let request = ConfirmTotpEnrollmentRequest {
        totp_code: shown(&begun.expect("a secret").get_ref().uri),
    };
    // Its password was given when the secret was made.
    let confirming = async { thief.auth().confirm_totp_enrollment(request).await };
    has_no_say(&postgres, confirming, (Code::FailedPrecondition, "STATE")).await;
    revive();
    postgres.execute("UPDATE totp SET confirm_time = create_time");

    let request = GenerateRecoveryCodesRequest {
        current_password: current_password.clone(),
    };
    let generating = async { thief.auth().generate_recovery_codes(request).await };
    has_no_say(&postgres, generating, WRONG).await;
    revive();
    let request = RemoveTotpRequest {
        current_password,
        ..RemoveTotpRequest::default()
    };
    let removing = async { thief.auth().remove_totp(request).await };
    has_no_say(&postgres, removing, WRONG).await;
}

#[tokio::test]
async fn a_mail_that_waited_while_its_account_was_stopped_makes_no_link() {
    let postgres = empty_database();
    let smtp = SmtpServer::start(Mode::Defer).await;
    let server = Server::builder()
        .sharing(&postgres)
        .env("GUICHET_MAIL_URL", smtp.url())
        .start()
        .await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    until("a mail that was put off", async || {
        let tried = mails(&server).await.pop()?;
        (!tried.answer.is_empty()).then_some(())
    })
    .await;

    let mut holder = Holder::of_lea(&postgres).await;
    smtp.set_mode(Mode::Accept);
    server.advance(Duration::from_mins(10));
    holder.changes_it_meanwhile(STOP).await;
    let mail = until("what becomes of the mail", async || {
        let mail = mails(&server).await.pop()?;
        (mail.state() != MessageState::Queued).then_some(mail)
    })
    .await;

    assert_eq!(mail.state(), MessageState::Dead);
    assert_eq!(smtp.messages(), [""; 0]);
    let request = EnableAccountRequest { account_id };
    let enabled = server.admin().await.account().enable_account(request).await;
    enabled.expect("an account");
    assert_eq!(holder.live_codes().await, 0);
}

/// All of them want the same row, and there are eight connections that write.
#[tokio::test]
async fn others_sign_in_beside_hundreds_of_changes_of_one_person() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::active(&server, "noa", "noa@ecole.example").await;
    let access = people::tokens(&server, "lea", GOOD_PASSWORD)
        .await
        .access_token;
    let mut holder = Holder::of_lea(&postgres).await;
    let mut changes = JoinSet::new();
    for connection in 0..10 {
        let lea = server.as_person(&access).await;
        for number in 0..20 {
            let request = UpdateAccountRequest {
                account: Some(Account {
                    id: id.clone(),
                    display_name: format!("Léa {connection} {number}"),
                    ..Account::default()
                }),
                update_mask: Some(FieldMask {
                    paths: vec!["display_name".into()],
                }),
            };
            let lea = lea.clone();
            changes.spawn(async move { lea.account().update_account(request).await });
        }
    }
    until("changes that wait", async || {
        (holder.count(WAITING).await >= 2).then_some(())
    })
    .await;

    let mut noa = people::tokens(&server, "noa", GOOD_PASSWORD).await;
    for _ in 0..5 {
        people::tokens(&server, "noa", GOOD_PASSWORD).await;
        let renewed = people::refresh(&server, &noa.refresh_token).await;
        noa = renewed.expect("a session that goes on");
    }

    assert_eq!(holder.count(WAITING).await, 2);
    holder.execute("COMMIT").await;
    let answers = changes.join_all().await;
    assert!(answers.iter().any(Result::is_ok));
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    for reason in refused.map(error::reason) {
        assert_ne!(reason, Some(Reason::StoreUnavailable));
    }
}
