//! Imports as the API shows them.

use guichet_proto::v1::{Import, ImportFault, ImportOutcome, ImportState, ImportVerdict};

use super::batch::Outcome;
use crate::{
    clock::Timestamp,
    error::{self, Violation},
    i18n::Locale,
    store::{
        import::{Model, State},
        import_row::Verdict,
    },
};

/// The message of a stored job.
pub fn import(model: &Model) -> Import {
    Import {
        id: model.id.to_string(),
        source: model.source.clone(),
        fingerprint: model.fingerprint.clone(),
        state: state(model.state).into(),
        last_row_number: model.last_row_number,
        created_count: model.created_count,
        updated_count: model.updated_count,
        unchanged_count: model.unchanged_count,
        refused_count: model.refused_count,
        undone_count: model.undone_count,
        kept_count: model.kept_count,
        actor_id: model.actor_id.map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(model.create_time.to_proto()),
        update_time: Some(model.update_time.to_proto()),
        end_time: model.end_time.map(Timestamp::to_proto),
    }
}

const fn state(state: State) -> ImportState {
    match state {
        State::Running => ImportState::Running,
        State::Completed => ImportState::Completed,
        State::Undoing => ImportState::Undoing,
        State::Undone => ImportState::Undone,
    }
}

/// The state that is stored for one of a request; none for any.
pub const fn stored_state(state: ImportState) -> Option<State> {
    match state {
        ImportState::Unspecified => None,
        ImportState::Running => Some(State::Running),
        ImportState::Completed => Some(State::Completed),
        ImportState::Undoing => Some(State::Undoing),
        ImportState::Undone => Some(State::Undone),
    }
}

/// The message of a verdict.
pub const fn verdict(verdict: Verdict) -> ImportVerdict {
    match verdict {
        Verdict::Created => ImportVerdict::Created,
        Verdict::Updated => ImportVerdict::Updated,
        Verdict::Unchanged => ImportVerdict::Unchanged,
        Verdict::Refused => ImportVerdict::Refused,
    }
}

/// The verdict that is stored for one of a request; none for any.
pub const fn stored_verdict(verdict: ImportVerdict) -> Option<Verdict> {
    match verdict {
        ImportVerdict::Unspecified => None,
        ImportVerdict::Created => Some(Verdict::Created),
        ImportVerdict::Updated => Some(Verdict::Updated),
        ImportVerdict::Unchanged => Some(Verdict::Unchanged),
        ImportVerdict::Refused => Some(Verdict::Refused),
    }
}

/// What became of a row. In a dry run a new account has no id: there is none.
pub fn outcome(outcome: &Outcome, locale: Locale, is_dry: bool) -> ImportOutcome {
    let exists = !(is_dry && outcome.verdict == Verdict::Created);
    ImportOutcome {
        row_number: outcome.number,
        verdict: verdict(outcome.verdict).into(),
        account_id: outcome
            .account_id
            .filter(|_| exists)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        faults: outcome
            .faults
            .iter()
            .map(|violation| fault(violation, locale))
            .collect(),
    }
}

fn fault(violation: &Violation, locale: Locale) -> ImportFault {
    ImportFault {
        column: violation.field.clone(),
        reason: violation.reason.to_owned(),
        description: error::description(violation.reason, violation.limit, locale),
    }
}

/// The form in which faults are stored: JSON, of each its column, its reason and the limit that this speaks of.
pub fn stored_faults(faults: &[Violation]) -> String {
    let faults = faults.iter();
    let parts: Vec<_> = faults
        .map(|fault| (&fault.field, fault.reason, fault.limit))
        .collect();
    serde_json::json!(parts).to_string()
}

/// The messages of stored faults.
pub fn faults(stored: &str, locale: Locale) -> Vec<ImportFault> {
    let parts: Vec<(String, String, Option<usize>)> =
        serde_json::from_str(stored).unwrap_or_default();
    let faults = parts
        .into_iter()
        .map(|(column, reason, limit)| ImportFault {
            description: error::description(&reason, limit, locale),
            column,
            reason,
        });
    faults.collect()
}
