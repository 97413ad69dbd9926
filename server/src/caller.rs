//! Who calls: from a bearer token to a person or a system, and what it may reach.

use sea_orm::EntityTrait as _;
use uuid::Uuid;

use crate::{
    app::App,
    auth::token,
    clock::Timestamp,
    error::Error,
    secret,
    store::{
        api_key,
        institution_member::{self, INSTITUTION_ADMIN},
        scope::Scope,
        session,
    },
    throttle::own_writes::Writer,
};

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody said who.
    Anonymous,
    /// A person, by access token.
    Person {
        /// Their account.
        account_id: Uuid,
        /// The token's session.
        session_id: Uuid,
        /// Their roles as they are now.
        roles: Vec<String>,
        /// The institutions that they administer now, those below them not named.
        institutions: Vec<Uuid>,
    },
    /// A system, by API key.
    System {
        /// The key's id.
        key_id: Uuid,
        /// `admin` or `service`.
        role: String,
    },
}

impl Caller {
    /// Whether the caller has a role.
    pub fn has_role(&self, wanted: &str) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Person { roles, .. } => roles.iter().any(|role| role == wanted),
            Self::System { role, .. } => role == wanted,
        }
    }

    /// Whether the account is the caller's own, or the caller an `admin`.
    pub fn is_or_administers(&self, account_id: Uuid) -> bool {
        self.account_id() == Some(account_id) || self.has_role("admin")
    }

    /// What the caller may change, if anything beside its own account.
    pub fn scope(&self) -> Option<Scope> {
        match self {
            _ if self.has_role("admin") => Some(Scope::Everything),
            Self::Person { institutions, .. } if !institutions.is_empty() => {
                Some(Scope::Below(institutions.clone()))
            }
            _ => None,
        }
    }

    /// What the caller may read, if anything beside its own account.
    pub fn reading_scope(&self) -> Option<Scope> {
        if self.has_role("service") {
            Some(Scope::Everything)
        } else {
            self.scope()
        }
    }

    /// The account or API key that acts, for the journal.
    pub const fn actor_id(&self) -> Option<Uuid> {
        match self {
            Self::Anonymous => None,
            Self::Person { account_id, .. } => Some(*account_id),
            Self::System { key_id, .. } => Some(*key_id),
        }
    }

    /// The caller's own account, if it is a person.
    pub const fn account_id(&self) -> Option<Uuid> {
        match self {
            Self::Person { account_id, .. } => Some(*account_id),
            Self::Anonymous | Self::System { .. } => None,
        }
    }

    /// Who writes, if the caller is a person. Systems are the operator's own.
    pub fn writer(&self) -> Option<Writer> {
        match self {
            Self::Person {
                account_id,
                session_id,
                ..
            } => Some(Writer {
                account_id: *account_id,
                session_id: *session_id,
                acts_for_others: self.scope().is_some(),
            }),
            Self::Anonymous | Self::System { .. } => None,
        }
    }
}

/// Reads `authorization`: an API key or an access token.
pub async fn authenticate(app: &App, authorization: &str, now: Timestamp) -> Result<Caller, Error> {
    let Some((scheme, bearer)) = authorization.split_once(' ') else {
        return Err(Error::TokenInvalid);
    };
    if !scheme.eq_ignore_ascii_case("bearer") || bearer.len() > token::MAX_LENGTH {
        return Err(Error::TokenInvalid);
    }
    if bearer.starts_with(api_key::PREFIX) {
        let found = app.store.api_keys.find(secret::hash(bearer)).await?;
        return system(found, now);
    }
    let claims = token::verify(app, bearer, now)?;
    person(app, claims.session_id, claims.account_id, now).await
}

/// The same caller as it is now, by its session or key: without what it has shown, which may be too old by now.
pub async fn look_again(app: &App, caller: &Caller, now: Timestamp) -> Result<Caller, Error> {
    match caller {
        Caller::Anonymous => Ok(Caller::Anonymous),
        Caller::Person {
            account_id,
            session_id,
            ..
        } => person(app, *session_id, *account_id, now).await,
        Caller::System { key_id, .. } => {
            let key = api_key::Entity::find_by_id(*key_id);
            system(key.one(&app.store.read).await?, now)
        }
    }
}

async fn person(
    app: &App,
    session_id: Uuid,
    account_id: Uuid,
    now: Timestamp,
) -> Result<Caller, Error> {
    let session = live_session(app, session_id, now)
        .await?
        .filter(|session| session.account_id == account_id)
        .ok_or(Error::TokenInvalid)?;
    Ok(Caller::Person {
        account_id,
        session_id,
        institutions: institutions(app, account_id, &session.roles).await?,
        roles: session.roles,
    })
}

/// The institutions that a person administers. Nobody without the role is a member, so most calls ask nothing.
async fn institutions(app: &App, account_id: Uuid, roles: &[String]) -> Result<Vec<Uuid>, Error> {
    if !roles.iter().any(|role| role == INSTITUTION_ADMIN) {
        return Ok(Vec::new());
    }
    let memberships = institution_member::Entity::of(account_id)
        .all(&app.store.read)
        .await?;
    Ok(memberships
        .into_iter()
        .map(|membership| membership.institution_id)
        .collect())
}

fn system(found: Option<api_key::Model>, now: Timestamp) -> Result<Caller, Error> {
    let key = found
        .filter(|key| key.revoke_time.is_none())
        .ok_or(Error::TokenInvalid)?;
    if key.expire_time.is_some_and(|expires| expires <= now) {
        return Err(Error::TokenExpired);
    }
    Ok(Caller::System {
        key_id: key.id,
        role: key.role,
    })
}

/// A session, if it is live and its account may be signed in.
pub async fn live_session(
    app: &App,
    session_id: Uuid,
    now: Timestamp,
) -> Result<Option<session::Live>, Error> {
    let found = app.store.live_sessions.find(session_id).await?;
    Ok(found.filter(|session| session.lasts(now)))
}
