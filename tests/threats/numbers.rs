//! Numbers at their ends: sizes of pages, lengths of time.

use guichet_client::proto::{CreateApiKeyRequest, IssueResetCodeRequest};
use guichet_tests::protos::{self, number};
use guichet_tests::{Server, Untouched, expect_error, people, raw};
use prost_types::Duration;
use tonic::Code;

/// As a negative `int32` travels: in ten bytes, its sign in all of them.
fn travelling(number: i32) -> u64 {
    i64::from(number).cast_unsigned()
}

#[tokio::test]
async fn a_page_of_any_size_is_refused_or_cut() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let channel = server.anyone().await.channel();
    let key = server.api_key().to_owned();
    let untouched = Untouched::before(&server).await;

    let mut lists = 0;
    for rpc in protos::rpcs() {
        let Some(field) = rpc.field("page_size") else {
            continue;
        };
        lists += 1;
        for size in [i32::MIN, -1, 0, 1, i32::MAX] {
            let message = number(field, travelling(size));
            let answer = raw::call(&channel, rpc.full_name(), Some(&key), message).await;

            let what = format!("{} with {size}", rpc.name);
            match answer {
                Ok(_) => assert!(size >= 0, "{what}"),
                // Some lists have to be told of what, first.
                Err(status) => assert_eq!(status.code(), Code::InvalidArgument, "{what}"),
            }
        }
    }

    assert!(lists >= 8, "only {lists} lists");
    untouched.assert("a size").await;
}

#[tokio::test]
async fn a_time_that_nobody_can_mean_is_refused() {
    let server = Server::start().await;
    let account_id = people::active(&server, "lea", "lea@ecole.example").await.id;
    let admin = server.admin().await;
    let untouched = Untouched::before(&server).await;

    for (seconds, nanos) in [
        (i64::MIN, 0),
        (i64::MAX, 999_999_999),
        (i64::MIN, i32::MIN),
        (i64::MAX, i32::MAX),
        (0, -1),
        (-1, 0),
        (1 << 53, 0),
    ] {
        let ttl = Some(Duration { seconds, nanos });
        let request = CreateApiKeyRequest {
            name: "x".into(),
            role: "service".into(),
            ttl,
        };
        let made = admin.auth().create_api_key(request).await;
        expect_error(made, Code::InvalidArgument, "INVALID_FIELDS");
        let request = IssueResetCodeRequest {
            account_id: account_id.clone(),
            ttl,
        };
        let issued = admin.reset().issue_reset_code(request).await;
        expect_error(issued, Code::InvalidArgument, "INVALID_FIELDS");
    }

    untouched.assert("a time").await;
}
