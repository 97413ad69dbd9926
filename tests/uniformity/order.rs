//! Two questions in one TCP segment: which is answered first? The network adds the same to both (Van Goethem et al.,
//! Timeless Timing Attacks, USENIX Security 2020).

use fastrand::Rng;
use guichet_tests::statistics::{Interval, SURE};

use crate::Extent;
use crate::controls::without_id;
use crate::exchange::{Asked, Connection};
use crate::probe::{Code, Form, Probe};
use crate::report::Row;
use crate::world::{Class, World};

/// What costs no hash.
const CHEAP: [Probe; 4] = [
    Probe::ResetByUsername,
    Probe::Remind,
    Probe::Inspect(Code::Link),
    Probe::Revoke,
];

/// A share of n has a standard deviation of at most 0.5/√n: 3.3 of them for the interval and 4 for the estimate.
const PRECISION: f64 = 3.65;

/// How many are asked about in turns: each has a mail sent at the first time.
const NAMES: usize = 6;

pub(crate) async fn is_by_chance(world: &World, form: &Form, extent: Extent) -> Vec<Row> {
    let rounds = extent.of(200, 20_000);
    let connection = Connection::open(&world.server).await;
    let mut rows = Vec::new();
    for probe in CHEAP {
        // The first questions have mails sent.
        let names = if probe.sends_mail() { NAMES } else { 0 };
        for number in 0..names {
            for target in [world.of(Class::Normal, number), world.nobody(number)] {
                connection.ask(&probe.about(&target, form)).await;
            }
        }
        if probe.sends_mail() {
            world.settle().await;
        }
        let questions = |round| {
            [
                world.of(Class::Normal, round % NAMES),
                world.nobody(round % NAMES),
            ]
            .map(|target| probe.about(&target, form))
        };
        let mut share = first_share(&connection, rounds, questions).await;
        let mut asked = rounds;
        if !share.is_within(0.5, margin(asked)) {
            asked = rounds * 4;
            share = first_share(&connection, asked, questions).await;
        }
        let mut broken = Vec::new();
        if !share.is_within(0.5, margin(asked)) {
            broken.push(format!(
                "{share:?} is not within 0.5 ± {:.3}",
                margin(asked)
            ));
        }
        rows.push(Row::exact(
            format!("{}, two in one segment", probe.name()),
            format!(
                "somebody first in {:.3} ± {:.3} of {asked} (margin {:.3})",
                share.estimate,
                share.half_width(),
                margin(asked)
            ),
            broken,
        ));
    }
    rows.push(control(&connection, world, form, rounds).await);
    rows
}

/// What is known to be answered sooner.
async fn control(connection: &Connection, world: &World, form: &Form, rounds: usize) -> Row {
    let inspect = Probe::Inspect(Code::Link);
    let questions = |round| [without_id(), inspect.about(&world.nobody(round), form)];
    let share = first_share(connection, rounds, questions).await;
    let mut broken = Vec::new();
    if share.is_within(0.5, margin(rounds)) {
        broken.push("it was not found".to_owned());
    }
    Row::control(
        "one look-up less, two in one segment",
        format!(
            "first in {:.3} ± {:.3} of {rounds}",
            share.estimate,
            share.half_width()
        ),
        broken,
    )
}

/// How often the first of two is answered first, whichever stands before the other in the segment.
async fn first_share(
    connection: &Connection,
    rounds: usize,
    questions: impl Fn(usize) -> [Asked; 2],
) -> Interval {
    let mut random = Rng::new();
    let mut sum = 0.0;
    let mut squares = 0.0;
    for round in 0..rounds {
        let [one, other] = questions(round);
        let won = if random.bool() {
            connection.ask_both(&one, &other).await
        } else {
            1.0 - connection.ask_both(&other, &one).await
        };
        sum += won;
        squares += won * won;
    }
    let n = count(rounds);
    let estimate = sum / n;
    let half_width = SURE * ((squares / n - estimate * estimate) / n).sqrt();
    Interval {
        estimate,
        low: estimate - half_width,
        high: estimate + half_width,
    }
}

fn margin(rounds: usize) -> f64 {
    (PRECISION / count(rounds).sqrt()).max(0.02)
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
