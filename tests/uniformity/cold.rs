//! The first sign-ins after a start: what is made ready by being used may not be ready for somebody and not for nobody.

use std::time::Duration;

use crate::Extent;
use crate::exchange::Connection;
use crate::pairs;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Class, World};

const CLASSES: [Class; 2] = [Class::Normal, Class::OldHash("bcrypt 2a")];

/// Pairs of each class after each start.
const FIRST: usize = 5;

pub(crate) async fn starts_tell_nothing(extent: Extent) -> Vec<Row> {
    let starts = extent.of(12, 200);
    let of_each = extent.of(20, 60);
    let server = crate::wide().start().await;
    let mut world = World::inhabited(server, &CLASSES, of_each).await;
    let mut times = vec![Vec::new(); CLASSES.len()];
    for start in 0..starts {
        world = world.with_measured_hashes().await;
        let form = Form::of(&world.server).await;
        let connection = Connection::open(&world.server).await;
        let mut turns = [0, 1];
        fastrand::shuffle(&mut turns);
        for turn in turns {
            let asked = pairs::ask(&connection, FIRST, Duration::ZERO, |round| {
                let number = start * FIRST + round;
                [world.of(CLASSES[turn], number), world.nobody(number)]
                    .map(|target| Probe::Login(Typed::Wrong).about(&target, &form))
            });
            times[turn].extend(pairs::times(&asked.await));
        }
    }
    let rows = CLASSES.iter().zip(&times);
    rows.map(|(class, times)| {
        let name = format!(
            "Login, {FIRST} times after each of {starts} starts, {}",
            class.name()
        );
        pairs::row(name, times)
    })
    .collect()
}
