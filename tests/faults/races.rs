//! Many do the same thing at the same moment, on three replicas.

use guichet_tests::{Server, races};

use crate::Extent;
use crate::report::Row;

pub(crate) async fn complete(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(20, 200);
    let Some(server) = on_postgres().await else {
        return Vec::new();
    };
    races::complete(server, rounds).await;
    vec![Row::new(
        format!(
            "{} CompleteReset at once with one code, {rounds} rounds",
            races::CALLS
        ),
        "1 success in each",
        "exactly one success each",
        Vec::new(),
    )]
}

pub(crate) async fn refresh(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(20, 200);
    let Some(server) = on_postgres().await else {
        return Vec::new();
    };
    races::refresh(server, rounds).await;
    vec![Row::new(
        format!(
            "{} Refresh at once with one token, {rounds} rounds",
            races::CALLS
        ),
        "1 successor in each, later reuse told each time",
        "one successor; the session goes on; later reuse ends it",
        Vec::new(),
    )]
}

/// SQLite has no replicas.
async fn on_postgres() -> Option<Server> {
    let server = Server::start().await;
    server.on_postgres().then_some(server)
}
