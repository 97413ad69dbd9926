//! `AddMember`, `RemoveMember` and `ListMembers`.

use guichet_proto::v1::{
    self, AddMemberRequest, AddMemberResponse, ListMembersRequest, ListMembersResponse,
    RemoveMemberRequest, RemoveMemberResponse,
};
use sea_orm::{ColumnTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::{membership, row};
use crate::{
    account::{self, fields::Fields, rank},
    call::{Call, parse_id},
    error::{Error, Violation},
    pagination::{self, Cursor, Key, Page},
    store::{
        account::{Model as Account, State},
        institution_member::{Column, Entity, INSTITUTION_ADMIN, Model},
    },
};

/// `AddMember`.
pub async fn add_member(
    call: &Call<'_>,
    request: AddMemberRequest,
) -> Result<AddMemberResponse, Error> {
    let mut fields = Fields::default();
    if !["", INSTITUTION_ADMIN].contains(&request.role.as_str()) {
        fields.refuse(Violation::new("role", "UNKNOWN_ROLE"));
    }
    let (institution_id, account_id) = ids(fields, &request.institution_id, &request.account_id)?;

    let txn = call.app.store.write().await?;
    row::keep(&txn, &call.scope()?, institution_id).await?;
    let account = account::row::lock_in_scope(&txn, call, account_id).await?;
    if account.state == State::Deleted {
        return Err(Error::State);
    }
    let member = membership::begin(&txn, call, institution_id, &account).await?;
    txn.commit().await?;

    Ok(AddMemberResponse {
        member: Some(view(&member, &account)),
    })
}

/// `RemoveMember`. The member's account may belong elsewhere: it is the institution that must be in scope.
pub async fn remove_member(
    call: &Call<'_>,
    request: RemoveMemberRequest,
) -> Result<RemoveMemberResponse, Error> {
    let (institution_id, account_id) = ids(
        Fields::default(),
        &request.institution_id,
        &request.account_id,
    )?;

    let scope = call.scope()?;
    let txn = call.app.store.write().await?;
    row::keep(&txn, &scope, institution_id).await?;
    let account = account::row::lock(&txn, account_id).await?;
    let member = Entity::of(account_id).filter(Column::InstitutionId.eq(institution_id));
    member.one(&txn).await?.ok_or(Error::NotFound)?;
    rank::check(&txn, &scope, &account).await?;
    membership::end(&txn, call, institution_id, &account).await?;
    txn.commit().await?;

    Ok(RemoveMemberResponse {})
}

fn ids(mut fields: Fields, institution_id: &str, account_id: &str) -> Result<(Uuid, Uuid), Error> {
    let institution = fields.part(parse_id("institution_id", institution_id))?;
    let account = fields.part(parse_id("account_id", account_id))?;
    fields.finish()?;
    institution
        .zip(account)
        .ok_or_else(|| Error::field("institution_id", "REQUIRED"))
}

/// `ListMembers`.
pub async fn list_members(
    call: &Call<'_>,
    request: ListMembersRequest,
) -> Result<ListMembersResponse, Error> {
    let db = &call.app.store.read;
    let size = pagination::size(request.page_size)?;
    let id = parse_id("institution_id", &request.institution_id)?;
    let query = (b"members", call.caller.actor_id(), id);
    let query = pagination::query(query)?;
    let master_key = &call.app.master_key;
    let caller = call.caller.actor_id();
    let mut page = Page::begin(master_key, caller, size, &request.page_token, query).await?;
    row::find(db, &call.scope()?, id).await?;

    let (column, second) = (Column::CreateTime, Column::AccountId);
    let all = Entity::at(id).order_by_asc(column).order_by_asc(second);
    while let Some(step) = page.step() {
        let mut select = all.clone().limit(step.rows);
        if let Some(cursor) = step.after {
            select = select.filter(pagination::after(column, second, &Order::Asc, cursor));
        }
        page.add(select.all(db).await?, |(member, account)| {
            (cursor_of(&member), view(&member, &account))
        });
    }
    let (members, next_page_token) = page.end()?;
    Ok(ListMembersResponse {
        members,
        next_page_token,
    })
}

const fn cursor_of(last: &Model) -> Cursor {
    Cursor {
        key: Key::Time(last.create_time.0),
        id: last.account_id,
    }
}

fn view(member: &Model, account: &Account) -> v1::Member {
    v1::Member {
        institution_id: member.institution_id.to_string(),
        account_id: member.account_id.to_string(),
        username: account.username.clone(),
        display_name: account.display_name.clone(),
        role: member.role.clone(),
        create_time: Some(member.create_time.to_proto()),
    }
}
