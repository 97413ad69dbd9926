//! An import whose call is reset in the middle, as a client does that is cancelled or whose deadline passes.

use std::time::Duration;

use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::{ImportAccountsRequest, ImportBegin, ImportState, ListImportsRequest};
use guichet_tests::wire::frame;
use guichet_tests::{Server, patience};
use h2::Reason;
use http::Request;
use prost::Message as _;
use tokio::net::TcpStream;

use super::{begin, get, import, row};

/// Longer than it takes to write a batch, so that nothing but the end is waited for.
const A_WHILE: Duration = Duration::from_millis(300);

/// Sends `begin` and a row, and resets the call once that is written.
async fn reset(server: &Server, fingerprint: &str, reason: Reason) -> String {
    let admin = server.admin().await;
    let address = server.url().replace("http://", "");
    let stream = TcpStream::connect(&address).await.expect("a server");
    let (mut client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::post(format!(
        "http://{address}/guichet.v1.ImportService/ImportAccounts"
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .header("authorization", format!("Bearer {}", server.api_key()))
    .body(());
    let request = request.expect("a request");
    let (answer, mut upload) = client.send_request(request, false).expect("a stream");
    let begin = ImportBegin {
        fingerprint: fingerprint.into(),
        ..begin()
    };
    for message in [Asked::Begin(begin), Asked::Row(row(1, fingerprint))] {
        let message = Some(message);
        let message = ImportAccountsRequest { message }.encode_to_vec();
        upload
            .send_data(frame(0, &message).into(), false)
            .expect("room");
    }
    let id = patience::until("a row that is written", async || {
        let asked = ListImportsRequest {
            fingerprint: fingerprint.into(),
            ..ListImportsRequest::default()
        };
        let found = admin.import().list_imports(asked).await.expect("jobs");
        let job = found.into_inner().imports.pop()?;
        (job.last_row_number == 1).then_some(job.id)
    })
    .await;
    tokio::time::sleep(A_WHILE).await;
    upload.send_reset(reason);
    drop(answer);
    tokio::time::sleep(A_WHILE).await;
    id
}

#[tokio::test]
async fn an_import_whose_call_is_reset_has_not_come_to_its_end() {
    let server = Server::start().await;
    let admin = server.admin().await;
    for (fingerprint, reason) in [("lea", Reason::CANCEL), ("leo", Reason::NO_ERROR)] {
        let id = reset(&server, fingerprint, reason).await;

        let job = get(&admin, &id).await;
        assert_eq!(job.state(), ImportState::Running, "{reason:?}");
        let resumed = ImportBegin {
            import_id: id,
            ..ImportBegin::default()
        };
        let (job, _) = import(&admin, resumed, vec![row(2, &format!("{fingerprint}.2"))])
            .await
            .expect("the rest");
        assert_eq!(job.state(), ImportState::Completed);
    }
}
