//! Whether answers to questions about somebody and about nobody can be told apart by anything but their time.

use std::time::Duration;

use guichet_tests::Server;

use crate::Extent;
use crate::exchange::{Connection, differences};
use crate::log::Lines;
use crate::probe::{ALL, Code, Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Class, World};

/// Every question about every class, so many times each, against the same about nobody.
pub(crate) async fn compare(world: &World, form: &Form, extent: Extent) -> Vec<Row> {
    let times = extent.of(3, 50);
    let connection = Connection::open(&world.server).await;
    let mut rows = Vec::new();
    for probe in ALL {
        let logged = Lines::of(&world.server);
        let nobody = world.nobody(0);
        let reference = connection.ask(&probe.about(&nobody, form)).await;
        let outcome = reference.outcome();
        let reference = reference.visible(&nobody);
        let mut broken = Vec::new();
        let mut asked = 0;
        for class in [&[Class::Nobody][..], &world.classes()].concat() {
            for time in 0..times {
                let target = world.of(class, time);
                let seen = connection.ask(&probe.about(&target, form)).await;
                let differences = differences(&reference, &seen.visible(&target));
                if !differences.is_empty() {
                    broken.push(format!(
                        "{}: {differences:?} differ: {seen:?}",
                        class.name()
                    ));
                }
                asked += 1;
            }
        }
        broken.extend(logged.since(&world.server, asked + 1).await);
        rows.push(Row::exact(
            probe.name(),
            format!("{asked} times {outcome}"),
            broken,
        ));
    }
    rows
}

/// The same with names that are being guessed at: after how many wrong passwords they have to wait, and how long.
pub(crate) async fn compare_while_throttled(classes: &[Class], extent: Extent) -> Row {
    let rounds = extent.of(3, 5);
    let server = strict().await;
    let world = World::inhabited(server, classes, 1).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let mut broken = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for round in 0..rounds {
        // The first time three are free, then one after each wait.
        let probes = [Probe::Login(Typed::Wrong); 4].into_iter();
        let probes = probes.chain([Probe::LoginPage, Probe::Login(Typed::Empty)]);
        for probe in probes {
            let nobody = world.nobody(0);
            let reference = connection.ask(&probe.about(&nobody, &form)).await;
            told.push(reference.outcome());
            let reference = reference.visible(&nobody);
            for class in classes {
                let target = world.of(*class, 0);
                let seen = connection.ask(&probe.about(&target, &form)).await;
                let differences = differences(&reference, &seen.visible(&target));
                if !differences.is_empty() {
                    broken.push(format!(
                        "{}: {differences:?} differ: {seen:?}",
                        class.name()
                    ));
                }
            }
        }
        world.server.advance(Duration::from_hours(2_u64 << round));
        world.server.advance(Duration::from_mins(1));
    }
    let throttled = told
        .iter()
        .filter(|outcome| *outcome == "THROTTLED")
        .count();
    let looked_at = told
        .iter()
        .filter(|outcome| *outcome == "BAD_CREDENTIALS")
        .count();
    if throttled == 0 || looked_at == 0 {
        broken.push(format!("not what was to be tried: {told:?}"));
    }
    Row::exact(
        "guessing until one must wait",
        format!(
            "{} classes alike: {looked_at} of {} looked at, {throttled} THROTTLED",
            classes.len(),
            told.len()
        ),
        broken,
    )
}

/// A server on which guessing soon has to wait, for hours, so that the seconds of a test count for nothing.
pub(crate) async fn strict() -> Server {
    crate::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "3")
        .env("GUICHET_THROTTLE_BASE_DELAY", "2h")
        .env("GUICHET_THROTTLE_MAX_DELAY", "20h")
        .env("GUICHET_THROTTLE_NETWORK_FAILURES", "100000")
        .start()
        .await
}

/// Two answers that differ in a few bytes must be told apart, or a comparison that finds nothing says nothing.
pub(crate) async fn control(world: &World, form: &Form) -> Row {
    let connection = Connection::open(&world.server).await;
    let nobody = world.nobody(0);
    let logged = Lines::of(&world.server);
    let pairs = [
        (Probe::Login(Typed::Wrong), Probe::Inspect(Code::Link)),
        (Probe::OpenLink, Probe::OpenLinkWithoutCode),
        (Probe::ResetByEmail, Probe::Revoke),
        (Probe::Login(Typed::Wrong), Probe::LoginFromScript),
    ];
    let mut found = 0;
    let mut broken = Vec::new();
    for (one, other) in pairs {
        let one_seen = connection.ask(&one.about(&nobody, form)).await;
        let mut other_seen = connection.ask(&other.about(&nobody, form)).await;
        if one == Probe::ResetByEmail {
            // Both are empty: one header more, as a careless middleware would add.
            let value = "hit".parse().expect("a value");
            other_seen.headers.insert("x-cache", value);
        }
        if differences(&one_seen.visible(&nobody), &other_seen.visible(&nobody)).is_empty() {
            broken.push(format!("{} and {} look alike", one.name(), other.name()));
        } else {
            found += 1;
        }
    }
    if logged.since(&world.server, 8).await.is_empty() {
        broken.push("their lines in the log look alike".to_owned());
    }
    Row::control(
        "answers that differ",
        format!("{found} of 4 told apart, and their lines in the log"),
        broken,
    )
}
