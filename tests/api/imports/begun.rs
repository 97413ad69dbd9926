//! An import from its first message to its last: the protocol, and going on after a cut.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::{ImportAccountsRequest, ImportBegin, ImportState, ListImportsRequest};
use guichet_tests::{Server, expect_error};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response};

use super::{begin, get, import, lookup, row};
use crate::institutions::network::refusal;

/// Sends `begin` and rows, waits for their outcomes, and is gone without a word: whoever ends its side has sent all.
async fn cut_off(
    guichet: &Guichet,
    begin: ImportBegin,
    usernames: &[&str],
) -> (String, mpsc::Sender<ImportAccountsRequest>) {
    let (messages, incoming) = mpsc::channel(10);
    let first = Asked::Begin(begin);
    let rows = (1..)
        .zip(usernames)
        .map(|(number, name)| Asked::Row(row(number, name)));
    for message in std::iter::once(first).chain(rows) {
        let message = Some(message);
        messages
            .send(ImportAccountsRequest { message })
            .await
            .expect("room");
    }
    let reply = guichet
        .import()
        .import_accounts(ReceiverStream::new(incoming))
        .await;
    let mut answers = reply.expect("a stream").into_inner();
    let mut id = String::new();
    for _ in 0..=usernames.len() {
        match answers
            .message()
            .await
            .expect("an answer")
            .expect("more")
            .message
        {
            Some(Told::Import(job)) => id = job.id,
            Some(Told::Outcome(_)) => {}
            None => panic!("it is always set"),
        }
    }
    (id, messages)
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on_where_it_was() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let fingerprint = ImportBegin {
        fingerprint: "sha256:1".into(),
        ..begin()
    };
    let (id, _never_ended) = cut_off(&admin, fingerprint, &["lea", "leo"]).await;
    let job = get(&admin, &id).await;
    assert_eq!(
        (job.state(), job.last_row_number, job.created_count),
        (ImportState::Running, 2, 2)
    );

    let request = ListImportsRequest {
        fingerprint: "sha256:1".into(),
        state: ImportState::Running.into(),
        ..ListImportsRequest::default()
    };
    let open = admin
        .import()
        .list_imports(request)
        .await
        .expect("jobs")
        .into_inner()
        .imports;
    assert_eq!(
        open.into_iter().map(|job| job.id).collect::<Vec<_>>(),
        [id.as_str()]
    );

    let resumed = ImportBegin {
        import_id: id.clone(),
        ..ImportBegin::default()
    };
    let again = import(&admin, resumed.clone(), vec![row(2, "leo")]).await;
    assert_eq!(refusal(again), "INVALID_FIELDS", "row 2 has been judged");
    let (job, _) = import(&admin, resumed.clone(), vec![row(3, "lou")])
        .await
        .expect("the rest");
    assert_eq!(
        (job.state(), job.created_count, job.id),
        (ImportState::Completed, 3, id)
    );
    assert!(lookup(&admin, "lou").await.is_some());
    assert_eq!(refusal(import(&admin, resumed, Vec::new()).await), "STATE");
}

#[tokio::test]
async fn what_is_no_import_is_refused() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let cases = [
        ImportBegin::default(),
        ImportBegin {
            source: "Old".into(),
            ..begin()
        },
        ImportBegin {
            source: "a".repeat(65),
            ..begin()
        },
        ImportBegin {
            fingerprint: "\0".into(),
            ..begin()
        },
        ImportBegin {
            institution_id: "x".into(),
            ..begin()
        },
        ImportBegin {
            state: 3,
            ..begin()
        },
        ImportBegin {
            state: 99,
            ..begin()
        },
        ImportBegin {
            import_id: "x".into(),
            ..begin()
        },
    ];
    for case in cases {
        let refused = import(&admin, case.clone(), Vec::new())
            .await
            .map(Response::new);
        expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    }
    let unknown = ImportBegin {
        import_id: "01a20c72-d8b3-741a-9401-77aedf74200f".into(),
        ..begin()
    };
    assert_eq!(
        refusal(import(&admin, unknown, Vec::new()).await),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_the_protocol_is_refused() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let rows = vec![row(2, "lea"), row(2, "leo")];
    assert_eq!(
        refusal(import(&admin, begin(), rows).await),
        "INVALID_FIELDS"
    );
    assert!(
        lookup(&admin, "lea").await.is_none(),
        "rows are judged together or not at all"
    );

    let silent = tokio_stream::iter(Vec::<ImportAccountsRequest>::new());
    let mut answers = admin
        .import()
        .import_accounts(silent)
        .await
        .expect("a stream")
        .into_inner();
    assert_eq!(refusal(answers.message().await), "INVALID_FIELDS");
}

#[tokio::test]
async fn rows_are_judged_as_they_come_and_may_take_their_time() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let (messages, incoming) = mpsc::channel(10);
    let mut imports = admin.import();
    let reply = imports.import_accounts(ReceiverStream::new(incoming));
    let send = async |message| {
        let message = ImportAccountsRequest {
            message: Some(message),
        };
        messages.send(message).await.expect("room");
    };
    send(Asked::Begin(begin())).await;
    let mut answers = reply.await.expect("a stream").into_inner();
    answers
        .message()
        .await
        .expect("an answer")
        .expect("the job");
    for (number, name) in [(1, "lea"), (2, "leo")] {
        send(Asked::Row(row(number, name))).await;
        answers
            .message()
            .await
            .expect("an answer")
            .expect("its outcome");
        assert!(lookup(&admin, name).await.is_some());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
