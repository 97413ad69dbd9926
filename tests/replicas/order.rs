//! In which order rows are taken: of two calls that wait for each other, PostgreSQL ends one.

use guichet_client::proto::{
    ConfirmEmailChangeRequest, RequestEmailChangeRequest, RevokeResetRequest, UnlockAccountRequest,
};
use guichet_tests::door::Door;
use guichet_tests::patience::until;
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::races::EMAIL;
use guichet_tests::{Postgres, Server};
use tonic::{Response, Status};

use crate::empty_database;
use crate::waiting::{Holder, LEA};

const NEW_EMAIL: &str = "lea.martin@ecole.example";

/// Asserts that a call which waits for what is held has nothing that its holder asks for next.
async fn waits_with_nothing_in_hand<T>(
    postgres: &Postgres,
    [held, next]: [&'static str; 2],
    call: impl Future<Output = Result<Response<T>, Status>>,
) {
    let mut holder = Holder::of(postgres, held).await;
    let (answer, ()) = tokio::join!(call, holder.changes_it_meanwhile(next));
    answer.expect("an answer");
}

#[tokio::test]
async fn who_uses_a_code_takes_its_account_first() {
    let postgres = empty_database();
    let server = Server::builder().sharing(&postgres).start().await;
    people::active(&server, "lea", EMAIL).await;
    let anyone = server.anyone().await;
    let rows = [LEA, "SELECT 1 FROM reset_code FOR UPDATE NOWAIT"];

    let link = people::reset_link(&server, EMAIL).await;
    let completing = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD);
    waits_with_nothing_in_hand(&postgres, rows, completing).await;

    let not_me = server.mailbox().last(EMAIL, 2).await.revoke_link();
    let tokens = people::tokens(&server, "lea", OTHER_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let request = RequestEmailChangeRequest {
        new_email: NEW_EMAIL.into(),
        current_password: OTHER_PASSWORD.into(),
        ..RequestEmailChangeRequest::default()
    };
    let asked = lea.account().request_email_change(request).await;
    asked.expect("a request");
    let mail = server.mailbox().last(NEW_EMAIL, 1).await;
    let link = mail.links_to("ConfirmEmail").remove(0);
    let request = ConfirmEmailChangeRequest {
        user_id: link.user_id,
        code: link.code,
    };
    server.mailbox().wait_for(EMAIL, 3).await;
    let confirming = async { anyone.account().confirm_email_change(request).await };
    waits_with_nothing_in_hand(&postgres, rows, confirming).await;

    let request = RevokeResetRequest {
        user_id: not_me.user_id,
        code: not_me.code,
    };
    server.mailbox().wait_for(EMAIL, 4).await;
    server.mailbox().wait_for(NEW_EMAIL, 2).await;
    let revoking = async { anyone.reset().revoke_reset(request).await };
    waits_with_nothing_in_hand(&postgres, rows, revoking).await;
}

/// One more counter of Léa's name beside three, behind all others.
const ONE_MORE: &str = "INSERT INTO throttle (key, failures, open_time, expire_time) \
     SELECT substring(key FOR 16) || decode(repeat('ff', 16), 'hex'), 0, 0, max(expire_time) \
     FROM throttle GROUP BY substring(key FOR 16) HAVING count(*) = 3";

#[tokio::test]
async fn who_forgets_counters_takes_the_near_ones_before_those_of_all_networks() {
    let postgres = empty_database();
    let server = Server::builder()
        .sharing(&postgres)
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    for network in [0, 1] {
        let door = Door::from(&server, [127, 0, network, 1]).await;
        door.refusal("lea", OTHER_PASSWORD, "").await;
    }
    postgres.execute(ONE_MORE);
    let near = "SELECT 1 FROM throttle WHERE failures = 0 FOR UPDATE";
    // Where the tries of both networks are counted.
    let wide = "SELECT 1 FROM throttle WHERE failures = 2 FOR UPDATE NOWAIT";

    let admin = server.admin().await;
    let request = UnlockAccountRequest { account_id };
    let unlocking = async { admin.account().unlock_account(request).await };
    waits_with_nothing_in_hand(&postgres, [near, wide], unlocking).await;
}

/// Two counters that have expired.
const OLD: &str = "INSERT INTO throttle (key, failures, open_time, expire_time) \
     VALUES ('\\x01', 1, 1, 1), ('\\x02', 1, 1, 1)";

/// Waits until this many rows of a table are left.
async fn are_left(postgres: &Postgres, table: &str, count: usize) {
    until("the end of what has expired", async || {
        (postgres.rows()[table].len() == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_somebody_holds_keeps_nothing_else_from_being_swept() {
    let postgres = empty_database();
    let mut server = Server::builder().sharing(&postgres).start().await;
    // Each start sweeps.
    server.kill();
    postgres.execute(OLD);
    let hold = "SELECT 1 FROM throttle WHERE key = '\\x01' FOR UPDATE";
    let _holder = Holder::of(&postgres, hold).await;

    server.restart().await;

    are_left(&postgres, "throttle", 1).await;
}

#[tokio::test]
async fn a_table_that_cannot_be_swept_has_no_other_grow() {
    let postgres = empty_database();
    let mut server = Server::builder().sharing(&postgres).start().await;
    // Each start sweeps.
    server.kill();
    postgres.execute(OLD);
    postgres.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'stopped'; END $$; \
         CREATE TRIGGER refuse BEFORE DELETE ON throttle FOR EACH ROW EXECUTE FUNCTION refuse(); \
         INSERT INTO first_reply \
             (caller, request_id, request_hash, reply, account_id, expire_time) \
         VALUES ('somebody', gen_random_uuid(), '', '', gen_random_uuid(), 1)",
    );

    server.restart().await;

    are_left(&postgres, "first_reply", 0).await;
    are_left(&postgres, "throttle", 2).await;
}
