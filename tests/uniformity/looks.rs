//! The first, second and third look at the same name: whoever is found must not be found sooner the next time.

use crate::Extent;
use crate::exchange::Connection;
use crate::pairs;
use crate::probe::{Form, Probe, Typed};
use crate::report::Row;
use crate::timing::Plan;
use crate::world::{Class, Target, World};

const LOOKS: usize = 3;

/// On a world of its own, whose names nobody has asked about.
pub(crate) async fn tell_nothing(extent: Extent) -> Vec<Row> {
    let of_each = extent.of(150, 1_000);
    let world = World::inhabited(crate::wide().start().await, &[Class::Normal], of_each).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let plan = Plan {
        world: &world,
        form: &form,
        extent,
        rounds: None,
    };
    // Of other names, until everything is warm.
    plan.sample(Probe::Login(Typed::Wrong), &[], 20).await;
    let mut looks = vec![Vec::new(); LOOKS];
    for number in 0..world.of_each() {
        let somebody = world.of(Class::Normal, number);
        let nobody = Target::nobody();
        let begins = fastrand::bool();
        for look in &mut looks {
            let mut times = [0.0; 2];
            for turn in [usize::from(begins), usize::from(!begins)] {
                let target = if turn == 0 { &somebody } else { &nobody };
                let asked = Probe::Login(Typed::Wrong).about(target, &form);
                times[turn] = connection.ask(&asked).await.took.as_secs_f64() * 1e6;
            }
            look.push((times[0], times[1]));
        }
    }
    let rows = looks.into_iter().zip(["first", "second", "third"]);
    rows.map(|(asked, name)| pairs::row(format!("Login, {name} look at a name"), &asked))
        .collect()
}
