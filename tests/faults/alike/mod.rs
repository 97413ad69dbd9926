//! The same calls, by chance, on SQLite and on PostgreSQL: both must answer the same.

mod deed;
mod institutions;
mod side;

use guichet_tests::{Postgres, Server};

use crate::Extent;
use crate::report::Row;
use crate::world::Random;
use deed::Deed;
use side::Side;

/// Differences that are told before it is given up: they follow from each other.
const MOST_TOLD: usize = 5;

pub(crate) async fn both_stores(extent: Extent) -> Vec<Row> {
    let calls = extent.of(1_500, 100_000);
    if !Postgres::is_at_hand() {
        return Vec::new();
    }
    let postgres = Server::start().await;
    let sqlite = Server::builder()
        .env("GUICHET_DATABASE_URL", "sqlite:")
        .start()
        .await;
    let mut sides = [Side::of(&postgres).await, Side::of(&sqlite).await];
    let mut random = Random::seeded();
    let mut broken = Vec::new();
    let mut refused = 0;
    for number in 0..calls {
        let deed = Deed::by_chance(&mut random);
        let [one, other] = &mut sides;
        let (one, other) = tokio::join!(one.answer(&deed), other.answer(&deed));
        refused += usize::from(one.starts_with("refused"));
        if one != other {
            broken.push(format!(
                "call {number}, {deed:?}\n  PostgreSQL: {one}\n  SQLite:     {other}"
            ));
        }
        if broken.len() == MOST_TOLD {
            break;
        }
    }
    vec![Row::new(
        format!("{calls} calls by chance, on SQLite and on PostgreSQL"),
        format!(
            "{refused} of them refused, {} answered differently",
            broken.len()
        ),
        "the same answers",
        broken,
    )]
}
