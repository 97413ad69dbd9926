//! What has become of a request's mail since it was decided.

use std::collections::HashMap;

use guichet_proto::v1::{MessageState, ResetDecision, ResetOutcome};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::decide::Decision;
use crate::{
    clock::Timestamp,
    error::Error,
    messages,
    store::{outbox, reset_code, reset_request},
};

/// The mails that answer some requests, and whose codes were used.
pub(super) struct Trace {
    /// By request, the newest.
    mails: HashMap<Uuid, outbox::Model>,
    /// By request and account: when a link was opened first, and when one was used.
    opened: HashMap<(Uuid, Uuid), Timestamp>,
    used: HashMap<(Uuid, Uuid), Timestamp>,
}

impl Trace {
    /// Follows `requests`.
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        requests: &[reset_request::Model],
    ) -> Result<Self, Error> {
        let ids = requests.iter().map(|request| request.id);
        let rows = outbox::Entity::find()
            .filter(outbox::Column::RequestId.is_in(ids))
            .order_by_asc(outbox::Column::Id)
            .all(db)
            .await?;
        let requests: HashMap<Uuid, Uuid> = rows
            .iter()
            .filter_map(|mail| Some((mail.id, mail.request_id?)))
            .collect();
        // Newest first: of several links the oldest has the last word.
        let codes = reset_code::Entity::find()
            .filter(reset_code::Column::MessageId.is_in(requests.keys().copied()))
            .filter(
                reset_code::Column::OpenTime
                    .is_not_null()
                    .or(reset_code::Column::UseTime.is_not_null()),
            )
            .order_by_desc(reset_code::Column::Id)
            .all(db)
            .await?;
        let times = |time: fn(&reset_code::Model) -> Option<Timestamp>| {
            let dated = codes.iter().filter_map(|code| {
                let request = requests.get(&code.message_id)?;
                Some(((*request, code.account_id), time(code)?))
            });
            dated.collect()
        };
        Ok(Self {
            opened: times(|code| code.open_time),
            used: times(|code| code.use_time),
            // A later one takes the place of an earlier.
            mails: rows
                .into_iter()
                .filter_map(|mail| Some((mail.request_id?, mail)))
                .collect(),
        })
    }

    /// The decision as it is told, with what has become of it.
    pub(super) fn tell(&self, request: Uuid, decision: &Decision) -> ResetDecision {
        let mut outcome = ResetOutcome::from_str_name(&decision.outcome).unwrap_or_default();
        let is_mailed = matches!(outcome, ResetOutcome::Mailed | ResetOutcome::NotMigrated);
        let mail = self.mails.get(&request).filter(|_| is_mailed);
        if outcome == ResetOutcome::Mailed {
            outcome = mail.map_or(outcome, outcome_of);
        }
        let about = decision.account_id.map(|account_id| (request, account_id));
        let at = |times: &HashMap<(Uuid, Uuid), Timestamp>| {
            let time = about.and_then(|about| times.get(&about));
            time.map(|time| time.to_proto())
        };
        ResetDecision {
            account_id: id(decision.account_id),
            outcome: outcome.into(),
            message_id: id(mail.map(|mail| mail.id)),
            message_state: mail
                .map_or(MessageState::Unspecified, |mail| {
                    messages::state(mail.state)
                })
                .into(),
            answer: mail.map(messages::last_word).unwrap_or_default(),
            open_time: at(&self.opened),
            complete_time: at(&self.used),
        }
    }
}

const fn outcome_of(mail: &outbox::Model) -> ResetOutcome {
    match mail.state {
        outbox::State::Queued | outbox::State::Sent => ResetOutcome::Mailed,
        outbox::State::Dead => ResetOutcome::Refused,
        outbox::State::Bounced => ResetOutcome::Bounced,
    }
}

fn id(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
