//! How long a sign-in has the server compute: a wait hides that on the clock, and not from who notices that the server is
//! busy.

use guichet_tests::{processor, statistics};

use crate::Extent;
use crate::exchange::Connection;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::timing::{self, Pairs};
use crate::world::{Class, SOMEBODY, World};

const SIGN_IN: Probe = Probe::Login(Typed::Wrong);

/// A hash from elsewhere is verified by its own function and argon2id.
const COSTLIER: Class = Class::OldHash("bcrypt 2a");

/// Every class with a hash of ours, or with none, beside nobody.
pub(crate) async fn is_alike(extent: Extent) -> Vec<Row> {
    // Even in the short form a hash is most of a sign-in.
    let cost = extent.of("m=8192,t=1,p=1", "m=19456,t=2,p=1");
    let server = crate::wide().env("GUICHET_ARGON2", cost).start().await;
    let mut classes = SOMEBODY.to_vec();
    classes.retain(|class| *class == COSTLIER || !matches!(class, Class::OldHash(_)));
    let world = World::inhabited(server, &classes, extent.of(4, 20)).await;
    let world = world.with_measured_hashes().await;
    let measured = sample(&world, &classes, extent.of(40, 150)).await;
    let rows = classes.iter().zip(measured);
    // Of what nobody costs. An unoptimised server needs a while to read an account's row, too.
    let share = extent.of(0.25, 0.1);
    rows.map(|(class, pairs)| row(*class, &pairs, share))
        .collect()
}

/// In milliseconds.
async fn sample(world: &World, classes: &[Class], rounds: usize) -> Vec<Pairs> {
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let pid = world.server.pid().expect("a running server");
    let mut measured = vec![Pairs::new(); classes.len()];
    for round in 0..rounds {
        let used = timing::in_turns(world, classes, round, async |target| {
            let before = processor::used(pid);
            connection.ask(&SIGN_IN.about(&target, &form)).await;
            let more = processor::used(pid).saturating_sub(before);
            more.as_secs_f64() * 1e3
        });
        for (pairs, pair) in measured.iter_mut().zip(used.await) {
            pairs.push(pair);
        }
    }
    measured
}

fn row(class: Class, pairs: &[(f64, f64)], share: f64) -> Row {
    let shift = statistics::compare(pairs).shift;
    let median = timing::median(pairs);
    let margin = median * share;
    let is_alike = shift.is_within(0.0, margin);
    let what = format!("Login, processor, {}", class.name());
    let seen = format!(
        "{} pairs: {median:.2} ms, {:+.2} ({:+.2} to {:+.2}) ms",
        pairs.len(),
        shift.estimate,
        shift.low,
        shift.high
    );
    if class == COSTLIER {
        let missed = is_alike.then(|| "it was not found".to_owned());
        return Row::control(what, seen, missed.into_iter().collect());
    }
    let differs = (!is_alike).then(|| format!("{shift:?} ms is not within ± {margin:.2}"));
    Row::exact(what, seen, differs.into_iter().collect())
}
