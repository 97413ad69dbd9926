//! What people write who are signed in: their calls take turns, and nobody writes without end.
//!
//! What one person changes waits for the same row, and on `PostgreSQL` whoever waits holds one of few connections; `SQLite`
//! has one writer for everybody. Thousands of calls of one person would keep all others from signing in. So two of an
//! account are past its door at a time, and the others wait in front of it with nothing in their hands. Of one session one
//! call stands in that line: however many a thief sends, whoever owns the account is next by a session of its own.
//!
//! The journal keeps each change for years, so they are counted, too. What ends somebody else's access is not: a thief must
//! not spend what the owner needs to be rid of him. Systems are the operator's own, and neither wait nor are counted.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use super::{Bucket, Buckets, Turn, Turns};
use crate::{clock::Timestamp, config, error::Error};

/// Calls of an account that are past its door: while one is committed, the next one is ready.
const AT_ONCE: usize = 2;

/// For who changes nothing but its own account: more than anybody does by hand.
const OF_PEOPLE: Bucket = Bucket {
    size: 60,
    leak: Duration::from_secs(10),
};

/// For who acts for others: the longest file of addresses that the desk takes, and what else there is to do that day.
const OF_DELEGATES: Bucket = Bucket {
    size: 6_000,
    leak: Duration::from_secs(1),
};

/// Accounts that are counted apart: each is forgotten soon after it has written.
const MOST_APART: usize = 65_536;

/// What a call of a person writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Nothing.
    Nothing,
    /// Something that is counted.
    Counted,
    /// Something that is not: it ends somebody else's access, and whoever has nothing left to end writes nothing.
    Uncounted,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Whose account is signed in.
    pub account_id: Uuid,
    /// By which session.
    pub session_id: Uuid,
    /// Whether it may change more than that account.
    pub acts_for_others: bool,
}

/// How much was written by whom, and who is at it.
#[derive(Debug)]
pub struct OwnWrites {
    counts: bool,
    of_people: Mutex<Buckets<Uuid>>,
    of_delegates: Mutex<Buckets<Uuid>>,
    passwords: Mutex<Buckets<Uuid>>,
    sessions: Turns,
    accounts: Turns,
}

impl Default for OwnWrites {
    fn default() -> Self {
        let buckets = || Mutex::new(Buckets::new(MOST_APART));
        Self {
            counts: true,
            of_people: buckets(),
            of_delegates: buckets(),
            passwords: buckets(),
            sessions: Turns::of_patient(1),
            accounts: Turns::of_patient(AT_ONCE),
        }
    }
}

impl OwnWrites {
    /// Nobody has written yet. Calls take turns also where nothing is to be counted.
    pub fn of(limits: &config::Throttle) -> Self {
        Self {
            counts: limits.enabled,
            ..Self::default()
        }
    }

    /// Counts a call, and waits until it is its turn, which ends when what is returned is dropped. Nothing of it is for who
    /// is no person.
    ///
    /// # Errors
    /// `THROTTLED` if this person wrote too much.
    pub async fn let_in(
        &self,
        writer: Option<Writer>,
        writes: Writes,
        now: Timestamp,
    ) -> Result<Option<Turn<'_>>, Error> {
        let Some(writer) = writer else {
            return Ok(None);
        };
        match writes {
            Writes::Nothing => return Ok(None),
            Writes::Counted if writer.acts_for_others => {
                self.count(&self.of_delegates, writer.account_id, OF_DELEGATES, now)?;
            }
            Writes::Counted => self.count(&self.of_people, writer.account_id, OF_PEOPLE, now)?,
            Writes::Uncounted => {}
        }

        let key = |id: Uuid| id.as_bytes().to_vec();
        let throttled = |retry_after| Error::Throttled { retry_after };
        let in_line = self.sessions.wait(key(writer.session_id)).await;
        let _in_line = in_line.map_err(throttled)?;
        let turn = self.accounts.wait(key(writer.account_id)).await;
        turn.map(Some).map_err(throttled)
    }

    /// Counts another password of an account whose present one was given: only who knows that one can spend these.
    ///
    /// # Errors
    /// `THROTTLED` if there were too many.
    pub fn count_password(&self, account_id: Uuid, now: Timestamp) -> Result<(), Error> {
        self.count(&self.passwords, account_id, OF_PEOPLE, now)
    }

    fn count(
        &self,
        buckets: &Mutex<Buckets<Uuid>>,
        account_id: Uuid,
        bucket: Bucket,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.counts {
            return Ok(());
        }
        // A level is changed in one step, so it is right whoever panicked.
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let poured = buckets.pour(&account_id, bucket, now);
        drop(buckets);
        poured.map_err(|full| {
            if full.is_news {
                tracing::warn!(%account_id, "wants to change more than is written down");
            }
            Error::Throttled {
                retry_after: full.wait,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

    /// Lea, by one of her sessions.
    const fn lea(session: u128) -> Writer {
        Writer {
            account_id: Uuid::from_u128(1),
            session_id: Uuid::from_u128(session),
            acts_for_others: false,
        }
    }

    async fn changes(own: &OwnWrites, writer: Writer) -> usize {
        let mut let_in = 0;
        for _ in 0..10_000 {
            let turn = own.let_in(Some(writer), Writes::Counted, NOW).await;
            let_in += usize::from(turn.is_ok());
        }
        let_in
    }

    #[tokio::test]
    async fn changes_are_counted_by_account_and_what_ends_access_is_not() {
        let own = OwnWrites::default();
        let delegate = Writer {
            account_id: Uuid::from_u128(2),
            acts_for_others: true,
            ..lea(20)
        };

        assert_eq!(changes(&own, lea(10)).await, 60);
        assert_eq!(changes(&own, lea(11)).await, 0);
        assert_eq!(changes(&own, delegate).await, 6_000);
        for _ in 0..100 {
            let turn = own.let_in(Some(lea(11)), Writes::Uncounted, NOW).await;
            assert!(turn.unwrap().is_some());
        }
        own.count_password(lea(11).account_id, NOW).unwrap();

        let not_counting = OwnWrites {
            counts: false,
            ..OwnWrites::default()
        };
        assert_eq!(changes(&not_counting, lea(10)).await, 10_000);
    }

    #[tokio::test]
    async fn of_one_session_one_stands_in_line_so_that_another_is_next() {
        let own = OwnWrites::default();
        let let_in = |session| own.let_in(Some(lea(session)), Writes::Counted, NOW);
        let mut context = Context::from_waker(Waker::noop());
        let first = let_in(10).await.unwrap();
        let second = let_in(10).await.unwrap();
        let mut third = pin!(let_in(10));
        let mut fourth = pin!(let_in(10));
        let mut owner = pin!(let_in(11));
        assert!(third.as_mut().poll(&mut context).is_pending());
        assert!(fourth.as_mut().poll(&mut context).is_pending());
        assert!(owner.as_mut().poll(&mut context).is_pending());

        drop(first);
        let Poll::Ready(third) = third.as_mut().poll(&mut context) else {
            panic!("it was its turn");
        };
        assert!(fourth.as_mut().poll(&mut context).is_pending());
        drop(second);

        assert!(fourth.as_mut().poll(&mut context).is_pending());
        assert!(owner.as_mut().poll(&mut context).is_ready());
        drop(third);
    }

    #[tokio::test]
    async fn who_is_no_person_neither_waits_nor_is_counted() {
        let own = OwnWrites::default();
        for _ in 0..100 {
            let turn = own.let_in(None, Writes::Counted, NOW).await;
            assert!(turn.unwrap().is_none());
        }
    }
}
