//! The password rules beside a form, the broken ones marked.

use super::{link::Link, visit::Visit};
use crate::{
    account::new_password,
    auth::session,
    error::{Error, Violation},
    password::policy::{PasswordPolicy, Rule as PolicyRule},
    reset::policy,
};

/// One rule.
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) description: String,
    /// The figure that it speaks of, for the script; empty where it has none.
    pub(super) limit: String,
    pub(super) is_broken: bool,
}

/// The rules of a form.
pub(super) struct Rules {
    pub(super) list: Vec<Rule>,
    /// Passwords that would do.
    pub(super) examples: String,
    /// The same for programs that make passwords (`passwordrules`, which browsers and password managers read).
    pub(super) for_generators: String,
}

impl Rules {
    /// Those of everybody, marked if `broken` names them.
    pub(super) fn of_everybody(visit: &Visit, broken: &[Violation]) -> Self {
        Self::of(visit, &visit.app.policy, broken)
    }

    /// Those that hold for whoever has the link; likewise.
    pub(super) async fn of_holder(
        visit: &Visit,
        link: &Link,
        broken: &[Violation],
    ) -> Result<Self, Error> {
        let policy = policy::of_holder(&visit.call(), &link.user_id, &link.code).await?;
        Ok(Self::of(visit, &policy, broken))
    }

    /// Those that hold for whoever is signed in here, if anybody is.
    pub(super) async fn of_person(visit: &Visit) -> Result<Self, Error> {
        let app = &visit.app;
        let now = app.clock.now();
        let session = session::of_refresh_token(app, &visit.refresh_token(), now).await?;
        let institution_id = session.and_then(|session| session.institution_id);
        let policy = new_password::policy(app, institution_id).await?;
        Ok(Self::of(visit, &policy, &[]))
    }

    fn of(visit: &Visit, policy: &PasswordPolicy, broken: &[Violation]) -> Self {
        let rules = policy.rules();
        let examples: Vec<String> = rules
            .iter()
            .filter_map(|rule| policy::example(policy, *rule, visit.locale))
            .collect();
        let list = rules.into_iter().map(|rule| Rule {
            key: rule.key(),
            description: policy::describe(policy, rule, visit.locale),
            limit: policy
                .limit(rule)
                .map_or_else(String::new, |limit| limit.to_string()),
            is_broken: broken
                .iter()
                .any(|violation| violation.reason == rule.key()),
        });
        Self {
            list: list.collect(),
            examples: examples.join(", "),
            for_generators: for_generators(policy),
        }
    }
}

/// Asks for a lower-case letter as well, as people would.
fn for_generators(policy: &PasswordPolicy) -> String {
    let (least, most) = (policy.min_length(), policy.max_length());
    let kinds = policy.rules().into_iter().filter_map(|rule| match rule {
        PolicyRule::Digit => Some("required: digit; "),
        PolicyRule::Uppercase => Some("required: upper; "),
        // On every keyboard, and none that has to be written differently anywhere.
        PolicyRule::Special => Some("required: [-+*!?@#%=_]; "),
        _ => None,
    });
    let kinds: String = kinds.collect();
    format!("minlength: {least}; maxlength: {most}; required: lower; {kinds}")
        .trim_end()
        .to_owned()
}
