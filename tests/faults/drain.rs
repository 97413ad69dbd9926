//! Servers are stopped one after the other and replaced, with clients on them that never let go.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{GetUserInfoRequest, RefreshRequest, RequestResetRequest};
use guichet_client::{Guichet, TokenSource};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Certificate, Server};
use rustls_pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::transport::Certificate as Root;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::Extent;
use crate::report::Row;
use crate::world::Random;

const PEOPLE: usize = 8;

/// Clients of each kind that hold a server up.
const HANGERS: usize = 50;

/// Streams that are followed to their end.
const STREAMS: usize = 10;

/// Longest time until it is said that a server is not serving. The machine of a short run may be busy.
const ANNOUNCED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(100));

/// Longest time until a server has ended, and until one has that is told twice.
const ENDED: Duration = Duration::from_secs(15);
const ENDED_AT_ONCE: Duration = Duration::from_secs(1);

/// How long a client tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the servers are.
#[derive(Clone)]
struct Addresses {
    urls: Arc<Mutex<Vec<String>>>,
    root: String,
}

#[derive(Default)]
struct Counted {
    answered: AtomicUsize,
    again: AtomicUsize,
    broken: Mutex<Vec<String>>,
}

/// What two servers did when they were stopped.
#[derive(Default)]
struct Stops {
    announced: Duration,
    ended: Duration,
    at_once: Duration,
    broken: Vec<String>,
}

pub(crate) async fn rolling_restart(extent: Extent) -> Vec<Row> {
    let restarts = extent.of(2, 20);
    let certificate = Certificate::of(&["127.0.0.1"]);
    let first = Server::builder()
        .env("GUICHET_DRAIN_TIMEOUT", extent.of("1s", "10s"))
        .tls(&certificate);
    let first = first.start().await;
    if !first.on_postgres() {
        return Vec::new();
    }
    let second = first.replica().await;
    let mut servers = [first, second];
    let addresses = Addresses {
        urls: Arc::new(Mutex::new(servers.iter().map(Server::url).collect())),
        root: certificate.pem(),
    };
    let counted = Arc::new(Counted::default());
    let stop = Arc::new(AtomicBool::new(false));
    let clients = begin(&servers, &addresses, &counted, &stop).await;

    let mut stops = stop_in_turn(&mut servers, &certificate, &addresses, restarts).await;
    stop.store(true, Ordering::Relaxed);
    clients.join_all().await;

    let failed = std::mem::take(&mut *counted.broken.lock().expect("no panic"));
    let count = failed.len();
    stops.broken.extend(failed);
    stops.judge(extent.of(ANNOUNCED.0, ANNOUNCED.1));
    vec![Row::new(
        format!(
            "one of two replicas restarted {restarts} times, with {HANGERS} idle, {HANGERS} half-TLS and {HANGERS} \
             never-reading clients and {STREAMS} streams, PostgreSQL"
        ),
        format!(
            "{} calls answered, {} of them at a second try, {count} failed; NOT_SERVING after {} ms, ended after {:.1} s, \
             after a second SIGTERM {} ms",
            counted.answered.load(Ordering::Relaxed),
            counted.again.load(Ordering::Relaxed),
            stops.announced.as_millis(),
            stops.ended.as_secs_f64(),
            stops.at_once.as_millis()
        ),
        "no call fails whose client tries again after UNAVAILABLE; NOT_SERVING within 100 ms, ended within 15 s, at once if \
         told twice",
        stops.broken,
    )]
}

async fn begin(
    servers: &[Server; 2],
    addresses: &Addresses,
    counted: &Arc<Counted>,
    stop: &Arc<AtomicBool>,
) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    let mut random = Random::seeded();
    for person in 0..PEOPLE {
        let username = format!("person.{person}");
        people::active(&servers[0], &username, "").await;
        let token = people::tokens(&servers[0], &username, GOOD_PASSWORD).await;
        let client = Client {
            addresses: addresses.clone(),
            guichet: None,
            random: random.fork(),
            counted: counted.clone(),
            access_token: token.access_token,
            refresh_token: token.refresh_token,
            username,
        };
        clients.spawn(client.work(stop.clone()));
    }
    clients
}

/// Stops and starts the servers in turn, and the first one once more, told twice.
async fn stop_in_turn(
    servers: &mut [Server; 2],
    certificate: &Certificate,
    addresses: &Addresses,
    restarts: usize,
) -> Stops {
    let mut stops = Stops::default();
    for restart in 0..restarts {
        let index = restart % servers.len();
        let mut hangers = Hangers::on(&servers[index], certificate).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        servers[index].terminate();
        let announced = hangers.told_of_the_end(begun).await;
        stops.announced = stops.announced.max(announced);
        if !servers[index].ended().await.success() {
            let how = format!("restart {restart}: it ended with an error");
            stops.broken.push(how);
        }
        stops.ended = stops.ended.max(begun.elapsed());
        drop(hangers);
        servers[index].restart().await;
        addresses.moved(index, &servers[index]);
    }
    stops.at_once = end_at_once(&mut servers[0], certificate).await;
    servers[0].restart().await;
    addresses.moved(0, &servers[0]);
    stops
}

impl Stops {
    fn judge(&mut self, announced_within: Duration) {
        for (what, took, most) in [
            ("NOT_SERVING", self.announced, announced_within),
            ("the end", self.ended, ENDED),
            (
                "the end after a second SIGTERM",
                self.at_once,
                ENDED_AT_ONCE,
            ),
        ] {
            if took > most {
                self.broken.push(format!("{what} took {took:?}"));
            }
        }
    }
}

impl Addresses {
    fn moved(&self, index: usize, server: &Server) {
        self.urls.lock().expect("no panic")[index] = server.url();
    }
}

/// How long a server takes to end that is told twice, while others hold on to it.
async fn end_at_once(server: &mut Server, certificate: &Certificate) -> Duration {
    let hangers = Hangers::on(server, certificate).await;
    server.terminate();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    server.terminate();
    server.ended().await;
    drop(hangers);
    begun.elapsed()
}

/// Somebody's program, which keeps its connection, and tries again only where it is told that it may.
struct Client {
    addresses: Addresses,
    guichet: Option<Guichet>,
    random: Random,
    counted: Arc<Counted>,
    username: String,
    access_token: String,
    refresh_token: String,
}

impl Client {
    async fn work(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            while let Err(status) = self.call().await {
                self.guichet = None;
                if status.code() != Code::Unavailable || begun.elapsed() > PATIENCE {
                    let how = format!("{}: {status}", self.username);
                    self.counted.broken.lock().expect("no panic").push(how);
                    break;
                }
                self.counted.again.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.counted.answered.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn call(&mut self) -> Result<(), Status> {
        let guichet = self.guichet().clone();
        match self.random.below(3) {
            0 => {
                let request = RequestResetRequest {
                    identifier: Some(Identifier::Username(self.username.clone())),
                    ..RequestResetRequest::default()
                };
                guichet.reset().request_reset(request).await.map(drop)
            }
            1 => {
                let request = RefreshRequest {
                    refresh_token: self.refresh_token.clone(),
                };
                let reply = guichet.auth().refresh(request).await?.into_inner();
                let tokens = reply.tokens.expect("tokens in the reply");
                self.access_token = tokens.access_token;
                self.refresh_token = tokens.refresh_token;
                Ok(())
            }
            _ => {
                let token = TokenSource::bearer(&self.access_token).expect("a token");
                let person = guichet.with_tokens(token);
                let asked = person.auth().get_user_info(GetUserInfoRequest {}).await;
                asked.map(drop)
            }
        }
    }

    fn guichet(&mut self) -> &Guichet {
        let Self {
            addresses, random, ..
        } = self;
        self.guichet.get_or_insert_with(|| {
            let urls = addresses.urls.lock().expect("no panic");
            let index = usize::try_from(random.below(urls.len() as u64)).expect("few servers");
            let builder = Guichet::builder(urls[index].clone());
            let builder = builder.trust(Root::from_pem(&addresses.root));
            builder.connect_lazy().expect("a URL")
        })
    }
}

/// Clients that would hold a server up for ever.
struct Hangers {
    _silent: Vec<TcpStream>,
    _deaf: Vec<tokio_rustls::client::TlsStream<TcpStream>>,
    watchers: Vec<tonic::Streaming<tonic_health::pb::HealthCheckResponse>>,
}

impl Hangers {
    async fn on(server: &Server, certificate: &Certificate) -> Self {
        let address = server.url().replace("https://", "");
        let mut silent = Vec::new();
        // Nothing, and the beginning of a ClientHello.
        for said in [&b""[..], &[0x16, 3, 1, 2, 0, 1]] {
            for _ in 0..HANGERS {
                let mut stream = TcpStream::connect(&address).await.expect("a port");
                stream.write_all(said).await.expect("a write");
                silent.push(stream);
            }
        }
        let mut deaf = Vec::new();
        let requests = b"GET /Account/Login HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(50);
        for _ in 0..HANGERS {
            let stream = TcpStream::connect(&address).await.expect("a port");
            let name = ServerName::try_from("127.0.0.1").expect("an address");
            let stream = certificate.connector().connect(name, stream).await;
            let mut stream = stream.expect("TLS");
            stream.write_all(&requests).await.expect("a write");
            deaf.push(stream);
        }
        let mut watchers = Vec::new();
        for _ in 0..STREAMS {
            let channel = server.anyone().await.channel();
            let request = HealthCheckRequest::default();
            let watched = HealthClient::new(channel).watch(request).await;
            let mut watched = watched.expect("a stream").into_inner();
            watched.message().await.expect("a first state");
            watchers.push(watched);
        }
        Self {
            _silent: silent,
            _deaf: deaf,
            watchers,
        }
    }

    /// When the last of those who watch was told that the server is not serving, reckoned from `begun`.
    async fn told_of_the_end(&mut self, begun: Instant) -> Duration {
        for watched in &mut self.watchers {
            let told = watched.message().await.expect("a message");
            let state = told.map(|told| told.status());
            assert_eq!(state, Some(ServingStatus::NotServing));
        }
        begun.elapsed()
    }
}
