//! What somebody who acts for a school may do to people and things of their own school, of one below, beside, above and
//! elsewhere, and to people ranked above them: every RPC that the protos have.

mod table;
mod world;

use std::collections::BTreeSet;

use guichet_client::error;
use tonic::Status;

use self::table::About::{Administrators, List, NobodyElse, People, Person, Place, Seen, Thing};
use self::table::{Ask, table};
use self::world::{Target, World};
use super::TABLE;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was carried out, or refused for what it asks and not for whom it is about.
    Through,
    NotFound,
    Forbidden,
    /// The field that says where is refused.
    NoSuchPlace,
}

use Outcome::{Forbidden, NoSuchPlace, NotFound, Through};

fn outcome(result: &Result<Vec<u8>, Status>) -> Outcome {
    let Err(status) = result else {
        return Through;
    };
    let reason = error::reason(status).map(|reason| reason.as_str().to_owned());
    match reason.as_deref() {
        Some("NOT_FOUND") => NotFound,
        Some("FORBIDDEN") => Forbidden,
        Some("INVALID_FIELDS") if error_fields(status).contains("institution_id") => NoSuchPlace,
        _ => Through,
    }
}

fn error_fields(status: &Status) -> String {
    let violations = error::violations(status).into_iter();
    violations.map(|violation| violation.field).collect()
}

#[test]
fn the_table_of_delegates_has_every_rpc() {
    let rows = table();
    let named: BTreeSet<&str> = rows.iter().map(|(rpc, _)| *rpc).collect();

    assert_eq!(named, TABLE.iter().map(|(_, rpc, _)| *rpc).collect());
    assert_eq!(named.len(), rows.len());
}

#[tokio::test]
async fn whoever_acts_for_a_school_reaches_it_and_what_is_below_and_nobody_above() {
    let world = World::new().await;

    let mut wrong = Vec::new();
    for (rpc, about) in table() {
        let (ask, near, far, above): (Ask, _, _, _) = match about {
            NobodyElse => continue,
            List(ask) => {
                wrong.extend(out_of_place(&world, rpc, ask).await);
                continue;
            }
            People(ask) => {
                wrong.extend(verdicts(&world, rpc, ask).await);
                continue;
            }
            Administrators(ask) => (ask, Forbidden, Forbidden, Forbidden),
            Person(ask) => (ask, Through, NotFound, Forbidden),
            Seen(ask) | Thing(ask) => (ask, Through, NotFound, Through),
            Place(ask) => (ask, Through, NoSuchPlace, Through),
        };
        for (targets, expected) in [
            (&world.near, near),
            (&world.far, far),
            (&world.above, above),
        ] {
            for (place, target) in targets {
                let got = outcome(&world.call(rpc, ask(target)).await);
                if got != expected {
                    wrong.push(format!("{rpc}, {place}: {got:?}, not {expected:?}"));
                }
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a list has of elsewhere; each thing's id is in its reply.
async fn out_of_place(world: &World, rpc: &str, ask: Ask) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, target) in world.near.iter().chain(&world.far) {
        let reply = world.call(rpc, ask(target)).await.expect("a list");
        let holds = |target: &Target| {
            let ids = [
                &target.institution_id,
                &target.account_id,
                &target.message_id,
                &target.import_id,
            ];
            ids.into_iter()
                .any(|id| memchr::memmem::find(&reply, id.as_bytes()).is_some())
        };
        let is_near = world.near.iter().any(|(near, _)| near == place);
        if is_near && !holds(target) {
            wrong.push(format!("{rpc} lacks what is {place}"));
        }
        for (elsewhere, far) in &world.far {
            // The parent of what is near is told with it.
            let is_told = *elsewhere == "parent" && rpc == "ListInstitutions";
            if holds(far) && !is_told {
                wrong.push(format!("{rpc} tells what is of the {elsewhere}"));
            }
        }
    }
    wrong
}

/// Verdicts of a batch are in its reply.
async fn verdicts(world: &World, rpc: &str, ask: Ask) -> Vec<String> {
    let mut wrong = Vec::new();
    for (targets, expected) in [
        (&world.near, "STATE"),
        (&world.far, "NOT_FOUND"),
        (&world.above, "FORBIDDEN"),
    ] {
        for (place, target) in targets {
            let reply = world.call(rpc, ask(target)).await.expect("verdicts");
            if memchr::memmem::find(&reply, expected.as_bytes()).is_none() {
                wrong.push(format!("{rpc}, {place}: not {expected}"));
            }
        }
    }
    wrong
}
