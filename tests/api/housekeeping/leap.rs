//! A clock that is far ahead for a moment takes nothing along that is still good.

use guichet_tests::patience::until;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server};

use super::{DAY, go_on, old_import};
use crate::audit::sealed;

/// Longer than anything is kept, and too short for the journal to lose anything.
const AHEAD: i64 = 400 * DAY;

const LEO: &str = "leo@ecole.example";

/// How many imports there are.
async fn imports(server: &Server) -> usize {
    server.rows().await["import"].len()
}

#[tokio::test]
async fn a_start_far_ahead_takes_no_session_no_link_and_no_import_along() {
    let mut server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    people::invited(&server, "leo", LEO).await;
    let link = server.mailbox().last(LEO, 1).await.link();
    let place = Place::behind(&server);
    let of_today = "UPDATE import SET update_time = (SELECT max(create_time) FROM outbox)";
    place.execute(&old_import(&place, 1, 1)).await;
    place.execute(of_today).await;
    sealed(&server).await;

    // Twice, for the first leaves a seal of its own.
    server.set_clock(AHEAD);
    for _ in 0..2 {
        server.kill();
        // What is old by any clock, and goes last.
        place.execute(&old_import(&place, 2, 0)).await;
        server.restart().await;
        until("the end of what is old", async || {
            (imports(&server).await < 2).then_some(())
        })
        .await;
        assert_eq!(imports(&server).await, 1);
        go_on(&server).await;
    }
    server.set_clock(0);
    server.restart().await;

    let renewed = people::refresh(&server, &tokens.refresh_token).await;
    renewed.expect("a session that goes on");
    let anyone = server.anyone().await;
    let opened = people::complete(&anyone, &link, LEO, GOOD_PASSWORD).await;
    opened.expect("a link that is good");
    assert_eq!(imports(&server).await, 1);
}

#[tokio::test]
async fn a_clock_that_was_far_ahead_is_believed_once_a_day_has_gone_by() {
    let mut server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    let place = Place::behind(&server);
    place.execute(&old_import(&place, 1, 1)).await;
    let of_today = "UPDATE import SET update_time = (SELECT max(time) FROM event)";
    place.execute(of_today).await;
    sealed(&server).await;
    server.set_clock(AHEAD);
    go_on(&server).await;

    server.set_clock(AHEAD + DAY);
    server.restart().await;

    until("an import's end", async || {
        (imports(&server).await == 0).then_some(())
    })
    .await;
}
