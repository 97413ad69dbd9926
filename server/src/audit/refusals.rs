//! Writing refusals into the journal.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
};

use sea_orm::{ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use super::alert;
use crate::{
    app::App,
    error::Error,
    event::{self, Earlier, Subject},
    refusals::{Refusals, Refused, Rows, Tally},
    store::account,
};

/// Writes what is due. What can't be written is kept for the next turn.
pub async fn write_refusals(app: &App) -> Result<(), Error> {
    let mut due = Due {
        refusals: &app.refusals,
        rows: app.refusals.take(),
    };
    if due.rows.is_empty() {
        return Ok(());
    }
    let failed_at = write_rows(app, &due.rows).await?;
    due.rows = Rows::default();
    alert::tell(app, failed_at).await
}

/// What is left in here goes back, also where whoever writes it is given up.
struct Due<'a> {
    refusals: &'a Refusals,
    rows: Rows,
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        self.refusals.put_back(mem::take(&mut self.rows));
    }
}

/// Tells at which institutions somebody has failed to sign in.
async fn write_rows(app: &App, rows: &Rows) -> Result<BTreeSet<Uuid>, Error> {
    let subjects = Subjects::find(app, rows).await?;
    // What is nobody's is one row a network.
    let mut merged: HashMap<(&Refused, Subject, &str), (Tally, u64)> = HashMap::new();
    for ((refused, network), tally) in &rows.apart {
        let subject = subjects.of(refused);
        let about = match refused {
            Refused::SignIn(_) if subject == Subject::default() => &NOBODY,
            Refused::ResetCode(_) if subject == Subject::default() => &NO_ACCOUNT,
            refused => refused,
        };
        let begun = (Tally::none(tally.first), 0);
        let (sum, names) = merged.entry((about, subject, network)).or_insert(begun);
        sum.add(*tally);
        *names += 1;
    }

    let failed_at = merged
        .keys()
        .filter(|(refused, ..)| matches!(refused, Refused::SignIn(_)))
        .filter_map(|(_, subject, _)| subject.institution_id)
        .collect();
    let txn = app.store.write().await?;
    for ((refused, subject, network), (tally, names)) in merged {
        let mut about = about(tally);
        if let Some(method) = refused.method() {
            about["method"] = json!(method);
        }
        if *refused == NOBODY {
            about["names"] = json!(names);
        }
        let seen = Earlier {
            clock: &app.clock,
            network: Some(network.to_owned()),
        };
        event::append(
            &txn,
            &seen,
            refused.kind(),
            subject,
            refused.actor_id(),
            about,
        )
        .await?;
    }
    for (kind, tally) in &rows.together {
        let mut about = about(*tally);
        about["various"] = json!(true);
        event::append(&txn, &app.clock, kind, Subject::default(), None, about).await?;
    }
    txn.commit().await?;
    Ok(failed_at)
}

static NOBODY: Refused = Refused::SignIn(String::new());
static NO_ACCOUNT: Refused = Refused::ResetCode(Uuid::nil());

fn about(tally: Tally) -> serde_json::Value {
    json!({ "count": tally.count, "first_time": tally.first.to_proto().to_string() })
}

/// The accounts that refusals are about, as far as there are any.
struct Subjects {
    by_name: HashMap<String, Subject>,
    by_id: HashMap<Uuid, Subject>,
}

impl Subjects {
    async fn find(app: &App, rows: &Rows) -> Result<Self, Error> {
        let refused = || rows.apart.iter().map(|((refused, _), _)| refused);
        let names = refused().filter_map(|refused| match refused {
            Refused::SignIn(name) => Some(name.as_str()),
            _ => None,
        });
        let ids = refused().filter_map(Refused::account_id);
        let wanted = account::Column::UsernameKey
            .is_in(names)
            .or(account::Column::Id.is_in(ids));
        let accounts = account::Entity::find().filter(wanted);
        let accounts = accounts.all(&app.store.read).await?;
        Ok(Self {
            by_id: accounts
                .iter()
                .map(|account| (account.id, account.into()))
                .collect(),
            by_name: accounts
                .into_iter()
                .map(|account| (account.username_key.clone(), Subject::from(&account)))
                .collect(),
        })
    }

    fn of(&self, refused: &Refused) -> Subject {
        let found = match refused {
            Refused::SignIn(name) => self.by_name.get(name),
            refused => refused
                .account_id()
                .and_then(|account_id| self.by_id.get(&account_id)),
        };
        found.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn what_is_not_written_when_its_writer_is_given_up_goes_back() {
        let refusals = Refusals::default();
        refusals.note(Refused::Token, None, Timestamp(0));
        let rows = refusals.take();

        drop(Due {
            refusals: &refusals,
            rows,
        });

        assert_eq!(refusals.take().apart.len(), 1);
    }
}
