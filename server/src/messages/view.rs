//! A mail as the API shows it.

use guichet_proto::v1::{MailMessage, MessageKind, MessageState};

use crate::{
    clock::Timestamp,
    store::outbox::{Model, State},
};

/// What the API puts before the names of kinds.
const PREFIX: &str = "MESSAGE_KIND_";

/// The message of a row.
pub(super) fn message(row: Model) -> MailMessage {
    let due_time = (row.state == State::Queued).then(|| row.due_time.to_proto());
    MailMessage {
        id: row.id.to_string(),
        kind: kind(&row.kind).into(),
        account_id: row.account_id.map(|id| id.to_string()).unwrap_or_default(),
        recipient: row.recipient,
        locale: row.locale,
        state: state(row.state).into(),
        attempts: i32::try_from(row.attempts).unwrap_or(i32::MAX),
        create_time: Some(row.create_time.to_proto()),
        due_time,
        finish_time: row.finish_time.map(Timestamp::to_proto),
        answer: row.answer,
        bounce_time: row.bounce_time.map(Timestamp::to_proto),
        bounce_reason: row.bounce_reason.unwrap_or_default(),
        request_id: row.request_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// The table's names are the API's, but for the prefix.
fn kind(stored: &str) -> MessageKind {
    MessageKind::from_str_name(&format!("{PREFIX}{stored}")).unwrap_or_default()
}

/// The name under which a kind is stored; none for "any".
pub(super) fn stored_kind(kind: MessageKind) -> Option<&'static str> {
    let name = kind.as_str_name().strip_prefix(PREFIX);
    name.filter(|_| kind != MessageKind::Unspecified)
}

/// What the mail server said of a mail last, or whoever sent it back.
pub fn last_word(mail: &Model) -> String {
    let reason = mail.bounce_reason.as_ref();
    reason.unwrap_or(&mail.answer).clone()
}

/// Where a mail is on its way.
pub const fn state(state: State) -> MessageState {
    match state {
        State::Queued => MessageState::Queued,
        State::Sent => MessageState::Sent,
        State::Dead => MessageState::Dead,
        State::Bounced => MessageState::Bounced,
    }
}

/// The stored state; none for "any".
pub(super) const fn stored_state(state: MessageState) -> Option<State> {
    match state {
        MessageState::Unspecified => None,
        MessageState::Queued => Some(State::Queued),
        MessageState::Sent => Some(State::Sent),
        MessageState::Dead => Some(State::Dead),
        MessageState::Bounced => Some(State::Bounced),
    }
}
