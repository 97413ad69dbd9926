//! Sign-ins while others sign in: some, many, and more than there is room for.

use std::time::Duration;

use guichet_tests::Server;
use guichet_tests::statistics::{Interval, SURE};

use crate::Extent;
use crate::crowd::{Crowd, Pace};
use crate::exchange::{Connection, Seen};
use crate::pairs;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Class, World};

/// The difference of two shares of n has a standard deviation of at most 0.71/√n: 3.3 for the interval, 4 for the
/// estimate.
const PRECISION: f64 = 5.2;

/// Of fewer, nothing can be said.
const LEAST_PAIRS: usize = 40;

/// How many others sign in, for each that there is room for on a server with one thread for hashes and two places to wait;
/// and how much longer it takes until as many find room.
const LOADS: [(&str, f64, usize); 3] = [
    ("half as many as there is room for", 0.5, 1),
    ("nine of ten that there is room for", 0.9, 2),
    ("more than there is room for", 1.2, 5),
];

const CLASSES: [Class; 2] = [Class::Legacy, Class::OldHash("bcrypt 2a")];

pub(crate) async fn tells_nothing(extent: Extent) -> Vec<Row> {
    let world = World::inhabited(server().await, &CLASSES, extent.of(10, 100))
        .await
        .with_measured_hashes()
        .await;
    let form = Form::of(&world.server).await;
    let capacity = Crowd::capacity(&world.server).await;
    let mut rows = Vec::new();
    for (name, load, longer) in LOADS {
        let rounds = extent.of(80, 1_000 * longer);
        for class in CLASSES {
            let crowd = Crowd::of(&world.server, Pace::Steady(load * capacity));
            rows.extend(sign_in_beside(name, class, (&world, &form), rounds).await);
            crowd.leave();
        }
    }
    rows
}

async fn sign_in_beside(
    name: &str,
    class: Class,
    (world, form): (&World, &Form),
    rounds: usize,
) -> Vec<Row> {
    let connection = Connection::open(&world.server).await;
    let first = judge(
        name,
        class,
        &sign_in(&connection, class, (world, form), rounds).await,
    );
    if first.iter().all(Row::is_kept) {
        return first;
    }
    judge(
        name,
        class,
        &sign_in(&connection, class, (world, form), rounds * 3).await,
    )
}

async fn sign_in(
    connection: &Connection,
    class: Class,
    (world, form): (&World, &Form),
    rounds: usize,
) -> Vec<[Seen; 2]> {
    // Or they would have to wait for their own sake.
    world.server.advance(Duration::from_hours(25));
    pairs::ask(connection, rounds, Duration::ZERO, |round| {
        [world.of(class, round), world.nobody(round)]
            .map(|target| Probe::Login(Typed::Wrong).about(&target, form))
    })
    .await
}

fn judge(name: &str, class: Class, asked: &[[Seen; 2]]) -> Vec<Row> {
    let name = format!("Login beside {name}, {}", class.name());
    let kinds = [("wrong password", false), ("OVERLOADED", true)];
    let mut rows = vec![refusals(&name, asked)];
    rows.extend(
        kinds.iter().filter_map(|(kind, refused)| {
            waits(&format!("{name}: time to {kind}"), asked, *refused)
        }),
    );
    rows
}

fn is_refused(seen: &Seen) -> bool {
    seen.outcome() == "OVERLOADED"
}

/// How many are turned away.
fn refusals(name: &str, asked: &[[Seen; 2]]) -> Row {
    let as_number = |seen: &Seen| f64::from(u8::from(is_refused(seen)));
    let more: Vec<f64> = asked
        .iter()
        .map(|[somebody, nobody]| as_number(somebody) - as_number(nobody))
        .collect();
    let refused = asked
        .iter()
        .flatten()
        .filter(|seen| is_refused(seen))
        .count();
    let share = share(&more);
    let margin = PRECISION / count(asked.len()).sqrt();
    let mut broken = Vec::new();
    if !share.is_within(0.0, margin) {
        broken.push(format!("{share:?} is not within ± {margin:.3}"));
    }
    Row::exact(
        format!("{name}: how many are refused"),
        format!(
            "{refused} of {} OVERLOADED, {:+.3} ± {:.3} more of somebody (margin {margin:.3})",
            2 * asked.len(),
            share.estimate,
            share.half_width()
        ),
        broken,
    )
}

/// How long it takes where both had the same answer, if that was often enough.
fn waits(name: &str, asked: &[[Seen; 2]], refused: bool) -> Option<Row> {
    let alike = asked
        .iter()
        .filter(|pair| pair.iter().all(|seen| is_refused(seen) == refused));
    let alike = pairs::times(alike);
    (alike.len() >= LEAST_PAIRS).then(|| pairs::row(name, &alike))
}

fn share(differences: &[f64]) -> Interval {
    let n = count(differences.len());
    let estimate = differences.iter().sum::<f64>() / n;
    let squares = differences
        .iter()
        .map(|one| (one - estimate).powi(2))
        .sum::<f64>();
    let half_width = SURE * (squares / n / n).sqrt();
    Interval {
        estimate,
        low: estimate - half_width,
        high: estimate + half_width,
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

async fn server() -> Server {
    crate::wide()
        .env("GUICHET_ARGON2", "m=4096,t=1,p=1")
        .env("GUICHET_HASH_THREADS", "1")
        .env("GUICHET_HASH_QUEUE", "2")
        .start()
        .await
}
