//! Names that are being guessed at: how soon one is told that one must wait.

use std::time::Duration;

use crate::Extent;
use crate::bytes;
use crate::exchange::Connection;
use crate::pairs;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Class, SOMEBODY, World};

/// Wrong passwords until everybody has to wait.
const GUESSES: usize = 4;

const GUESS: Probe = Probe::Login(Typed::Wrong);

/// Each class beside nobody, after the last guess that is looked at.
pub(crate) async fn tells_nothing(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(150, 2_000);
    let world = World::inhabited(bytes::strict().await, &SOMEBODY, 1).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    for _ in 0..GUESSES {
        connection.ask(&GUESS.about(&world.nobody(0), &form)).await;
        for class in SOMEBODY {
            connection
                .ask(&GUESS.about(&world.of(class, 0), &form))
                .await;
        }
    }
    let mut rows = Vec::new();
    for class in SOMEBODY {
        let mut row = compared(&world, &form, &connection, class, rounds).await;
        if !row.is_kept() {
            row = compared(&world, &form, &connection, class, rounds * 4).await;
        }
        rows.push(row);
    }
    rows
}

async fn compared(
    world: &World,
    form: &Form,
    connection: &Connection,
    class: Class,
    rounds: usize,
) -> Row {
    let questions =
        |_| [world.of(class, 0), world.nobody(0)].map(|target| GUESS.about(&target, form));
    let asked = pairs::ask(connection, rounds, Duration::ZERO, questions).await;
    for seen in asked.iter().flatten() {
        assert_eq!(seen.outcome(), "THROTTLED", "a guess was looked at");
    }
    let name = format!("Login while one must wait, {}", class.name());
    pairs::row(name, &pairs::times(&asked))
}
