//! One page of a list while it is read.
//!
//! Rows can be long. So a page is bounded in bytes as well as in rows, and it is read in steps.

use std::{sync::LazyLock, time::Duration};

use prost::Message;
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter as _, QuerySelect as _, Select,
    sea_query::IntoCondition,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use uuid::Uuid;

use super::{Cursor, open, seal};
use crate::{
    error::Error,
    master_key::MasterKey,
    throttle::{Turn, Turns},
};

/// Bytes at which a page ends, whatever its number of rows.
const FULL: usize = 1024 * 1024;

/// Rows that are read at once at first: a page of the size that is usual, and the row that tells of another.
const STEP: u64 = 64;

/// Rows that are read at once where those before them were short: these may be as long as rows can be.
const LONGEST_STEP: u64 = 256;

/// Pages that are read at a time, for a page holds what it has while it waits for a connection. As many as there are
/// connections that read on `PostgreSQL`; `SQLite` has four, at which pages take turns with each step.
const AT_ONCE: usize = 8;

/// Of one caller so many stand in the line of all, or are read. Its others wait in front of that line, so that it stays
/// short for everybody else.
const AT_ONCE_OF_ONE: usize = 2;

/// How long a page waits for its turn: as long as a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// When whoever has waited in vain may come again.
const SOON: Duration = Duration::from_secs(1);

static LINE: LazyLock<Line> = LazyLock::new(|| Line::of_patient(PATIENCE));

/// A page that is being read: for each [`Page::step`] the rows that it names, until there is none.
pub struct Page<'a, M> {
    master_key: &'a MasterKey,
    query: Vec<u8>,
    size: u64,
    shown: Vec<M>,
    bytes: usize,
    /// Rows of the last step.
    asked: u64,
    last: Option<Cursor>,
    beyond: Beyond,
    _turn: (Turn<'static>, SemaphorePermit<'static>),
}

/// Whether there is more behind what is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    Unknown,
    More,
    Nothing,
}

/// Where pages wait until it is their turn.
struct Line {
    of_one: Turns,
    of_all: Semaphore,
    patience: Duration,
}

/// What is to be read next.
pub struct Step {
    /// At most so many rows.
    pub rows: u64,
    /// The row that they come after; none at the beginning of the list.
    pub after: Option<Cursor>,
}

impl<'a, M: Message> Page<'a, M> {
    /// The page of `size` rows at which a token points, when it is its turn among those of its caller, and of all. Callers
    /// that nobody knows are one.
    ///
    /// # Errors
    /// A field violation for a token of another list, `OVERLOADED` after some seconds in line.
    pub async fn begin(
        master_key: &'a MasterKey,
        caller: Option<Uuid>,
        size: u64,
        token: &str,
        query: Vec<u8>,
    ) -> Result<Self, Error> {
        let last = open(master_key, token, &query)?;
        Ok(Self {
            master_key,
            query,
            size,
            shown: Vec::new(),
            bytes: 0,
            asked: 0,
            last,
            beyond: Beyond::Unknown,
            _turn: LINE.wait(caller).await?,
        })
    }

    /// Reads a list of rows that are shown as they are: `behind` a cursor, each with where it stands.
    pub async fn read<E: EntityTrait, C: IntoCondition>(
        mut self,
        db: &impl ConnectionTrait,
        all: Select<E>,
        behind: impl Fn(Cursor) -> C,
        mut show: impl FnMut(E::Model) -> (Cursor, M),
    ) -> Result<(Vec<M>, String), Error> {
        while let Some(step) = self.step() {
            let mut select = all.clone().limit(step.rows);
            if let Some(cursor) = step.after {
                select = select.filter(behind(cursor));
            }
            self.add(select.all(db).await?, &mut show);
        }
        self.end()
    }

    /// What is to be read next; none once the page is whole.
    pub fn step(&mut self) -> Option<Step> {
        if self.beyond != Beyond::Unknown {
            return None;
        }
        // One row more than there is room for tells whether there is another page.
        self.asked = self.room().min(self.size - self.count()) + 1;
        Some(Step {
            rows: self.asked,
            after: self.last.clone(),
        })
    }

    /// Takes the rows of a step: of each, where it stands and what is shown of it.
    pub fn add<R>(&mut self, rows: Vec<R>, mut show: impl FnMut(R) -> (Cursor, M)) {
        let is_end = (rows.len() as u64) < self.asked;
        for row in rows {
            if self.is_full() {
                self.beyond = Beyond::More;
                return;
            }
            let (cursor, message) = show(row);
            self.bytes += message.encoded_len();
            self.shown.push(message);
            self.last = Some(cursor);
        }
        if is_end {
            self.beyond = Beyond::Nothing;
        }
    }

    /// The page, and the token of the next one, which is empty on the last.
    pub fn end(self) -> Result<(Vec<M>, String), Error> {
        let last = self.last.filter(|_| self.beyond != Beyond::Nothing);
        let next = last.map(|last| seal(self.master_key, &last, &self.query));
        Ok((self.shown, next.transpose()?.unwrap_or_default()))
    }

    /// How many rows of the length of those before them fit into it, and may be read at once.
    fn room(&self) -> u64 {
        if self.shown.is_empty() {
            return STEP - 1;
        }
        let free = FULL.saturating_sub(self.bytes) as u64;
        let fitting = free * self.count() / (self.bytes as u64).max(1);
        fitting.min(LONGEST_STEP - 1)
    }

    /// A first row is always shown, however long it is.
    fn is_full(&self) -> bool {
        self.count() >= self.size || self.bytes >= FULL
    }

    const fn count(&self) -> u64 {
        self.shown.len() as u64
    }
}

impl Line {
    fn of_patient(patience: Duration) -> Self {
        Self {
            of_one: Turns::of_patient(AT_ONCE_OF_ONE),
            of_all: Semaphore::new(AT_ONCE),
            patience,
        }
    }

    async fn wait(&self, caller: Option<Uuid>) -> Result<(Turn<'_>, SemaphorePermit<'_>), Error> {
        let key = caller.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let turns = async {
            let of_one = self.of_one.wait(key).await.ok()?;
            let of_all = self.of_all.acquire().await.ok()?;
            Some((of_one, of_all))
        };
        let turn = timeout(self.patience, turns).await.ok().flatten();
        turn.ok_or(Error::Overloaded { retry_after: SOON })
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;
    use crate::{
        config::{DatabaseUrl, Storage},
        pagination::Key,
    };

    const LEA: Option<Uuid> = Some(Uuid::from_u128(1));

    fn master_key() -> MasterKey {
        let storage = Storage {
            data_dir: "nowhere".into(),
            database: DatabaseUrl::Sqlite("nowhere".into()),
            master_key: Some("01".repeat(32).into()),
            previous_master_key: None,
        };
        MasterKey::load_or_create(&storage).expect("a key")
    }

    /// The pages of a list of texts of these lengths, each as its texts' numbers.
    async fn pages(lengths: &[usize], size: u64) -> Vec<Vec<usize>> {
        let master_key = master_key();
        let mut pages = Vec::new();
        let mut token = String::new();
        loop {
            let query = b"texts".to_vec();
            let begun = Page::begin(&master_key, None, size, &token, query).await;
            let mut page = begun.expect("a page");
            let mut numbers = Vec::new();
            while let Some(Step { rows, after }) = page.step() {
                let first = match after.map(|cursor| cursor.key) {
                    Some(Key::Number(number)) => usize::try_from(number).expect("a number") + 1,
                    _ => 0,
                };
                assert!(rows <= LONGEST_STEP);
                let rows = (first..lengths.len()).take(rows.try_into().expect("a few"));
                page.add(rows.collect(), |number| {
                    numbers.push(number);
                    let key = Key::Number(i64::try_from(number).expect("a number"));
                    let id = Uuid::nil();
                    (Cursor { key, id }, "x".repeat(lengths[number]))
                });
            }
            let (shown, next) = page.end().expect("a token");
            assert_eq!(shown.len(), numbers.len());
            pages.push(numbers);
            if next.is_empty() {
                return pages;
            }
            token = next;
        }
    }

    fn counts(pages: &[Vec<usize>]) -> Vec<usize> {
        pages.iter().map(Vec::len).collect()
    }

    #[tokio::test]
    async fn pages_show_every_row_once_and_end_in_time() {
        let half = FULL / 2;
        for (what, lengths, size, expected) in [
            ("nothing", vec![], 5, vec![0]),
            ("as many as asked", vec![1; 5], 5, vec![5]),
            ("one more", vec![1; 6], 5, vec![5, 1]),
            ("a step", vec![1; 64], 1_000, vec![64]),
            ("several", vec![1; 1_500], 1_000, vec![1_000, 500]),
            (
                "short, then long",
                [vec![1; 64], vec![half; 3]].concat(),
                1_000,
                vec![66, 1],
            ),
            ("long", vec![half; 5], 1_000, vec![2, 2, 1]),
            ("the last fills it", vec![half; 4], 1_000, vec![2, 2]),
            ("a step fills it", vec![FULL / 64; 65], 1_000, vec![64, 1]),
            ("longer than a page", vec![3 * FULL; 2], 5, vec![1, 1]),
        ] {
            let pages = pages(&lengths, size).await;
            assert_eq!(counts(&pages), expected, "{what}");
            let all: Vec<usize> = pages.into_iter().flatten().collect();
            let numbers: Vec<usize> = (0..lengths.len()).collect();
            assert_eq!(all, numbers, "{what}");
        }
    }

    #[tokio::test]
    async fn however_many_pages_one_caller_wants_another_is_next() {
        let line = Line::of_patient(Duration::from_hours(1));
        let mut context = Context::from_waker(Waker::noop());
        let first = line.wait(LEA).await.unwrap();
        let _second = line.wait(LEA).await.unwrap();
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(line.wait(LEA))).collect();
        for page in &mut waiting {
            assert!(page.as_mut().poll(&mut context).is_pending());
        }

        let _another = line.wait(None).await.unwrap();

        drop(first);
        assert!(waiting[0].as_mut().poll(&mut context).is_ready());
    }

    #[tokio::test]
    async fn whoever_waits_in_vain_is_told_when_to_come_again() {
        let line = Line::of_patient(Duration::ZERO);
        let _two = (line.wait(LEA).await.unwrap(), line.wait(LEA).await.unwrap());

        let late = line.wait(LEA).await.map(drop);
        assert!(matches!(late, Err(Error::Overloaded { retry_after: SOON })));
    }
}
