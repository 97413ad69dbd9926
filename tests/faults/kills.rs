//! The power goes at a random moment, again and again.

use std::sync::Arc;
use std::time::Duration;

use guichet_tests::Server;

use crate::Extent;
use crate::crowd::Crowd;
use crate::importer::Importer;
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{Door, Random, servers, store};

/// People at work meanwhile.
const PEOPLE: usize = 8;

/// Longest time in milliseconds that a server lives.
const LONGEST_LIFE: u64 = 300;

pub(crate) async fn kill_at_random(extent: Extent) -> Vec<Row> {
    let kills = extent.of(50, 1_000);
    let mut random = Random::seeded();
    let mut servers = servers(Server::start().await).await;
    let door = Door::of(&servers);
    let postman = Arc::new(Postman::of(servers[0].mailbox()));
    let crowd = Crowd::start(&door, &postman, PEOPLE, &mut random).await;

    let importer = Importer::start(&door, &mut random);

    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(20 + random.below(LONGEST_LIFE))).await;
        let index = usize::try_from(random.below(servers.len() as u64)).expect("few servers");
        servers[index].restart().await;
        door.moved(index, &servers[index]);
    }

    let mut seen = crowd.finish().await;
    let imported = importer.finish().await;
    seen.broken.extend(imported.broken);
    if imported.imports == 0 {
        seen.broken.push("no import came to its end".to_owned());
    }
    if seen.copies > kills {
        seen.broken.push(format!("{} copies of mails", seen.copies));
    }
    if seen.resets == 0 {
        seen.broken.push("nobody came through".to_owned());
    }
    vec![Row::new(
        format!("kill -9, {kills} times, {}", store(&servers[0])),
        format!(
            "{} calls answered, {} cut off, {} resets, {} mails twice; {} imports, cut off {} times",
            seen.answered, seen.unknown, seen.resets, seen.copies, imported.imports, imported.cuts
        ),
        "all that was acknowledged is there; every accepted request is mailed; no code works twice; each row is imported once",
        seen.broken,
    )]
}
