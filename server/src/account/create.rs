//! `CreateAccount`.

use guichet_proto::v1::{
    self, CreateAccountRequest, CreateAccountResponse, create_account_request::Credential,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};
use serde_json::json;
use uuid::Uuid;

use super::{affiliation, fields::Fields, first_reply::RequestId, new_password, row, search, view};
use crate::{
    call::Call,
    error::{Error, Violation},
    event,
    institution::membership,
    outbox::{self, Cause},
    password::{
        Password,
        identifiers::Identifiers,
        stored::{HashKind, ImportedHash},
    },
    store::{
        account::{Column, Entity, Model, State},
        hash_kind,
    },
};

/// `CreateAccount`.
pub async fn create_account(
    call: &Call<'_>,
    request: CreateAccountRequest,
) -> Result<CreateAccountResponse, Error> {
    let validate_only = request.validate_only;
    let mut fields = Fields::default();
    let request_id = fields.part(request_id(call, &request))?.flatten();
    let request_id = request_id.filter(|_| !validate_only);
    let (mut account, credential, imported) = read(call, fields, request)?;
    affiliation::check_roles(call, &account)?;
    check_right_to(call, credential.as_ref())?;
    if let Some(reply) = first_reply(call, request_id.as_ref()).await? {
        return Ok(reply);
    }

    let password = match &credential {
        Some(Credential::Password(typed)) => {
            let identifiers = Identifiers {
                username: &account.username,
                email: account.email.as_deref(),
                code: None,
            };
            let policy = new_password::policy(call.app, account.institution_id).await?;
            let password = new_password::read(&policy, "password", typed, &identifiers)?;
            new_password::compare(call, &policy, "password", &password, None).await?;
            Some(password)
        }
        _ => None,
    };
    if validate_only {
        affiliation::check(&call.app.store.read, call, account.institution_id).await?;
        check_free(&call.app.store.read, &account).await?;
        let shown = v1::Account {
            id: String::new(),
            etag: String::new(),
            ..view::account(&account)
        };
        return Ok(CreateAccountResponse {
            account: Some(shown),
        });
    }
    account.password_hash = hash(call, password, imported).await?;

    let activation = matches!(credential, Some(Credential::SendActivation(_)));
    let username_key = account.username_key.clone();
    let error = match write(call, account, activation, request_id.as_ref()).await {
        Ok(reply) => return Ok(reply),
        Err(error) => error,
    };
    // A repetition that ran at the same time was first.
    if let Some(reply) = first_reply(call, request_id.as_ref()).await? {
        return Ok(reply);
    }
    // Where both are taken, each store finds another one first.
    if matches!(error, Error::ExternalIdTaken) {
        let same = Entity::by_username_key(&username_key);
        if same.one(&call.app.store.read).await?.is_some() {
            return Err(Error::UsernameTaken);
        }
    }
    Err(error)
}

/// What is stored of the password or of the hash, if there is either.
async fn hash(
    call: &Call<'_>,
    password: Option<Password>,
    imported: Option<ImportedHash>,
) -> Result<Option<String>, Error> {
    if password.is_none() && imported.is_none() {
        return Ok(None);
    }
    let hasher = &call.app.hasher;
    let _place = hasher.enter(call.client)?;
    if let Some(password) = password {
        return Ok(Some(hasher.hash(&password, call.deadline).await?));
    }
    match imported {
        Some(imported) => Ok(Some(hasher.adopt(imported, call.deadline).await?)),
        None => Ok(None),
    }
}

/// Nobody chooses another person's password but a system that moves them (OWASP ASVS 5.0, 6.4.6).
fn check_right_to(call: &Call<'_>, credential: Option<&Credential>) -> Result<(), Error> {
    let is_chosen = matches!(
        credential,
        Some(Credential::Password(_) | Credential::PasswordHash(_))
    );
    if is_chosen && !call.caller.has_role("admin") {
        return Err(Error::Forbidden);
    }
    Ok(())
}

fn request_id(call: &Call<'_>, request: &CreateAccountRequest) -> Result<Option<RequestId>, Error> {
    let mut asked = request.clone();
    let attributes = asked.account.as_mut();
    let attributes = attributes.map(|account| std::mem::take(&mut account.attributes));
    let attributes = attributes.unwrap_or_default();
    RequestId::read(call, &request.request_id, &asked, &attributes)
}

async fn first_reply(
    call: &Call<'_>,
    id: Option<&RequestId>,
) -> Result<Option<CreateAccountResponse>, Error> {
    match id {
        Some(id) => id.first_reply(&call.app.store.read, call.now).await,
        None => Ok(None),
    }
}

/// The account that the request describes and what opens it, every fault in it told at once.
fn read(
    call: &Call<'_>,
    mut fields: Fields,
    request: CreateAccountRequest,
) -> Result<(Model, Option<Credential>, Option<ImportedHash>), Error> {
    let given = request
        .account
        .ok_or_else(|| Error::field("account", "REQUIRED"))?;
    let credential = request
        .credential
        .filter(|credential| *credential != Credential::SendActivation(false));

    let username = fields.username("account.username", &given.username);
    let email = match credential {
        Some(Credential::SendActivation(_)) => fields.email("account.email", &given.email),
        _ if given.email.is_empty() => None,
        _ => fields.email("account.email", &given.email),
    };
    let institution_id = fields.optional_id("account.institution_id", &given.institution_id)?;
    let state = state(&mut fields, credential.as_ref(), given.state);
    let imported = match &credential {
        Some(Credential::PasswordHash(hash)) => fields.password_hash("password_hash", hash),
        _ => None,
    };
    if let Some(Credential::Password(typed)) = &credential
        && let Err(violation) = new_password::parse("password", typed)
    {
        fields.refuse(violation);
    }
    let account = Model {
        id: call.app.clock.new_id(),
        username: given.username,
        username_key: username
            .map(|username| username.key().to_owned())
            .unwrap_or_default(),
        email_key: email.as_ref().map(|email| email.key().to_owned()),
        email: email.map(|email| email.as_str().to_owned()),
        email_verified: false,
        display_name: fields.display_name("account.display_name", &given.display_name),
        name_key: search::name_key(&given.display_name),
        locale: fields.locale("account.locale", &given.locale),
        state,
        prior_state: None,
        institution_id,
        external_id: fields.external_id("account.external_id", &given.external_id),
        roles: fields.roles("account.roles", &given.roles),
        attributes: fields.attributes("account.attributes", &given.attributes),
        password_hash: None,
        create_time: call.now,
        update_time: call.now,
        last_login_time: None,
        version: 1,
        devices_from_time: None,
    };
    fields.finish()?;

    Ok((account, credential, imported))
}

fn state(fields: &mut Fields, credential: Option<&Credential>, asked: i32) -> State {
    match credential {
        Some(Credential::Password(_) | Credential::PasswordHash(_)) => return State::Active,
        Some(Credential::SendActivation(_)) => return State::Pending,
        None => {}
    }
    match v1::AccountState::try_from(asked) {
        Ok(v1::AccountState::Unspecified | v1::AccountState::Pending) => State::Pending,
        Ok(v1::AccountState::Legacy) => State::Legacy,
        Ok(_) => {
            fields.refuse(Violation::new("account.state", "NOT_ALLOWED"));
            State::Pending
        }
        Err(_) => {
            fields.refuse(Violation::new("account.state", "UNKNOWN_VALUE"));
            State::Pending
        }
    }
}

async fn check_free(db: &impl ConnectionTrait, account: &Model) -> Result<(), Error> {
    if Entity::by_username_key(&account.username_key)
        .one(db)
        .await?
        .is_some()
    {
        return Err(Error::UsernameTaken);
    }
    if let Some(external_id) = &account.external_id
        && Entity::find()
            .filter(Column::ExternalId.eq(external_id))
            .one(db)
            .await?
            .is_some()
    {
        return Err(Error::ExternalIdTaken);
    }
    Ok(())
}

async fn write(
    call: &Call<'_>,
    account: Model,
    activation: bool,
    request_id: Option<&RequestId>,
) -> Result<CreateAccountResponse, Error> {
    let kind = account.password_hash.as_deref().and_then(HashKind::of);
    let new_kind = kind.filter(|kind| call.app.hasher.kind().as_ref() != Some(kind));
    let txn = call.app.store.write().await?;
    affiliation::check(&txn, call, account.institution_id).await?;
    hash_kind::Entity::note(&txn, new_kind.into_iter().collect()).await?;
    let id: Uuid = account.id;
    let account = account
        .into_active_model()
        .reset_all()
        .insert(&txn)
        .await
        .map_err(row::conflict)?;
    event::append(
        &txn,
        call,
        "account.created",
        &account,
        call.caller.actor_id(),
        json!({}),
    )
    .await?;
    membership::follow_roles(&txn, call, &account).await?;
    if activation && let Some(email) = &account.email {
        outbox::enqueue(&txn, call.app, Cause::Activation, &account, email).await?;
    }
    let reply = CreateAccountResponse {
        account: Some(view::account(&account)),
    };
    if let Some(request_id) = request_id {
        request_id.keep(&txn, &reply, id, call.now).await?;
    }
    txn.commit().await?;

    call.app.wake.send_replace(());
    Ok(reply)
}
