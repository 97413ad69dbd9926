//! The disk is full, or read-only, for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{GetUserInfoRequest, RequestResetRequest};
use guichet_client::{Reason, error};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};

use crate::Extent;
use crate::crowd::Crowd;
use crate::disk::{Disk, ENOSPC, EROFS, Plan};
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{Door, Random};

const PEOPLE: usize = 8;

/// Longest wait for the first write once there is room again.
const RECOVERY: Duration = Duration::from_secs(5);

pub(crate) async fn fills(extent: Extent) -> Vec<Row> {
    refuses_writes(extent, ENOSPC, "disk full").await
}

pub(crate) async fn read_only(extent: Extent) -> Vec<Row> {
    refuses_writes(extent, EROFS, "file system read-only").await
}

async fn refuses_writes(extent: Extent, error: i32, name: &str) -> Vec<Row> {
    let rounds = extent.of(3, 50);
    let disk = Disk::new();
    let server = disk.under(Server::builder()).start().await;
    if server.on_postgres() {
        // Its disk is its own server's affair, and that is away then: see the other faults.
        return Vec::new();
    }
    people::active(&server, "lea", "lea@ecole.example").await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let mut random = Random::seeded();
    let servers = [server];
    let door = Door::of(&servers);
    let [server] = servers;
    let postman = Arc::new(Postman::of(server.mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;
    let mut broken = Vec::new();
    let mut slowest = Duration::ZERO;

    for _ in 0..rounds {
        disk.arm(1, Plan::Fill(error));
        tokio::time::sleep(Duration::from_millis(200 + random.below(300))).await;
        if let Err(how) = writes_are_refused_and_reads_go_on(&server, &tokens.access_token).await {
            broken.push(how);
        }
        disk.disarm();
        slowest = slowest.max(until_written(&server).await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    let seen = crowd.finish().await;
    broken.extend(seen.broken);
    if slowest > RECOVERY {
        broken.push(format!("back after {slowest:?}"));
    }
    let checked = server.cli(&["check"]);
    if !checked.status.success() {
        broken.push(String::from_utf8_lossy(&checked.stderr).into_owned());
    }
    vec![Row::new(
        format!("{name}, {rounds} times, SQLite"),
        format!(
            "{} calls answered, {} UNAVAILABLE, back after {} ms, database whole",
            seen.answered,
            seen.unknown,
            slowest.as_millis()
        ),
        "writes STORE_UNAVAILABLE, reads go on; back within 5 s without a restart; no damage",
        broken,
    )]
}

async fn ask(server: &Server) -> Result<(), tonic::Status> {
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("nobody".to_owned())),
        ..RequestResetRequest::default()
    };
    server
        .anyone()
        .await
        .reset()
        .request_reset(request)
        .await
        .map(drop)
}

async fn writes_are_refused_and_reads_go_on(server: &Server, token: &str) -> Result<(), String> {
    let refused = ask(server).await;
    let reason = refused.as_ref().err().and_then(error::reason);
    if reason != Some(Reason::StoreUnavailable) {
        return Err(format!("a write is answered {refused:?}"));
    }
    let lea = server.as_person(token).await;
    let read = lea.auth().get_user_info(GetUserInfoRequest {}).await;
    read.map(drop)
        .map_err(|status| format!("a read is refused: {status}"))
}

/// How long it takes until a write succeeds.
async fn until_written(server: &Server) -> Duration {
    let start = Instant::now();
    while ask(server).await.is_err() && start.elapsed() < RECOVERY * 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}
