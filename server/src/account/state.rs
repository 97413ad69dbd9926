//! The one table of what may become of an account.

use crate::store::account::State;

/// A reason for another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Its institution takes it over.
    Migrate,
    /// Its person chooses a first password.
    Activate,
    /// Its person says that somebody else knows its password.
    Distrust,
    /// An administrator stops it.
    Disable,
    /// An administrator lets it go on.
    Enable,
    /// An administrator deletes it.
    Delete,
    /// An administrator brings it back.
    Undelete,
}

impl Transition {
    /// The state that `from` becomes, or `None` where that is not allowed. `prior` is the state before a disable or a
    /// delete; where it is not known any more, whether there is a password tells what the account was.
    pub const fn next(
        self,
        from: State,
        prior: Option<State>,
        has_password: bool,
    ) -> Option<State> {
        match (self, from) {
            (Self::Migrate, State::Legacy) | (Self::Distrust, State::Active) => {
                Some(State::Pending)
            }
            (Self::Activate, State::Pending) => Some(State::Active),
            (Self::Disable, State::Pending | State::Active) => Some(State::Disabled),
            (Self::Enable, State::Disabled) => Some(match prior {
                Some(State::Pending) => State::Pending,
                Some(State::Active) => State::Active,
                _ => with_or_without(has_password),
            }),
            (Self::Delete, State::Legacy | State::Pending | State::Active | State::Disabled) => {
                Some(State::Deleted)
            }
            (Self::Undelete, State::Deleted) => Some(match prior {
                Some(State::Deleted) | None => with_or_without(has_password),
                Some(prior) => prior,
            }),
            _ => None,
        }
    }
}

const fn with_or_without(has_password: bool) -> State {
    if has_password {
        State::Active
    } else {
        State::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_changes_only_along_the_lines_of_the_contract() {
        use State::{Active, Deleted, Disabled, Legacy, Pending};
        use Transition::{Activate, Delete, Disable, Distrust, Enable, Migrate, Undelete};

        let table = [
            (Migrate, [Some(Pending), None, None, None, None]),
            (Activate, [None, Some(Active), None, None, None]),
            (Distrust, [None, None, Some(Pending), None, None]),
            (Disable, [None, Some(Disabled), Some(Disabled), None, None]),
            (Enable, [None, None, None, Some(Active), None]),
            (
                Delete,
                [
                    Some(Deleted),
                    Some(Deleted),
                    Some(Deleted),
                    Some(Deleted),
                    None,
                ],
            ),
            (Undelete, [None, None, None, None, Some(Active)]),
        ];

        for (transition, expected) in table {
            for (from, to) in [Legacy, Pending, Active, Disabled, Deleted]
                .into_iter()
                .zip(expected)
            {
                assert_eq!(
                    transition.next(from, Some(Active), true),
                    to,
                    "{transition:?} from {from:?}"
                );
            }
        }
    }

    #[test]
    fn an_account_comes_back_to_the_state_it_had() {
        use State::{Active, Deleted, Disabled, Legacy, Pending};

        for prior in [Legacy, Pending, Active, Disabled] {
            assert_eq!(
                Transition::Undelete.next(Deleted, Some(prior), true),
                Some(prior)
            );
        }
        for prior in [Pending, Active] {
            assert_eq!(
                Transition::Enable.next(Disabled, Some(prior), true),
                Some(prior)
            );
        }
    }

    #[test]
    fn without_a_password_nobody_becomes_active_by_an_enable() {
        assert_eq!(
            Transition::Enable.next(State::Disabled, None, false),
            Some(State::Pending)
        );
        assert_eq!(
            Transition::Enable.next(State::Disabled, None, true),
            Some(State::Active)
        );
    }
}
