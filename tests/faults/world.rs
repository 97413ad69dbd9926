//! The servers under test, and where they can be found.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use guichet_client::{Guichet, TokenSource};
use guichet_tests::Server;

/// Numbers by chance, from a seed that is printed so that a run can be understood afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// By chance.
    #[expect(clippy::print_stdout, reason = "so that a run can be understood")]
    pub(crate) fn seeded() -> Self {
        use std::hash::{BuildHasher as _, RandomState};

        let seed = RandomState::new().hash_one(0);
        println!("  seed {seed}");
        Self(seed | 1)
    }

    /// Another sequence.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next() | 1)
    }

    /// Less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Marsaglia's xorshift: far from a good generator, and good enough to choose a moment.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Where the servers are, for people who must find them again after each restart.
#[derive(Clone)]
pub(crate) struct Door {
    urls: Arc<Mutex<Vec<String>>>,
    api_key: String,
}

impl Door {
    /// Of servers that share one database.
    pub(crate) fn of(servers: &[Server]) -> Self {
        let urls = servers.iter().map(Server::url).collect();
        Self {
            urls: Arc::new(Mutex::new(urls)),
            api_key: servers[0].api_key().to_owned(),
        }
    }

    /// One of the servers has another address.
    pub(crate) fn moved(&self, index: usize, server: &Server) {
        self.urls.lock().expect("no panic")[index] = server.url();
    }

    /// A client of one of the servers, connected when it is first used.
    pub(crate) fn enter(&self, random: &mut Random) -> Guichet {
        let url = {
            let urls = self.urls.lock().expect("no panic");
            let index = random.below(urls.len() as u64);
            urls[usize::try_from(index).expect("few servers")].clone()
        };
        Guichet::builder(url)
            .deadline(Duration::from_secs(9))
            .connect_lazy()
            .expect("a URL")
    }

    /// The same with an administrator's key.
    pub(crate) fn enter_as_admin(&self, random: &mut Random) -> Guichet {
        let key = TokenSource::bearer(&self.api_key).expect("a key");
        self.enter(random).with_tokens(key)
    }
}

/// One server, or two where they share a database.
pub(crate) async fn servers(first: Server) -> Vec<Server> {
    if first.on_postgres() {
        let second = first.replica().await;
        vec![first, second]
    } else {
        vec![first]
    }
}

/// The store's name in the table.
pub(crate) fn store(server: &Server) -> &'static str {
    if server.on_postgres() {
        "PostgreSQL"
    } else {
        "SQLite"
    }
}

/// Asks again and again until it is so.
pub(crate) async fn within(limit: Duration, is_so: impl AsyncFn() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if is_so().await {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
}
