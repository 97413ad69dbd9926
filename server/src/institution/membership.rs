//! Who acts for an institution: a membership, and with the first one the role among the account's own, which tokens and
//! applications see.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    QueryFilter as _, SelectExt as _,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    account::{fields::Fields, row},
    call::Call,
    error::Error,
    event::{self, Subject},
    store::{
        account,
        institution_member::{ActiveModel, Column, Entity, INSTITUTION_ADMIN, Model},
        reset_code,
    },
};

/// Makes an account a member, if it isn't one, and gives it the role, if it lacks it.
pub async fn begin(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    institution_id: Uuid,
    account: &account::Model,
) -> Result<Model, Error> {
    if let Some(member) = Entity::find_by_id((institution_id, account.id))
        .one(txn)
        .await?
    {
        return Ok(member);
    }
    let begun = ActiveModel {
        institution_id: Set(institution_id),
        account_id: Set(account.id),
        role: Set(INSTITUTION_ADMIN.to_owned()),
        create_time: Set(call.now),
    };
    let member = begun.insert(txn).await?;
    if has_role(account) {
        // It ranks higher by this as well, perhaps above who was given a code for it.
        reset_code::Entity::revoke_granted(txn, account.id, call.now).await?;
    } else {
        let mut roles = account.role_names();
        roles.push(INSTITUTION_ADMIN.to_owned());
        save_roles(txn, call, account, &roles).await?;
    }
    tell(txn, call, "member.added", &member).await?;
    Ok(member)
}

/// Ends a membership; false if there was none. With the last one goes the role.
pub async fn end(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    institution_id: Uuid,
    account: &account::Model,
) -> Result<bool, Error> {
    let Some(member) = Entity::find_by_id((institution_id, account.id))
        .one(txn)
        .await?
    else {
        return Ok(false);
    };
    remove(txn, call, &member).await?;
    if has_role(account) && !Entity::of(account.id).exists(txn).await? {
        let mut roles = account.role_names();
        roles.retain(|role| role != INSTITUTION_ADMIN);
        save_roles(txn, call, account, &roles).await?;
    }
    Ok(true)
}

/// Brings memberships into line with an account whose roles were just given: with the role it is a member of its own
/// institution, without it of none.
pub async fn follow_roles(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    account: &account::Model,
) -> Result<(), Error> {
    if has_role(account) {
        if let Some(institution_id) = account.institution_id {
            begin(txn, call, institution_id, account).await?;
        }
        return Ok(());
    }
    for member in Entity::of(account.id).all(txn).await? {
        remove(txn, call, &member).await?;
    }
    Ok(())
}

fn has_role(account: &account::Model) -> bool {
    account
        .role_names()
        .iter()
        .any(|role| role == INSTITUTION_ADMIN)
}

async fn save_roles(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    account: &account::Model,
    roles: &[String],
) -> Result<(), Error> {
    let changes = account::ActiveModel {
        roles: Set(Fields::default().roles("roles", roles)),
        ..Default::default()
    };
    row::save(txn, account, changes, call.now).await?;
    Ok(())
}

async fn remove(txn: &impl ConnectionTrait, call: &Call<'_>, member: &Model) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::InstitutionId.eq(member.institution_id))
        .filter(Column::AccountId.eq(member.account_id))
        .exec(txn)
        .await?;
    tell(txn, call, "member.removed", member).await
}

async fn tell(
    txn: &impl ConnectionTrait,
    call: &Call<'_>,
    kind: &str,
    member: &Model,
) -> Result<(), Error> {
    let subject = Subject {
        account_id: Some(member.account_id),
        institution_id: Some(member.institution_id),
    };
    let about = json!({ "role": member.role });
    let actor = call.caller.actor_id();
    event::append(txn, call, kind, subject, actor, about).await?;
    Ok(())
}
