//! The password rules beside a form, the broken ones marked.

use guichet_proto::v1::{GetPasswordPolicyRequest, GetPasswordPolicyResponse};

use super::visit::Visit;
use crate::{
    error::{Error, Violation},
    reset::policy,
};

/// One rule.
pub(super) struct Rule {
    pub(super) key: String,
    pub(super) description: String,
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
    /// Every rule, marked if `broken` names it.
    pub(super) async fn of(visit: &Visit, broken: &[Violation]) -> Result<Self, Error> {
        let policy =
            policy::get_password_policy(&visit.call(), GetPasswordPolicyRequest::default()).await?;
        let examples: Vec<String> = policy
            .rules
            .iter()
            .map(|rule| rule.example.clone())
            .filter(|example| !example.is_empty())
            .collect();
        let for_generators = for_generators(&policy);
        let list = policy.rules.into_iter().map(|rule| Rule {
            is_broken: broken.iter().any(|violation| violation.reason == rule.key),
            key: rule.key,
            description: rule.description,
        });
        Ok(Self {
            list: list.collect(),
            examples: examples.join(", "),
            for_generators,
        })
    }
}

/// Asks for a lower-case letter as well, as people would.
fn for_generators(policy: &GetPasswordPolicyResponse) -> String {
    let (least, most) = (policy.min_length, policy.max_length);
    let kinds = policy
        .rules
        .iter()
        .filter_map(|rule| match rule.key.as_str() {
            "DIGIT" => Some("required: digit; "),
            "UPPERCASE" => Some("required: upper; "),
            // On every keyboard, and none that has to be written differently anywhere.
            "SPECIAL" => Some("required: [-+*!?@#%=_]; "),
            _ => None,
        });
    let kinds: String = kinds.collect();
    format!("minlength: {least}; maxlength: {most}; required: lower; {kinds}")
        .trim_end()
        .to_owned()
}
