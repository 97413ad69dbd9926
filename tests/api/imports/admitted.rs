//! An import is nobody's before it is known who calls.

use guichet_client::TokenSource;
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Postgres, Server, patience, web};
use http::Method;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio_stream::pending;
use tonic::Code;

use crate::institutions::network::{self, Network, refusal};

const IMPORT: &str = "/guichet.v1.ImportService/ImportAccounts";
const GET_IMPORT: &str = "/guichet.v1.ImportService/GetImport";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A key that nobody was given.
const MADE_UP: (&str, &str) = ("authorization", "Bearer guichet_made-up");

const REFUSED: &str = "grpc_server_handled_total{grpc_service=\"guichet.v1.ImportService\",\
    grpc_method=\"ImportAccounts\",grpc_code=\"Unauthenticated\"}";

/// Whoever has come to what this connection holds: as many as look at a time.
const SOME_WAIT: &str = "SELECT 1 FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) OFFSET 1";

/// Nothing was sent yet that anybody had to read.
#[tokio::test]
async fn whoever_may_not_import_is_told_before_the_first_message() {
    let network = Network::start().await;
    let server = &network.server;
    network::person(server, "lea", &network.school).await;
    let pupil = network::signed_in(server, "lea").await;
    let tokens = TokenSource::bearer("guichet_made-up").expect("a key");
    let stranger = server.anyone().await.with_tokens(tokens);

    for (guichet, reason) in [(stranger, "TOKEN_INVALID"), (pupil, "FORBIDDEN")] {
        let refused = guichet.import().import_accounts(pending()).await;
        assert_eq!(refusal(refused), reason);
    }
}

/// They would stand in the line of all who only look, for as long as the database is slow.
#[tokio::test]
async fn nothing_goes_on_for_strangers_who_have_gone() {
    const STRANGERS: usize = 50;
    let server = Server::start().await;
    let Some(postgres) = server.postgres() else {
        return;
    };
    let mut keys = hold_keys(postgres).await;
    let wire = Wire::connect(&server).await;
    let mut calls = Vec::new();
    for _ in 0..STRANGERS {
        let call = wire.open(Method::POST, IMPORT, &[GRPC, MADE_UP]).await;
        calls.push(call.expect("an open call"));
    }
    patience::until("calls that wait", async || {
        let some = sqlx::query(SOME_WAIT).fetch_optional(&mut keys).await;
        some.expect("the locks")
    })
    .await;
    let ask = async |path| {
        let asked = wire.post(path, &[GRPC, MADE_UP], &frame(0, &[])).await;
        asked.expect("an answer").code()
    };
    // It came behind the others, and then, time and again, behind their end.
    assert_eq!(ask(HEALTH).await, Some(Code::Ok));
    drop(calls);
    for _ in 0..STRANGERS {
        assert_eq!(ask(HEALTH).await, Some(Code::Ok));
    }

    let freed = sqlx::query("ROLLBACK").execute(&mut keys).await;
    freed.expect("an end");

    // In the same line, behind all that still stand there.
    assert_eq!(ask(GET_IMPORT).await, Some(Code::Unauthenticated));
    let went_on = web::metric(&server, REFUSED).await.unwrap_or_default();
    // One or the other may not have seen yet that it is over.
    assert!(went_on < 10.0, "{went_on} of {STRANGERS} went on");
}

/// A connection that keeps everybody from looking at API keys.
async fn hold_keys(postgres: &Postgres) -> PgConnection {
    let connection = PgConnection::connect(&postgres.url()).await;
    let mut connection = connection.expect("a database");
    for sql in ["BEGIN", "LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE"] {
        sqlx::query(sql).execute(&mut connection).await.expect(sql);
    }
    connection
}
