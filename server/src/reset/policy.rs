//! `GetPasswordPolicy` and `CheckPassword`: the rules, before anybody breaks one.

use guichet_proto::v1::{
    CheckPasswordRequest, CheckPasswordResponse, GetPasswordPolicyRequest,
    GetPasswordPolicyResponse, check_password_response, get_password_policy_response,
};

use crate::{
    call::Call,
    error::{Error, Violation},
    i18n::{self, Locale},
    password::{
        MAX_BYTES, Password,
        policy::{Identifiers, PasswordPolicy, Rule},
    },
};

/// Returns the rules a new password must obey.
pub async fn get_password_policy(
    call: &Call<'_>,
    _request: GetPasswordPolicyRequest,
) -> Result<GetPasswordPolicyResponse, Error> {
    let policy = &call.app.policy;
    let locale = call.locale;
    let rules = policy
        .rules()
        .into_iter()
        .map(|rule| get_password_policy_response::Rule {
            key: rule.key().to_owned(),
            description: describe(policy, rule, locale),
            example: i18n::rule_example(locale, rule.key()).unwrap_or_default(),
        });
    Ok(GetPasswordPolicyResponse {
        min_length: i32::try_from(policy.min_length()).unwrap_or(i32::MAX),
        max_length: i32::try_from(policy.max_length()).unwrap_or(i32::MAX),
        rules: rules.collect(),
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
    let policy = &call.app.policy;
    let locale = call.locale;
    let nobody = Identifiers {
        username: "",
        email: None,
    };
    let verdicts = policy.check(&Password::typed(&request.password), &nobody);
    let results = verdicts
        .into_iter()
        .map(|(rule, satisfied)| check_password_response::Result {
            key: rule.key().to_owned(),
            description: describe(policy, rule, locale),
            satisfied,
        });
    Ok(CheckPasswordResponse {
        results: results.collect(),
    })
}

fn describe(policy: &PasswordPolicy, rule: Rule, locale: Locale) -> String {
    let figure = policy.limit(rule).unwrap_or_default().to_string();
    i18n::rule(
        locale,
        rule.key(),
        &[("min", figure.clone().into()), ("max", figure.into())],
    )
}
