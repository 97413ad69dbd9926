//! The servers are replaced by newer ones, one by one, while people work.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use guichet_tests::{Server, this_version};

use crate::Extent;
use crate::crowd::Crowd;
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{Door, Random};

const PEOPLE: usize = 8;

/// How long nobody new is sent to a server before it is stopped, as a load balancer does.
const NOTICE: Duration = Duration::from_secs(1);

pub(crate) async fn rolling(extent: Extent) -> Vec<Row> {
    // To build the version before takes as long as all the other faults in short, and needs the history of the sources.
    if extent == Extent::Short || !Server::start().await.on_postgres() {
        return Vec::new();
    }
    let rounds = 10;
    let mut broken = Vec::new();
    let (mut answered, mut failed) = (0, 0);
    for _ in 0..rounds {
        let first = Server::builder().binary(previous()).start().await;
        let second = first.replica().await;
        let mut seen = replace([first, second]).await;
        answered += seen.answered;
        failed += seen.unknown;
        broken.append(&mut seen.broken);
    }
    if failed > 0 {
        broken.push(format!("{failed} calls failed"));
    }
    vec![Row::new(
        format!("rolling upgrade from the previous schema, {rounds} times, PostgreSQL"),
        format!("{answered} calls answered, {failed} failed"),
        "zero failed calls",
        broken,
    )]
}

/// Puts two new servers in the place of two old ones.
async fn replace(mut servers: [Server; 2]) -> crate::crowd::Seen {
    let mut random = Random::seeded();
    let door = Door::of(&servers);
    let postman = Arc::new(Postman::of(servers[0].mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;
    let mut old = Vec::new();
    for (index, place) in servers.iter_mut().enumerate() {
        tokio::time::sleep(NOTICE).await;
        let newer = place.sibling().binary(this_version()).start().await;
        door.moved(index, &newer);
        let mut former = std::mem::replace(place, newer);
        tokio::time::sleep(NOTICE).await;
        former.stop().await;
        // The first one's directory holds the mails.
        old.push(former);
    }
    tokio::time::sleep(NOTICE).await;
    crowd.finish().await
}

/// The binary that serves the previous schema.
fn previous() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/previous");
    let built = Command::new("bash").arg(script).output().expect("bash");
    assert!(
        built.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&built.stderr)
    );
    String::from_utf8(built.stdout)
        .expect("a path")
        .trim()
        .to_owned()
}
