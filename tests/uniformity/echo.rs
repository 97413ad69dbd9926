//! What a request for a reset leaves behind: it is decided and its mail written after the answer, which keeps the machine
//! busy for a moment. Whoever asks something else at once must not see that.

use std::time::Duration;

use crate::exchange::Connection;
use crate::pairs;
use crate::probe::{Code, Form, Probe};
use crate::report::Row;
use crate::world::{Class, Target, World};

/// Each name has a mail sent once, so each is asked about once.
const PEOPLE: usize = 600;

/// Longer than it takes until a mail has left.
const QUIET: Duration = Duration::from_millis(320);

pub(crate) async fn of_a_request() -> Vec<Row> {
    let world = World::inhabited(crate::wide().start().await, &[Class::Normal], PEOPLE).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let mut rows = Vec::new();
    let then = [Probe::Inspect(Code::Link), Probe::ResetByUsername];
    let share = PEOPLE / then.len();
    for (part, then) in then.into_iter().enumerate() {
        let mut asked = Vec::new();
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
            asked.push((times[0], times[1]));
        }
        let name = format!("{} right after a request for a mail", then.name());
        rows.push(pairs::row(name, &asked));
    }
    rows
}
