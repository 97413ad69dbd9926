//! What those who answer for accounts ask of new passwords: the operator of all, an institution of its people.

use crate::config::{PasswordProfile, PasswordRules};

/// What one of them asks for; nothing where there is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// The set of rules. They are ranked: `visible`, `standard`, `strict`.
    pub profile: Option<PasswordProfile>,
    /// Characters, where they are to be more than the profile's.
    pub min_length: Option<usize>,
    /// How many of a person's last passwords, the present one among them, can't be chosen again.
    pub history: Option<usize>,
}

impl Demands {
    /// Both together: of each demand the stricter. What anybody asks for, nobody below can take back.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            profile: self.profile.max(other.profile),
            min_length: self.min_length.max(other.min_length),
            history: self.history.max(other.history),
        }
    }

    /// The profile whose rules hold.
    pub fn profile(self) -> PasswordProfile {
        self.profile.unwrap_or(PasswordProfile::Visible)
    }

    /// The least number of characters.
    pub fn min_length(self) -> usize {
        self.min_length
            .unwrap_or_default()
            .max(self.profile().min_length())
    }

    /// How many of the last passwords can't be chosen again.
    pub fn history(self) -> usize {
        self.history
            .unwrap_or_default()
            .min(PasswordRules::MOST_HISTORY)
    }

    /// Whether it asks for as much as `other` or more, in every respect.
    pub fn covers(self, other: Self) -> bool {
        self.profile >= other.profile
            && self.min_length() >= other.min_length()
            && self.history() >= other.history()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Demands = Demands {
        profile: None,
        min_length: None,
        history: None,
    };

    fn samples() -> Vec<Demands> {
        let profiles = [
            None,
            Some(PasswordProfile::Visible),
            Some(PasswordProfile::Standard),
            Some(PasswordProfile::Strict),
        ];
        let mut samples = Vec::new();
        for profile in profiles {
            for min_length in [None, Some(8), Some(15), Some(64)] {
                for history in [None, Some(0), Some(24)] {
                    samples.push(Demands {
                        profile,
                        min_length,
                        history,
                    });
                }
            }
        }
        samples
    }

    #[test]
    fn together_they_are_never_looser_than_either_whatever_the_order() {
        for one in samples() {
            for other in samples() {
                let both = one.and(other);
                assert_eq!(both, other.and(one));
                assert!(both.covers(one) && both.covers(other), "{one:?} {other:?}");
            }
            assert_eq!(one.and(NOTHING), one);
        }
    }

    #[test]
    fn a_profile_that_is_longer_by_itself_makes_up_for_no_number() {
        let strict = Demands {
            profile: Some(PasswordProfile::Strict),
            ..NOTHING
        };
        let eight = Demands {
            min_length: Some(8),
            ..NOTHING
        };

        assert_eq!(strict.and(eight).min_length(), 15);
        assert_eq!(eight.min_length(), 8);
        assert!(strict.covers(eight) && !eight.covers(strict));
    }
}
