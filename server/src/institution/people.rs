//! `ListPeople`: who can't sign in yet, and why?

use std::collections::BTreeSet;

use guichet_proto::v1::{
    ListPeopleRequest, ListPeopleResponse, MessageState, Situation, list_people_response::Person,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::report;
use crate::{
    account::{search, view},
    call::Call,
    error::Error,
    messages,
    pagination::{self, Cursor, Key, Page},
    store::{
        account::{self, Column, State},
        outbox, totp,
    },
};

/// `ListPeople`.
pub async fn list_people(
    call: &Call<'_>,
    request: ListPeopleRequest,
) -> Result<ListPeopleResponse, Error> {
    let db = &call.app.store.read;
    let size = pagination::size(request.page_size)?;
    let found = search::condition(&request.search)?;
    let situations = situations(&request.situations)?;
    let scope = report::about(call, db, &request.institution_id).await?;
    let query = query_id(call, &request)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let mut page = Page::begin(master_key, caller, size, &request.page_token, query).await?;

    let all = account::Entity::within(&scope)
        .filter(Column::State.ne(State::Deleted))
        .filter(found)
        .filter(any_of(&situations))
        .order_by_asc(Column::NameKey)
        .order_by_asc(Column::Id);
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(cursor) = step.after {
            let after = pagination::after(Column::NameKey, Column::Id, &Order::Asc, cursor);
            select = select.filter(after);
        }
        let accounts = select.all(db).await?;
        let people = described(db, &accounts).await?;
        let rows = accounts.iter().zip(people).collect();
        page.add(rows, |(account, person)| (cursor_of(account), person));
    }
    let (people, next_page_token) = page.end()?;
    Ok(ListPeopleResponse {
        people,
        next_page_token,
    })
}

fn cursor_of(last: &account::Model) -> Cursor {
    Cursor {
        key: Key::Text(last.name_key.clone()),
        id: last.id,
    }
}

fn situations(given: &[i32]) -> Result<BTreeSet<Situation>, Error> {
    let known = given.iter().map(|situation| {
        Situation::try_from(*situation)
            .ok()
            .filter(|situation| *situation != Situation::Unspecified)
            .ok_or_else(|| Error::field("situations", "UNKNOWN_VALUE"))
    });
    known.collect()
}

/// What a page token is bound to: who asks, and what for.
fn query_id(call: &Call<'_>, request: &ListPeopleRequest) -> Result<Vec<u8>, Error> {
    pagination::query((
        "people",
        call.caller.actor_id(),
        &request.institution_id,
        &request.search,
        &request.situations,
    ))
}

/// The condition of being in one of these situations; no situation means all.
fn any_of(situations: &BTreeSet<Situation>) -> Condition {
    if situations.is_empty() {
        return Condition::all();
    }
    situations.iter().fold(Condition::any(), |any, situation| {
        any.add(is_in(*situation))
    })
}

/// The same as [`situation`], for the database.
fn is_in(situation: Situation) -> Condition {
    let is = |states: &[State]| Condition::all().add(Column::State.is_in(states.iter().copied()));
    let undelivered = Expr::exists(undelivered());
    match situation {
        Situation::Unspecified => Condition::any(),
        Situation::Disabled => is(&[State::Disabled]),
        Situation::NoAddress => {
            is(&[State::Legacy, State::Pending]).add(Column::EmailKey.is_null())
        }
        Situation::NotMigrated => is(&[State::Legacy]).add(Column::EmailKey.is_not_null()),
        Situation::Undelivered => is(&[State::Pending, State::Active])
            .add(Column::EmailKey.is_not_null())
            .add(undelivered),
        Situation::Mailed => is(&[State::Pending])
            .add(Column::EmailKey.is_not_null())
            .add(undelivered.not()),
        Situation::Active => is(&[State::Active]).add(
            Condition::any()
                .add(undelivered.not())
                .add(Column::EmailKey.is_null()),
        ),
    }
}

/// The last mail about the account, if it did not arrive.
fn undelivered() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(outbox::Entity)
        .and_where(Expr::col((outbox::Entity, outbox::Column::Id)).eq(outbox::Entity::last_id()))
        .and_where(outbox::Column::State.is_in(UNDELIVERED))
        .to_owned()
}

const UNDELIVERED: [outbox::State; 2] = [outbox::State::Dead, outbox::State::Bounced];

/// Each with the last mail about it and what else stands in its way.
async fn described(
    db: &impl ConnectionTrait,
    accounts: &[account::Model],
) -> Result<Vec<Person>, Error> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let enrolled = totp::Entity::enrolled_among(db, ids.clone()).await?;
    let last = outbox::Entity::last_about(db, ids).await?;
    let people = accounts.iter().map(|account| Person {
        totp_enrolled: enrolled.contains(&account.id),
        ..person(account, last.get(&account.id))
    });
    Ok(people.collect())
}

fn person(account: &account::Model, mail: Option<&outbox::Model>) -> Person {
    let state = mail.map(|mail| messages::state(mail.state));
    Person {
        account: Some(view::account(account)),
        situation: situation(account, mail).into(),
        message_id: mail.map(|mail| mail.id.to_string()).unwrap_or_default(),
        message_state: state.unwrap_or(MessageState::Unspecified).into(),
        message_time: mail.map(|mail| mail.create_time.to_proto()),
        answer: mail.map(messages::last_word).unwrap_or_default(),
        totp_enrolled: false,
    }
}

fn situation(account: &account::Model, mail: Option<&outbox::Model>) -> Situation {
    let is_undelivered = mail.is_some_and(|mail| UNDELIVERED.contains(&mail.state));
    let has_address = account.email_key.is_some();
    match account.state {
        State::Deleted => Situation::Unspecified,
        State::Disabled => Situation::Disabled,
        State::Legacy | State::Pending if !has_address => Situation::NoAddress,
        State::Legacy => Situation::NotMigrated,
        State::Pending | State::Active if is_undelivered && has_address => Situation::Undelivered,
        State::Pending => Situation::Mailed,
        State::Active => Situation::Active,
    }
}
