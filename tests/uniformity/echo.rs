//! What a request for a reset leaves behind: its mail is written after the answer, and keeps the machine busy for a moment.
//! Whoever asks something else at once can see that, and this says how well. There is no promise about it.

use std::time::Duration;

use guichet_tests::statistics;

use crate::exchange::Connection;
use crate::probe::{Code, Form, Probe};
use crate::report::Row;
use crate::world::{Class, Target, World};

/// Each name has a mail sent once, so each is asked about once.
const PEOPLE: usize = 300;

/// Longer than a mail takes.
const QUIET: Duration = Duration::from_millis(60);

pub(crate) async fn of_a_request() -> Vec<Row> {
    let world = World::inhabited(crate::wide().start().await, &[Class::Normal], PEOPLE).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let mut rows = Vec::new();
    let then = [Probe::Inspect(Code::Link), Probe::ResetByUsername];
    let share = PEOPLE / then.len();
    for (part, then) in then.into_iter().enumerate() {
        let mut pairs = Vec::new();
        for number in 0..share {
            let mut times = [0.0; 2];
            let begins = usize::from(fastrand::bool());
            for turn in [begins, 1 - begins] {
                let target = match turn {
                    0 => world.of(Class::Normal, part * share + number),
                    _ => Target::nobody(),
                };
                let first = Probe::ResetByEmail.about(&target, &form);
                let second = then.about(&Target::nobody(), &form);
                tokio::time::sleep(QUIET).await;
                connection.ask(&first).await;
                times[turn] = connection.ask(&second).await.took.as_secs_f64() * 1e6;
            }
            pairs.push((times[0], times[1]));
        }
        let compared = statistics::compare(&pairs);
        rows.push(Row::exact(
            format!("{} right after a request for a mail", then.name()),
            format!(
                "{} pairs: AUC {:.3} ± {:.3}, {:+.0} µs (no promise)",
                pairs.len(),
                compared.auc.estimate,
                compared.auc.half_width(),
                compared.shift.estimate
            ),
            Vec::new(),
        ));
    }
    rows
}
