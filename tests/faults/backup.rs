//! A backup that is taken while everybody writes is of one instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};

use crate::Extent;
use crate::report::Row;

pub(crate) async fn while_written(extent: Extent) -> Vec<Row> {
    let backups = extent.of(3, 50);
    let server = Arc::new(Server::start().await);
    if server.on_postgres() {
        // PostgreSQL's own tools take its backups.
        return Vec::new();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let made = Arc::new(AtomicUsize::new(0));
    let writer = tokio::spawn(write(server.clone(), made.clone(), stop.clone()));

    let mut broken = Vec::new();
    for number in 0..backups {
        let copy = server.data_dir().join(format!("copy-{number}.db"));
        let before = made.load(Ordering::SeqCst);
        let done = server.cli(&["backup", &copy.to_string_lossy()]);
        let after = made.load(Ordering::SeqCst) + 1;
        if !done.status.success() {
            broken.push(String::from_utf8_lossy(&done.stderr).into_owned());
            continue;
        }
        if let Err(how) = is_of_one_instant(&server, &copy, before, after).await {
            broken.push(format!("backup {number}: {how}"));
        }
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.expect("no write was refused");
    vec![Row::new(
        format!("backup while accounts are made, {backups} times, SQLite"),
        format!("{} accounts made meanwhile", made.load(Ordering::SeqCst)),
        "restored elsewhere, each holds what was there at one instant",
        broken,
    )]
}

/// Makes accounts, one after the other.
async fn write(server: Arc<Server>, made: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        people::active(&server, &name(number), "").await;
        made.store(number + 1, Ordering::SeqCst);
    }
}

fn name(number: usize) -> String {
    format!("person.{number}")
}

/// Whether a server on the copy knows the first accounts up to one between `before` and `after`, and none beyond.
async fn is_of_one_instant(
    server: &Server,
    copy: &std::path::Path,
    before: usize,
    after: usize,
) -> Result<(), String> {
    // What is sealed in it opens under the same key only.
    let mut elsewhere = Server::builder()
        .env("GUICHET_MASTER_KEY", server.master_key())
        .start()
        .await;
    elsewhere.stop().await;
    let restored = elsewhere.cli(&["restore", &copy.to_string_lossy()]);
    if !restored.status.success() {
        return Err(String::from_utf8_lossy(&restored.stderr).into_owned());
    }
    elsewhere.restart().await;
    let mut last_known = true;
    // Some of the many that must be there, and all about whom the moment decides.
    let some = (0..before).step_by(before / 20 + 1);
    for number in some.chain(before..=after) {
        let known = people::sign_in(&elsewhere, &name(number), GOOD_PASSWORD)
            .await
            .is_ok();
        if known && !last_known {
            return Err(format!("{} is there, and one before is not", name(number)));
        }
        if !known && number < before {
            return Err(format!("{} is lost", name(number)));
        }
        last_known = known;
    }
    if last_known {
        Err("more accounts than were made".to_owned())
    } else {
        Ok(())
    }
}

/// An old copy takes the database's place: what was used or ended since must stay so.
pub(crate) async fn an_old_one(extent: Extent) -> Vec<Row> {
    let people = extent.of(5, 200);
    let mut server = Server::start().await;
    if server.on_postgres() {
        return Vec::new();
    }
    let mut known: Vec<(Link, String)> = Vec::new();
    for number in 0..people {
        people::active(&server, &name(number), &address(number)).await;
        let tokens = people::tokens(&server, &name(number), GOOD_PASSWORD).await;
        let link = people::reset_link(&server, &address(number)).await;
        known.push((link, tokens.refresh_token));
    }
    let copy = server.data_dir().join("old.db");
    let done = server.cli(&["backup", &copy.to_string_lossy()]);
    assert!(done.status.success(), "{done:?}");
    // Every second person uses the link.
    let anyone = server.anyone().await;
    for number in (0..people).step_by(2) {
        let (link, email) = (&known[number].0, address(number));
        let used = people::complete(&anyone, link, &email, OTHER_PASSWORD).await;
        used.expect("a good link");
    }
    server.stop().await;
    let restored = server.cli(&["restore", &copy.to_string_lossy()]);
    assert!(restored.status.success(), "{restored:?}");
    server.restart().await;

    let mut broken = Vec::new();
    let anyone = server.anyone().await;
    for (number, (link, token)) in known.iter().enumerate() {
        let again = people::complete(&anyone, link, &address(number), OTHER_PASSWORD).await;
        if again.is_ok() {
            broken.push(format!("the link of {} is good again", name(number)));
        }
        if people::refresh(&server, token).await.is_ok() {
            broken.push(format!("{} is signed in again", name(number)));
        }
        if people::sign_in(&server, &name(number), GOOD_PASSWORD)
            .await
            .is_err()
        {
            broken.push(format!("{} can't sign in", name(number)));
        }
    }
    vec![Row::new(
        format!("an old backup restored, {people} people with links and sessions, SQLite"),
        format!("{} links and sessions good again", broken.len()),
        "no link and no session of before; everybody signs in with the password of the copy",
        broken,
    )]
}

fn address(number: usize) -> String {
    format!("{}@ecole.example", name(number))
}
