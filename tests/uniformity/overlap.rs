//! Wrong passwords for one name at once: each waits for the one before, and the last answer must not tell how long the
//! others were looked at.

use std::time::Duration;

use crate::Extent;
use crate::exchange::Connection;
use crate::pairs;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::timing::{self, Pairs};
use crate::world::{Class, World};

/// Its hash takes some milliseconds more than nobody's.
const SLOW: Class = Class::OldHash("bcrypt 2a");

/// What each of the first takes more, the last answer shows: more than the first 10 ms can hide.
const AT_ONCE: usize = 4;

const SIGN_IN: Probe = Probe::Login(Typed::Wrong);

/// From the first answer to the last, about somebody and about nobody.
pub(crate) async fn tells_nothing(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(60, 400);
    let server = crate::wide().start().await;
    let world = World::inhabited(server, &[SLOW], extent.of(20, 100)).await;
    let world = world.with_measured_hashes().await;
    let name = format!(
        "Login, {AT_ONCE} at once, from the first answer to the last, {}",
        SLOW.name()
    );
    let mut row = pairs::row(&name, &sample(&world, rounds).await);
    if !row.is_kept() {
        row = pairs::row(&name, &sample(&world, rounds * 4).await);
    }
    vec![row]
}

/// In microseconds.
async fn sample(world: &World, rounds: usize) -> Pairs {
    // Or they would have to wait for their own sake.
    world.server.advance(Duration::from_hours(25));
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let mut measured = Pairs::new();
    for round in 0..rounds {
        let distances = timing::in_turns(world, &[SLOW], round, async |target| {
            let asked = SIGN_IN.about(&target, &form);
            let answers = connection.ask_at_once(&asked, AT_ONCE).await;
            for seen in &answers {
                assert_eq!(seen.outcome(), "BAD_CREDENTIALS", "a try was not looked at");
            }
            let took = || answers.iter().map(|seen| seen.took.as_secs_f64());
            let last = took().fold(0.0, f64::max);
            let first = took().fold(f64::INFINITY, f64::min);
            (last - first) * 1e6
        });
        measured.extend(distances.await);
    }
    measured
}
