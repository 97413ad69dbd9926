//! The power goes at a random moment, again and again.

use std::sync::Arc;
use std::time::Duration;

use guichet_tests::Server;

use crate::Extent;
use crate::crowd::Crowd;
use crate::importer::{Importer, LongImport};
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

/// One long import, whose server is killed again and again until it is through.
pub(crate) async fn import(extent: Extent) -> Vec<Row> {
    let (rows, most) = extent.of((8_000, 4), (100_000, 50));
    let mut random = Random::seeded();
    let mut servers = servers(Server::start().await).await;
    let door = Door::of(&servers);
    let import = LongImport::start(&door, &mut random, rows);
    let mut kills = 0;
    while kills < most && !import.is_through() {
        tokio::time::sleep(Duration::from_millis(20 + random.below(100))).await;
        let index = usize::try_from(random.below(servers.len() as u64)).expect("few servers");
        servers[index].restart().await;
        door.moved(index, &servers[index]);
        kills += 1;
    }
    let imported = import.finish().await;
    vec![Row::new(
        format!(
            "an import of {rows} rows, kill -9 up to {most} times, {}",
            store(&servers[0])
        ),
        format!(
            "killed {kills} times, cut off {} times; then taken back",
            imported.cuts
        ),
        "goes on where it was; each row once; taken back to the last one",
        imported.broken,
    )]
}
