//! `GetPasswordPolicy` and `CheckPassword`: the rules, before anybody breaks one.

use guichet_proto::v1::{
    CheckPasswordRequest, CheckPasswordResponse, GetPasswordPolicyRequest,
    GetPasswordPolicyResponse, check_password_response, get_password_policy_response,
};

use super::code;
use crate::{
    account::{new_password, row},
    call::Call,
    error::{Error, Violation, description},
    i18n::{self, Locale},
    password::{
        MAX_BYTES, Password,
        identifiers::Identifiers,
        policy::{PasswordPolicy, Rule},
    },
};

/// Whose password it will be is not looked at.
const NOBODY: Identifiers<'_> = Identifiers {
    username: "",
    email: None,
    code: None,
};

/// Returns the rules a new password must obey.
pub async fn get_password_policy(
    call: &Call<'_>,
    request: GetPasswordPolicyRequest,
) -> Result<GetPasswordPolicyResponse, Error> {
    let policy = of_holder(call, &request.user_id, &request.code).await?;
    let rules = policy
        .rules()
        .into_iter()
        .map(|rule| get_password_policy_response::Rule {
            key: rule.key().to_owned(),
            description: describe(&policy, rule, call.locale),
            example: example(&policy, rule, call.locale).unwrap_or_default(),
        });
    let number = |figure| i32::try_from(figure).unwrap_or(i32::MAX);
    Ok(GetPasswordPolicyResponse {
        min_length: number(policy.min_length()),
        max_length: number(policy.max_length()),
        rules: rules.collect(),
        history: number(policy.history()),
    })
}

/// Tells rule by rule whether a password would do.
pub async fn check_password(
    call: &Call<'_>,
    request: CheckPasswordRequest,
) -> Result<CheckPasswordResponse, Error> {
    if request.password.len() > MAX_BYTES {
        return Err(Error::InvalidFields(vec![Violation::with_limit(
            "password", "TOO_LONG", MAX_BYTES,
        )]));
    }
    let policy = of_holder(call, &request.user_id, &request.code).await?;
    let verdicts = policy.check(&Password::typed(&request.password), &NOBODY);
    let results = verdicts
        .into_iter()
        .map(|(rule, satisfied)| check_password_response::Result {
            key: rule.key().to_owned(),
            description: describe(&policy, rule, call.locale),
            satisfied,
        });
    Ok(CheckPasswordResponse {
        results: results.collect(),
    })
}

/// The rules for whoever holds a code, or is signed in; the operator's for everybody else.
pub async fn of_holder(
    call: &Call<'_>,
    user_id: &str,
    code: &str,
) -> Result<PasswordPolicy, Error> {
    let institution_id = if code.is_empty() {
        match call.caller.account_id() {
            Some(id) => row::find(&call.app.store.read, id).await?.institution_id,
            None => None,
        }
    } else {
        match code::find(call, user_id, code).await {
            Ok((_, account)) => account.institution_id,
            Err(Error::ResetCodeInvalid) => None,
            Err(error) => return Err(error),
        }
    };
    new_password::policy(call.app, institution_id).await
}

/// A password that shows how the rule is kept, if it keeps all the others too.
pub fn example(policy: &PasswordPolicy, rule: Rule, locale: Locale) -> Option<String> {
    let example = i18n::rule_example(locale, rule.key())?;
    let keeps_all = policy
        .broken(&Password::typed(&example), &NOBODY)
        .is_empty();
    keeps_all.then_some(example)
}

/// The rule as a sentence.
pub fn describe(policy: &PasswordPolicy, rule: Rule, locale: Locale) -> String {
    description(rule.key(), policy.limit(rule), locale)
}
