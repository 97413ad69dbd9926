//! Short codes: handed over by voice or on paper, and typed where a link has its code.
//!
//! What people can type can also be guessed. So a short code is kept under the master key, is good no more where five wrong
//! ones were tried, and dies with the fiftieth from everywhere: it has 57 random bits, and whoever knows no more of a person
//! than the account's id must not take away what was handed over.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set,
    DatabaseTransaction, EntityTrait as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::{intake, refused};
use crate::{
    account::row,
    app::App,
    call::Call,
    clock::Timestamp,
    error::Error,
    master_key::{Digest, Purpose},
    secret,
    store::{
        reset_code::{self, MAX_WRONG_TRIES},
        throttle as counter,
    },
    throttle,
    transport::peer,
};

/// Wrong codes from all networks together that kill a short one. NIST SP 800-63B-4, 3.2.2 allows a hundred.
const MOST_WRONG_CODES: i64 = 50;

/// How long a wrong code takes from its turn on, whether or not there is a right one: what has to be looked at and counted
/// takes some microseconds more where there is.
const WRONG_TAKES: Duration = Duration::from_millis(5);

/// How long it keeps its turn, longer than looking at it takes: or the last answer of many at once would tell the sum.
/// No longer than it must, because a right one that waits in the same line has to wait for it.
const WRONG_KEEPS_ITS_TURN: Duration = Duration::from_millis(4);

/// What is kept of an account's short code, given in its one spelling.
pub(super) fn digest(app: &App, account_id: Uuid, code: &str) -> Digest {
    let parts: [&[u8]; 2] = [account_id.as_bytes(), code.as_bytes()];
    app.master_key.digest(Purpose::ShortCodes, &parts)
}

/// The account's live short code, if that is what was typed. Anything else is counted against it, by `InspectReset` as
/// well: a question must not be a free guess.
///
/// # Errors
/// `THROTTLED` instead of none, if too many were tried from this network. The right one is found all the same, or a
/// classmate's flood would take away what was handed over.
pub(super) async fn find(
    call: &Call<'_>,
    account_id: Uuid,
    typed: &str,
) -> Result<Option<reset_code::Model>, Error> {
    if typed.is_empty() {
        return Ok(None);
    }
    let tried = intake::try_short_code(call).await?;
    let turn = tried.turn(call).await?;
    let turned = Instant::now();
    if let Some(live) = look(call, account_id, typed).await? {
        tried.forgive(call);
        return Ok(Some(live));
    }
    sleep_until(turned + WRONG_KEEPS_ITS_TURN).await;
    drop(turn);
    sleep_until(turned + WRONG_TAKES).await;
    tried.refuse(call).map(|()| None)
}

/// Likewise, whoever asks how often. A right one is written down as none more: nothing is told before it is committed.
///
/// Where no short code is, the same is done, and read by nobody: a call that commits nothing is quicker, and would tell
/// whose account waits for a code that was handed over.
async fn look(
    call: &Call<'_>,
    account_id: Uuid,
    typed: &str,
) -> Result<Option<reset_code::Model>, Error> {
    let txn = call.app.store.write().await?;
    let in_vain = Tries::in_vain(call, account_id);
    in_vain.hold(&txn).await?;
    let live = reset_code::Entity::lock_short(&txn, account_id, call.now).await?;
    let tries = live.as_ref().map_or(in_vain, |live| Tries::at(call, live));
    let addresses = live.as_ref().map_or(0, |live| live.wrong_emails);
    // Its holder may have mistyped the address before, from here or elsewhere.
    let is_open = tries.of_this_network(&txn).await? + addresses < MAX_WRONG_TRIES;
    let shown = live.as_ref().filter(|_| is_open);
    let is_right = shown.is_some_and(|live| is_it(call.app, live, typed));
    let total = tries.count(&txn, i64::from(is_open && !is_right)).await?;
    if let Some(live) = shown
        && !is_right
        && total >= MOST_WRONG_CODES
    {
        kill(call, &txn, live).await?;
    }
    txn.commit().await?;
    Ok(live.filter(|_| is_right))
}

fn is_it(app: &App, live: &reset_code::Model, typed: &str) -> bool {
    secret::read_short_code(typed)
        .is_some_and(|code| digest(app, live.account_id, &code).is(&live.code_hash))
}

/// Where wrong codes are counted. The code's row is held meanwhile, so of guesses that are made at once, each sees what the
/// ones before it have counted. All rows are taken in one order: that of tries in vain, the code's, those of its tries.
struct Tries {
    here: Vec<u8>,
    everywhere: Vec<u8>,
    now: Timestamp,
    expire_time: Timestamp,
}

impl Tries {
    /// Those at a code.
    fn at(call: &Call<'_>, live: &reset_code::Model) -> Self {
        Self::of(call, live.id.as_bytes(), live.expire_time)
    }

    /// Those in vain, by the last byte of what was named, or whoever makes up ids would have as many rows.
    fn in_vain(call: &Call<'_>, account_id: Uuid) -> Self {
        let [.., last] = account_id.as_bytes();
        Self::of(call, std::slice::from_ref(last), call.now)
    }

    /// From here means from the site, where there is one: a household with ten networks of IPv6 must not kill a code.
    fn of(call: &Call<'_>, what: &[u8], expire_time: Timestamp) -> Self {
        let network = peer::network(call.client);
        let place = peer::site(&network).unwrap_or(network);
        let key = |parts: &[&[u8]]| throttle::key(&call.app.master_key, parts);
        Self {
            here: key(&[b"short-code", what, place.as_bytes()]),
            everywhere: key(&[b"short-code", what]),
            now: call.now,
            expire_time,
        }
    }

    /// Waits for the row of everybody's tries in vain, and keeps it until the transaction ends; where there is a code as
    /// well. Or whoever keeps that row busy, by ids that end alike, would see from the time of a further try whether it
    /// waits for it, and so whether there is a code.
    async fn hold(&self, txn: &DatabaseTransaction) -> Result<(), Error> {
        self.add(txn, &self.everywhere, 0).await.map(drop)
    }

    /// How many from the caller's network or site were counted.
    async fn of_this_network(&self, txn: &DatabaseTransaction) -> Result<i64, Error> {
        let counter = counter::Entity::find_by_id(self.here.clone()).one(txn);
        Ok(counter.await?.map_or(0, |counter| counter.failures))
    }

    /// Counts so many more, and returns how many there are from everywhere. None more are written down as well, so that a
    /// network with five does not show whether they were at a code.
    async fn count(&self, txn: &DatabaseTransaction, more: i64) -> Result<i64, Error> {
        self.add(txn, &self.here, more).await?;
        self.add(txn, &self.everywhere, more).await
    }

    /// Adds to one row, and returns what it has then.
    async fn add(&self, txn: &DatabaseTransaction, key: &[u8], more: i64) -> Result<i64, Error> {
        let first = counter::ActiveModel {
            key: Set(key.to_vec()),
            failures: Set(more),
            open_time: Set(self.now),
            expire_time: Set(self.expire_time),
            refuse_time: Set(None),
        };
        let failures = Expr::col((counter::Entity, counter::Column::Failures));
        let again = OnConflict::column(counter::Column::Key)
            .update_column(counter::Column::ExpireTime)
            .value(counter::Column::Failures, failures.add(more))
            .to_owned();
        let counted = counter::Entity::insert(first)
            .on_conflict(again)
            .exec_with_returning(txn)
            .await?;
        Ok(counted.failures)
    }
}

async fn kill(
    call: &Call<'_>,
    txn: &DatabaseTransaction,
    live: &reset_code::Model,
) -> Result<(), Error> {
    let purpose = reset_code::Purpose::HandedOver;
    reset_code::Entity::revoke_all_for(txn, live.account_id, purpose, call.now).await?;
    let account = row::find(txn, live.account_id).await?;
    refused::tell_killed(call, txn, &account).await
}
