//! Rows that many calls look up by a key, read for all of them at once.
//!
//! Every call with a token asks whether that is still good, and must hear of a revocation at once, so that the answer can't
//! be kept. But all who come while a statement is under way can share the next one, which begins after they came: on a busy
//! server a statement's cost is that of a few rows.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::oneshot;

/// Statements under way at a time: one that waits for a slow database must not keep everybody waiting.
const AT_ONCE: usize = 2;

/// Most keys of a statement.
const MOST: usize = 64;

/// How rows are read by their keys.
pub trait Lookup: Send + Sync + 'static {
    /// What is looked up.
    type Key: Clone + Eq + Hash + Send + 'static;
    /// What is found.
    type Row: Clone + Send + 'static;

    /// The rows of these keys, by their keys. There may be the same key twice.
    fn rows(
        &self,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Row>, DbErr>> + Send;
}

/// Looks rows up for many calls at once.
pub struct Together<L: Lookup>(Arc<Line<L>>);

type Answer<R> = Result<Option<R>, DbErr>;
type Asker<R> = oneshot::Sender<Answer<R>>;
type Calls<L> = Vec<(<L as Lookup>::Key, Asker<<L as Lookup>::Row>)>;

struct Line<L: Lookup> {
    lookup: L,
    waiting: Mutex<Waiting<L::Key, L::Row>>,
}

struct Waiting<K, R> {
    calls: VecDeque<(K, Asker<R>)>,
    /// Tasks that read until nobody waits.
    readers: usize,
}

/// One of those tasks.
struct Reader<L: Lookup> {
    line: Arc<Line<L>>,
    is_counted: bool,
}

impl<L: Lookup> Together<L> {
    /// Looks up by `lookup`.
    pub fn new(lookup: L) -> Self {
        let waiting = Waiting {
            calls: VecDeque::new(),
            readers: 0,
        };
        Self(Arc::new(Line {
            lookup,
            waiting: Mutex::new(waiting),
        }))
    }

    /// The row of a key, by a statement that begins from now on.
    ///
    /// # Errors
    /// The statement's, to all whom it was to answer.
    pub async fn find(&self, key: L::Key) -> Result<Option<L::Row>, DbErr> {
        let (answer, answered) = oneshot::channel();
        if let Some(reader) = self.wait(key, answer) {
            tokio::spawn(reader.read_all());
        }
        let nobody_reads = |_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        answered.await.map_err(nobody_reads)?
    }

    /// Joins those who wait, and tells who reads for them where there is room for one more.
    fn wait(&self, key: L::Key, answer: Asker<L::Row>) -> Option<Reader<L>> {
        let mut waiting = self.0.waiting();
        waiting.make_room();
        waiting.calls.push_back((key, answer));
        if waiting.readers == AT_ONCE {
            return None;
        }
        waiting.readers += 1;
        Some(Reader {
            line: Arc::clone(&self.0),
            is_counted: true,
        })
    }
}

impl<K, R> Waiting<K, R> {
    /// Where the line would grow, those leave it first who have given up: while a database is slow, they may be many.
    fn make_room(&mut self) {
        if self.calls.len() < self.calls.capacity() {
            return;
        }
        self.calls.retain(|(_, asker)| !asker.is_closed());
        // As many as are left may come before it is looked through again.
        self.calls.reserve(self.calls.len() + 1);
    }
}

impl<L: Lookup> Line<L> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<L::Key, L::Row>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers these calls, unless all of them give up before: then nothing waits for a database that is silent.
    async fn answer(&self, calls: Calls<L>) {
        let mut askers: HashMap<L::Key, Vec<Asker<L::Row>>> = HashMap::new();
        for (key, asker) in calls {
            askers.entry(key).or_default().push(asker);
        }
        let keys = few_lengths(askers.keys().cloned().collect());
        let rows = tokio::select! {
            biased;
            rows = self.lookup.rows(keys) => rows,
            () = all_gave_up(askers.values_mut().flatten()) => return,
        };

        for (key, askers) in askers {
            let answer = rows.as_ref().map(|rows| rows.get(&key));
            for asker in askers {
                // Whoever has given up is told nothing.
                drop(asker.send(answer.map(Option::<&_>::cloned).map_err(DbErr::clone)));
            }
        }
    }
}

impl<L: Lookup> Reader<L> {
    async fn read_all(mut self) {
        while let Some(calls) = self.next() {
            self.line.answer(calls).await;
        }
    }

    /// Who is next. Where that is nobody, this reader counts no more: whoever comes then has another one begin.
    fn next(&mut self) -> Option<Calls<L>> {
        let mut waiting = self.line.waiting();
        if waiting.calls.is_empty() {
            waiting.readers -= 1;
            self.is_counted = false;
            return None;
        }
        let count = waiting.calls.len().min(MOST);
        Some(waiting.calls.drain(..count).collect())
    }
}

/// After a panic.
impl<L: Lookup> Drop for Reader<L> {
    fn drop(&mut self) {
        if self.is_counted {
            self.line.waiting().readers -= 1;
        }
    }
}

impl<L: Lookup> Clone for Together<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Lookup> fmt::Debug for Together<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

/// Repeats the last key up to a power of two: of statements of a few lengths, each is prepared once.
fn few_lengths<K: Clone>(mut keys: Vec<K>) -> Vec<K> {
    if let Some(last) = keys.last().cloned() {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

async fn all_gave_up<'a, R: 'a>(askers: impl Iterator<Item = &'a mut Asker<R>>) {
    for asker in askers {
        asker.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    /// Even numbers have rows, the same number. A statement ends when there is a permit for it.
    struct Numbers {
        permits: Semaphore,
        statements: Mutex<Vec<Vec<u32>>>,
    }

    impl Lookup for Arc<Numbers> {
        type Key = u32;
        type Row = u32;

        async fn rows(&self, keys: Vec<u32>) -> Result<HashMap<u32, u32>, DbErr> {
            self.statements.lock().unwrap().push(keys.clone());
            self.permits.acquire().await.unwrap().forget();
            if keys.contains(&13) {
                return Err(DbErr::Custom("an unlucky number".to_owned()));
            }
            assert!(!keys.contains(&99), "a number that nobody has thought of");
            let even = keys.into_iter().filter(|key| key % 2 == 0);
            Ok(even.map(|key| (key, key)).collect())
        }
    }

    fn numbers() -> (Together<Arc<Numbers>>, Arc<Numbers>) {
        let numbers = Arc::new(Numbers {
            permits: Semaphore::new(0),
            statements: Mutex::default(),
        });
        (Together::new(Arc::clone(&numbers)), numbers)
    }

    /// Asks for these, in this order; each answer with its number.
    async fn ask(
        together: &Together<Arc<Numbers>>,
        asked: &[u32],
    ) -> JoinSet<(u32, Result<Option<u32>, DbErr>)> {
        let mut answers = JoinSet::new();
        for number in asked.iter().copied() {
            let together = together.clone();
            answers.spawn(async move { (number, together.find(number).await) });
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(MOMENT).await;
        answers
    }

    #[tokio::test]
    async fn who_comes_meanwhile_shares_the_next_statement() {
        let (together, numbers) = numbers();
        let answers = ask(&together, &[2, 4, 6, 7, 8, 6]).await;
        assert_eq!(*numbers.statements.lock().unwrap(), [[2], [4]]);

        numbers.permits.add_permits(10);
        for (number, answer) in answers.join_all().await {
            let expected = (number % 2 == 0).then_some(number);
            assert_eq!(answer.unwrap(), expected, "{number}");
        }
        let statements = numbers.statements.lock().unwrap();
        let third: HashSet<u32> = statements[2].iter().copied().collect();
        assert_eq!(
            (statements.len(), statements[2].len(), third.len()),
            (3, 4, 3)
        );
    }

    #[tokio::test]
    async fn more_than_a_statement_takes_are_answered_all() {
        let (together, numbers) = numbers();
        let asked: Vec<u32> = (0..1_000).map(|number| number * 2).collect();
        let answers = ask(&together, &asked).await;

        numbers.permits.add_permits(1_000);
        for (number, answer) in answers.join_all().await {
            assert_eq!(answer.unwrap(), Some(number));
        }
        let statements = numbers.statements.lock().unwrap();
        assert!(statements.iter().all(|keys| keys.len() <= MOST));
        assert_eq!(statements.len(), 2 + 998_usize.div_ceil(MOST));
    }

    #[tokio::test]
    async fn a_failure_is_everybodys_and_the_next_statement_answers() {
        let (together, numbers) = numbers();
        let answers = ask(&together, &[2, 4, 6, 13]).await;
        numbers.permits.add_permits(10);

        for (number, answer) in answers.join_all().await {
            assert_eq!(answer.is_err(), [6, 13].contains(&number), "{number}");
        }
        assert_eq!(together.find(8).await.unwrap(), Some(8));
    }

    #[tokio::test]
    async fn a_panic_leaves_others_their_answers() {
        let (together, numbers) = numbers();
        numbers.permits.add_permits(100);
        for _ in 0..2 * AT_ONCE {
            assert!(together.find(99).await.is_err());
        }
        assert_eq!(together.find(8).await.unwrap(), Some(8));
    }

    #[tokio::test]
    async fn whoever_gave_up_takes_no_room() {
        let (together, _silent) = numbers();
        let _patient = ask(&together, &[2, 4, 6, 8]).await;
        for _ in 0..10_000 {
            let given_up = timeout(Duration::ZERO, together.find(10)).await;
            assert!(given_up.is_err());
        }

        let line = &together.0.waiting().calls;
        assert!(line.capacity() < 20, "{}", line.capacity());
        let alive = line.iter().filter(|(_, asker)| !asker.is_closed());
        assert_eq!(alive.count(), 2);
    }

    #[tokio::test]
    async fn nothing_waits_for_whom_nobody_waits() {
        let (together, numbers) = numbers();
        // The database is silent: nothing that has begun is ever answered.
        let given_up = ask(&together, &[2, 4]).await;
        drop(given_up);
        tokio::time::sleep(MOMENT).await;

        numbers.permits.add_permits(1);
        let answer = timeout(Duration::from_secs(5), together.find(8)).await;
        assert_eq!(answer.expect("an answer").unwrap(), Some(8));
    }
}
