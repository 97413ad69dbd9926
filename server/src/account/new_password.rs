//! A password that somebody gives an account, held to the rules that hold for its people.

use uuid::Uuid;

use super::former_passwords;
use crate::{
    app::App,
    call::Call,
    error::{Error, Violation},
    metrics::LookupResult,
    password::{
        MAX_BYTES, Password, PasswordFault,
        compromised::Answer,
        context::ContextWords,
        identifiers::Identifiers,
        policy::{PasswordPolicy, Rule},
    },
    store::{account, institution},
};

/// The rules for who belongs to an institution, or to none: the operator's, and whatever is asked for there and above.
pub async fn policy(app: &App, institution_id: Option<Uuid>) -> Result<PasswordPolicy, Error> {
    let settings = institution::Entity::holding(&app.store.read, institution_id).await?;
    Ok(policy_below(app, &settings))
}

/// The same, for who belongs where this holds.
pub fn policy_below(app: &App, settings: &institution::Settings) -> PasswordPolicy {
    let words = ContextWords::of(settings.names.iter().map(String::as_str));
    app.policy.and(settings.password, words)
}

/// A text that may be a password at all, whatever the rules say to it.
pub fn parse(field: &str, typed: &str) -> Result<Password, Violation> {
    Password::parse_new(typed).map_err(|fault| match fault {
        PasswordFault::Required => Violation::new(field, fault.reason()),
        PasswordFault::TooLong => Violation::with_limit(field, fault.reason(), MAX_BYTES),
    })
}

/// Reads a password into `field` and checks every rule that the text alone can tell about.
pub fn read(
    policy: &PasswordPolicy,
    field: &str,
    typed: &str,
    identifiers: &Identifiers<'_>,
) -> Result<Password, Error> {
    let password =
        parse(field, typed).map_err(|violation| Error::InvalidFields(vec![violation]))?;

    let broken = policy.broken(&password, identifiers);
    if broken.is_empty() {
        Ok(password)
    } else {
        Err(refusal(policy, field, &broken))
    }
}

/// Checks what takes longer: whether the account had the password before, and whether it has been published. Only for
/// whoever has proved to be let to set it: it costs hashes and questions, and tells about the account.
pub async fn compare(
    call: &Call<'_>,
    policy: &PasswordPolicy,
    field: &str,
    password: &Password,
    account: Option<(&account::Model, Uuid)>,
) -> Result<(), Error> {
    if let Some(counted) = account
        && former_passwords::has(call, counted, password, policy.history()).await?
    {
        return Err(refusal(policy, field, &[Rule::NotPrevious]));
    }
    if is_published(call.app, password).await {
        return Err(refusal(policy, field, &[Rule::NotCommon]));
    }
    Ok(())
}

async fn is_published(app: &App, password: &Password) -> bool {
    let Some(range) = &app.range else {
        return false;
    };
    let answer = range.ask(password).await;
    app.metrics.password_looked_up(match answer {
        Answer::Known => LookupResult::Known,
        Answer::Unknown => LookupResult::Unknown,
        Answer::Failed => LookupResult::Failed,
    });
    answer == Answer::Known
}

fn refusal(policy: &PasswordPolicy, field: &str, broken: &[Rule]) -> Error {
    let violations = broken.iter().map(|rule| Violation {
        field: field.to_owned(),
        reason: rule.key(),
        limit: policy.limit(*rule),
    });
    Error::PasswordRules(violations.collect())
}
