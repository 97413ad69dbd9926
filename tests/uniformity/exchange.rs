//! One HTTP/2 connection, and everything that an observer at its end can see of an answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use guichet_tests::Server;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, BufWriter};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::codegen::Bytes;
use tonic_types::StatusExt as _;

use crate::world::Target;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// A connection that stays open, and is opened again when the server has let it grow old.
pub(crate) struct Connection {
    client: Mutex<SendRequest<Bytes>>,
    authority: String,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As the DATA frames came.
    pub(crate) frames: Vec<Bytes>,
    pub(crate) trailers: HeaderMap,
    /// From the request's first byte to the answer's last.
    pub(crate) took: Duration,
}

/// An answer without what differs from call to call for everybody: its date, the names in the question, the exact wait.
pub(crate) type Visible = BTreeMap<String, String>;

impl Connection {
    pub(crate) async fn open(server: &Server) -> Self {
        let authority = server.url().replace("http://", "");
        let stream = connect(&authority).await;
        Self::over(stream, authority, h2::client::Builder::new()).await
    }

    /// Over what is connected already.
    pub(crate) async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        authority: String,
        settings: h2::client::Builder,
    ) -> Self {
        let client = Mutex::new(shake_hands(stream, settings).await);
        Self { client, authority }
    }

    pub(crate) async fn ask(&self, asked: &Asked) -> Seen {
        self.ready().await;
        let begun = Instant::now();
        read(self.begin(asked), begun).await
    }

    /// Asks both in one segment, and tells whether the first one was answered before the second: 1, 0, or a half where
    /// both answers came in one piece.
    pub(crate) async fn ask_both(&self, first: &Asked, second: &Asked) -> f64 {
        self.ready().await;
        let begun = Instant::now();
        let mut first = Box::pin(read(self.begin(first), begun));
        let mut second = Box::pin(read(self.begin(second), begun));
        let (first_ended, second_ended) = tokio::select! {
            biased;
            _ = &mut first => (true, futures_ready(second.as_mut()).await),
            _ = &mut second => (false, true),
        };
        match (first_ended, second_ended) {
            (true, true) => 0.5,
            (true, false) => {
                second.await;
                1.0
            }
            (false, _) => {
                first.await;
                0.0
            }
        }
    }

    /// Asks the same so many times in one segment; the answers, as they came.
    pub(crate) async fn ask_at_once(&self, asked: &Asked, times: usize) -> Vec<Seen> {
        self.ready().await;
        let begun = Instant::now();
        let mut answers = JoinSet::new();
        for _ in 0..times {
            answers.spawn(read(self.begin(asked), begun));
        }
        answers.join_all().await
    }

    /// Waits until a request can be sent: what comes before is not timed.
    async fn ready(&self) {
        if self.client().ready().await.is_ok() {
            return;
        }
        let stream = connect(&self.authority).await;
        let client = shake_hands(stream, h2::client::Builder::new()).await;
        *self.client.lock().expect("no panic before") = client;
        let ready = self.client().ready().await;
        ready.expect("an open connection");
    }

    fn client(&self) -> SendRequest<Bytes> {
        self.client.lock().expect("no panic before").clone()
    }

    /// Puts the request into the buffer that leaves when the caller waits.
    fn begin(&self, asked: &Asked) -> ResponseFuture {
        let mut request = Request::builder()
            .method(asked.method.clone())
            .uri(format!("http://{}{}", self.authority, asked.path));
        for (name, value) in &asked.headers {
            request = request.header(*name, value);
        }
        let request = request.body(()).expect("a request");
        let mut client = self.client();
        let ends = asked.method == Method::GET;
        let (answer, mut body) = client.send_request(request, ends).expect("a free stream");
        if !ends {
            let content = Bytes::copy_from_slice(&asked.body);
            body.send_data(content, true).expect("an open stream");
        }
        answer
    }
}

async fn connect(authority: &str) -> TcpStream {
    let stream = TcpStream::connect(authority).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    stream
}

async fn shake_hands(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    settings: h2::client::Builder,
) -> SendRequest<Bytes> {
    // Frames that are there at the same moment leave in one segment.
    let stream = BufWriter::with_capacity(64 * 1024, stream);
    let (client, connection) = settings.handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    client
}

/// Whether a future is ready already.
async fn futures_ready<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut future = Some(future);
    std::future::poll_fn(|context| {
        let polled = future.take().expect("polled once").poll(context);
        std::task::Poll::Ready(polled.is_ready())
    })
    .await
}

async fn read(answer: ResponseFuture, begun: Instant) -> Seen {
    let (head, mut body) = answer.await.expect("an answer").into_parts();
    let mut frames = Vec::new();
    while let Some(frame) = body.data().await {
        let frame = frame.expect("a whole answer");
        let freed = body.flow_control().release_capacity(frame.len());
        freed.expect("what was received");
        frames.push(frame);
    }
    let trailers = body.trailers().await.expect("a whole answer");
    Seen {
        status: head.status,
        headers: head.headers,
        frames,
        trailers: trailers.unwrap_or_default(),
        took: begun.elapsed(),
    }
}

impl Seen {
    pub(crate) fn body(&self) -> String {
        String::from_utf8_lossy(&self.frames.concat()).into_owned()
    }

    /// The status of a call; none of a page.
    pub(crate) fn call_status(&self) -> Option<Status> {
        Status::from_header_map(&self.trailers).or_else(|| Status::from_header_map(&self.headers))
    }

    /// The reason of a refusal, or the HTTP status.
    pub(crate) fn outcome(&self) -> String {
        let status = self.call_status();
        let reason = status.and_then(|status| {
            let details = status.get_error_details();
            details.error_info().map(|info| info.reason.clone())
        });
        reason.unwrap_or_else(|| self.status.as_u16().to_string())
    }

    /// How long a refusal says to wait.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let details = self.call_status()?.get_error_details();
        details.retry_info()?.retry_delay
    }

    /// Everything that can be seen, without its time.
    pub(crate) fn visible(&self, target: &Target) -> Visible {
        let mut visible = Visible::new();
        let mut see = |name: String, value: String| visible.insert(name, value);
        see("status".to_owned(), self.status.to_string());
        let wait = self.wait();
        for (part, fields) in [("header", &self.headers), ("trailer", &self.trailers)] {
            for name in fields.keys() {
                let values: Vec<&[u8]> = fields.get_all(name).iter().map(AsRef::as_ref).collect();
                let value = String::from_utf8_lossy(&values.join(&b'\n')).into_owned();
                let value = match name.as_str() {
                    "date" => String::new(),
                    // It differs in the wait alone, which is looked at below.
                    "grpc-status-details-bin" if wait.is_some() => String::new(),
                    _ => value,
                };
                see(format!("{part} {name}"), value);
            }
        }
        if let Some(wait) = wait {
            see("wait".to_owned(), format!("{} h", in_hours(wait)));
            see("reason".to_owned(), self.outcome());
        }
        let sizes: Vec<usize> = self.frames.iter().map(Bytes::len).collect();
        see("frames".to_owned(), format!("{sizes:?}"));
        see("body".to_owned(), target.anonymised(&self.body()));
        visible
    }
}

/// The tests' waits are hours, and the calls that lead there take seconds.
fn in_hours(wait: Duration) -> u64 {
    (wait.as_secs() + 1_800) / 3_600
}

/// The names of what differs.
pub(crate) fn differences<V: PartialEq>(
    one: &BTreeMap<String, V>,
    other: &BTreeMap<String, V>,
) -> Vec<String> {
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| one.get(*name) != other.get(*name));
    names.into_iter().cloned().collect()
}
