//! Two kinds of question, asked in turns.

use std::time::{Duration, Instant};

use fastrand::Rng;
use guichet_tests::statistics;

use crate::exchange::{Asked, Connection, Seen};
use crate::report::Row;
use crate::timing::margin_of;

/// Asks one of each kind so many times, in an order drawn by lot. `slowed` is added to the first kind, as a server that
/// does more for somebody would.
pub(crate) async fn ask(
    connection: &Connection,
    rounds: usize,
    slowed: Duration,
    questions: impl Fn(usize) -> [Asked; 2],
) -> Vec<[Seen; 2]> {
    let mut random = Rng::new();
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let [first, second] = questions(round);
        let pair = if random.bool() {
            let first = ask_slowed(connection, &first, slowed).await;
            [first, connection.ask(&second).await]
        } else {
            let second = connection.ask(&second).await;
            [ask_slowed(connection, &first, slowed).await, second]
        };
        pairs.push(pair);
    }
    pairs
}

/// The times of both in microseconds.
pub(crate) fn times<'a>(pairs: impl IntoIterator<Item = &'a [Seen; 2]>) -> Vec<(f64, f64)> {
    let microseconds = |seen: &Seen| seen.took.as_secs_f64() * 1e6;
    let times = pairs
        .into_iter()
        .map(|[first, second]| (microseconds(first), microseconds(second)));
    times.collect()
}

async fn ask_slowed(connection: &Connection, asked: &Asked, slowed: Duration) -> Seen {
    let mut seen = connection.ask(asked).await;
    let begun = Instant::now();
    while begun.elapsed() < slowed {
        std::hint::spin_loop();
    }
    if !slowed.is_zero() {
        seen.took += begun.elapsed();
    }
    seen
}

/// Whether the times of both kinds, in microseconds, are equivalent as far as so many can prove.
pub(crate) fn row(name: impl Into<String>, pairs: &[(f64, f64)]) -> Row {
    let compared = statistics::compare(pairs);
    let margin = margin_of(pairs.len());
    let mut broken = Vec::new();
    if !compared.auc.is_within(0.5, margin) {
        broken.push(format!("{compared:?} is not within 0.5 ± {margin:.3}"));
    }
    Row::exact(
        name,
        format!(
            "{} pairs: AUC {:.3} ± {:.3} (margin {margin:.3}), {:+.0} µs",
            pairs.len(),
            compared.auc.estimate,
            compared.auc.half_width(),
            compared.shift.estimate
        ),
        broken,
    )
}
