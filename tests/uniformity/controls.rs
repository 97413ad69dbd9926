//! Leaks that are there on purpose. A measurement that does not find them proves nothing.
//!
//! No build of the product leaks for them: they are questions that are known to cost the server something else, and one
//! in which the observer himself adds what a careless server would.

use std::time::Duration;

use guichet_client::proto::InspectResetRequest;
use guichet_tests::statistics;

use crate::Extent;
use crate::exchange::{Asked, Connection};
use crate::pairs;
use crate::probe::{Code, Form, Probe, Typed, call};
use crate::report::Row;
use crate::timing::margin_of;
use crate::world::{Class, Target, World};

/// What a careless server takes more for somebody.
const EXTRA: Duration = Duration::from_micros(200);

/// Times that a leak is looked for, each with four times as many calls: a busy machine hides a small one for a while.
const LOOKS: u32 = 3;

pub(crate) async fn are_found(world: &World, form: &Form, extent: Extent) -> Vec<Row> {
    let inspect = Probe::Inspect(Code::Link);
    vec![
        find(
            "200 µs more for somebody, InspectReset",
            (world, extent, EXTRA),
            |round| {
                let somebody = world.of(Class::Normal, round);
                [somebody, world.nobody(round)].map(|target| inspect.about(&target, form))
            },
        )
        .await,
        find(
            "one look-up more: an id, and what is none",
            (world, extent, Duration::ZERO),
            |round| [inspect.about(&world.nobody(round), form), without_id()],
        )
        .await,
        find(
            "one hash more: a password with two spellings",
            (world, extent, Duration::ZERO),
            |_| {
                let nobody = Target::nobody();
                [Typed::Decomposed, Typed::Wrong]
                    .map(|typed| Probe::Login(typed).about(&nobody, form))
            },
        )
        .await,
    ]
}

/// Refused like a wrong code, and nothing was looked up for it.
pub(crate) fn without_id() -> Asked {
    let request = InspectResetRequest {
        user_id: "00000000-0000-0000-0000-00000000000g".to_owned(),
        code: "A".repeat(43),
    };
    call("ResetService/InspectReset", &request)
}

async fn find(
    leak: &str,
    (world, extent, slowed): (&World, Extent, Duration),
    questions: impl Fn(usize) -> [Asked; 2],
) -> Row {
    let connection = Connection::open(&world.server).await;
    let mut rounds = extent.of(150, 400);
    let mut looks_left = LOOKS;
    loop {
        let asked = pairs::ask(&connection, rounds, slowed, &questions).await;
        let compared = statistics::compare(&pairs::times(&asked));
        let seen = format!(
            "{rounds} pairs: AUC {:.3} ± {:.3}, {:+.0} µs",
            compared.auc.estimate,
            compared.auc.half_width(),
            compared.shift.estimate
        );
        looks_left -= 1;
        if !compared.auc.is_within(0.5, margin_of(rounds)) {
            return Row::control(leak, seen, Vec::new());
        }
        if looks_left == 0 {
            return Row::control(leak, seen, vec!["it was not found".to_owned()]);
        }
        rounds *= 4;
    }
}
