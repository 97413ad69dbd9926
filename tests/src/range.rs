//! A server that knows published passwords, in the way of Have I Been Pwned's range API, and misbehaves as a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How it answers from now on.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With this body.
    Body(String),
    /// With this status and no body.
    Status(u16),
    /// With a body that never ends.
    Endless,
    /// Never.
    Never,
    /// By hanging up.
    HangUp,
}

/// The server, on a port of its own, stopped when dropped.
pub struct RangeServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

struct Shared {
    answer: Answer,
    heard: Vec<String>,
}

impl RangeServer {
    /// Starts it, with TLS or without.
    pub async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let shared = Arc::new(Mutex::new(Shared {
            answer: Answer::Body(String::new()),
            heard: Vec::new(),
        }));
        Self {
            address: listener.local_addr().expect("a bound port"),
            task: tokio::spawn(accept(listener, tls, shared.clone())),
            shared,
        }
    }

    /// Its port on the loopback interface.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Has it answer like this.
    pub fn set(&self, answer: Answer) {
        self.shared.lock().expect("no panic").answer = answer;
    }

    /// The requests since it was asked last, each with its headers.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().expect("no panic").heard)
    }
}

impl Drop for RangeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, shared) = (tls.clone(), shared.clone());
        tokio::spawn(async move {
            // Whoever hangs up is a client's affair.
            let _ = match tls {
                None => serve(stream, &shared).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, &shared).await,
                    Err(cause) => Err(cause),
                },
            };
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    shared: &Mutex<Shared>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let answer = {
        let mut shared = shared.lock().expect("no panic");
        shared.heard.push(request);
        shared.answer.clone()
    };
    match answer {
        Answer::Body(body) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await?;
        }
        Answer::Status(status) => {
            let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            let line = format!("{}:1\r\n", "0".repeat(35)).repeat(100);
            loop {
                stream.write_all(line.as_bytes()).await?;
            }
        }
        Answer::Never => tokio::time::sleep(Duration::from_mins(10)).await,
        Answer::HangUp => {}
    }
    stream.flush().await
}
