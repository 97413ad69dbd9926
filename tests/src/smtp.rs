//! A mail server that does what a test tells it to.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::Server;

/// How long a mail may take to come.
const WAIT: Duration = Duration::from_secs(10);

/// How the server treats the next connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes every mail.
    Accept,
    /// Closes each connection before the greeting.
    Close,
    /// Answers 451 to RCPT: try later.
    Defer,
    /// Answers 550 to MAIL: not from you.
    RefuseSender,
    /// Answers 550 to RCPT: no such mailbox.
    Reject,
    /// Reads the mail and never answers.
    Stall,
    /// Takes the mail, but drops the connection before saying so: it will come twice.
    DropAfterData,
    /// Has another answer stand behind the one to STARTTLS, as somebody on the way may put it there.
    ForgeAnswer,
}

/// How its connections are protected.
#[derive(Clone)]
pub enum Security {
    /// Not at all.
    Plain,
    /// On request: it offers STARTTLS (RFC 3207).
    StartTls(TlsAcceptor),
    /// From the first byte (RFC 8314).
    Tls(TlsAcceptor),
}

/// A scripted SMTP server on a port of its own, stopped when dropped.
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    security: Security,
    state: Mutex<State>,
}

struct State {
    mode: Mode,
    messages: Vec<String>,
    heard_in_clear: Vec<String>,
    answers_lost: usize,
}

impl SmtpServer {
    /// Starts it on the loopback interface, without TLS.
    pub async fn start(mode: Mode) -> Self {
        Self::start_with(mode, Security::Plain).await
    }

    /// Starts it on the loopback interface.
    pub async fn start_with(mode: Mode, security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve(listener, mode, security)
    }

    /// Starts it on a port that was closed until now.
    pub fn start_on(closed: TcpSocket, mode: Mode) -> Self {
        let listener = closed.listen(16).expect("a bound socket");
        Self::serve(listener, mode, Security::Plain)
    }

    fn serve(listener: TcpListener, mode: Mode, security: Security) -> Self {
        let address = listener.local_addr().expect("a bound port");
        let state = State {
            mode,
            messages: Vec::new(),
            heard_in_clear: Vec::new(),
            answers_lost: 0,
        };
        let shared = Arc::new(Shared {
            security,
            state: Mutex::new(state),
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Self {
            address,
            shared,
            task,
        }
    }

    /// For `GUICHET_MAIL_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Treats the connections from now on differently.
    pub fn set_mode(&self, mode: Mode) {
        self.shared.state.lock().expect("no panic").mode = mode;
    }

    /// The mails it was given, whether or not it said so.
    pub fn messages(&self) -> Vec<String> {
        self.shared.state.lock().expect("no panic").messages.clone()
    }

    /// How many of them it took without saying so.
    pub fn answers_lost(&self) -> usize {
        self.shared.state.lock().expect("no panic").answers_lost
    }

    /// Waits for a mail to `address`, letting the clock of `sender` run through its waits between tries.
    pub async fn receives(&self, sender: &Server, address: &str) -> bool {
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            if self.messages().iter().any(|mail| mail.contains(address)) {
                return true;
            }
            sender.advance(Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        false
    }

    /// Every line it was sent without TLS: commands and mails.
    pub fn heard_in_clear(&self) -> Vec<String> {
        let state = self.shared.state.lock().expect("no panic");
        state.heard_in_clear.clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mode = shared.state.lock().expect("no panic").mode;
        if mode != Mode::Close {
            // A client that hangs up in the middle is part of the game.
            let shared = shared.clone();
            tokio::spawn(async move { converse(stream, &shared).await });
        }
    }
}

async fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let (offer, upgrade) = match &shared.security {
        Security::Plain => ("250 fine\r\n", None),
        Security::StartTls(acceptor) => ("250-fine\r\n250 STARTTLS\r\n", Some(acceptor)),
        Security::Tls(acceptor) => {
            let mut encrypted = Session::new(acceptor.accept(stream).await?, shared);
            encrypted.greet().await?;
            encrypted.run("250 fine\r\n", Protection::Tls).await?;
            return Ok(());
        }
    };

    let mut clear = Session::new(stream, shared);
    clear.greet().await?;
    let end = clear.run(offer, Protection::None).await?;
    if let (End::StartTls, Some(acceptor)) = (end, upgrade) {
        let stream = acceptor.accept(clear.stream.into_inner()).await?;
        let mut encrypted = Session::new(stream, shared);
        encrypted.run("250 fine\r\n", Protection::Tls).await?;
    }
    Ok(())
}

/// What is said over one stream.
struct Session<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protection {
    None,
    Tls,
}

/// Why nothing more is said.
enum End {
    Closed,
    StartTls,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(stream: S, shared: &'a Shared) -> Self {
        Self {
            stream: BufReader::new(stream),
            shared,
        }
    }

    /// As it is now: a client may keep its connection for several mails.
    fn mode(&self) -> Mode {
        self.shared.state.lock().expect("no panic").mode
    }

    async fn greet(&mut self) -> io::Result<()> {
        self.say("220 scripted ESMTP\r\n").await
    }

    async fn run(&mut self, offer: &str, protection: Protection) -> io::Result<End> {
        while let Some(line) = self.hear(protection).await? {
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), self.mode()) {
                ("EHLO", _) => offer,
                ("STAR", mode) if offer.contains("STARTTLS") => {
                    let forged = "220 go on\r\n250 forged\r\n";
                    let is_forged = mode == Mode::ForgeAnswer;
                    let answer = if is_forged { forged } else { "220 go on\r\n" };
                    self.say(answer).await?;
                    return Ok(End::StartTls);
                }
                ("MAIL", Mode::RefuseSender) => "550 5.7.1 not from you\r\n",
                ("RCPT", Mode::Defer) => "451 4.3.0 try later\r\n",
                ("RCPT", Mode::Reject) => "550 5.1.1 no such mailbox\r\n",
                ("DATA", _) => {
                    let mode = self.mode();
                    self.take_message(protection, mode).await?;
                    match mode {
                        Mode::Stall => std::future::pending().await,
                        Mode::DropAfterData => return Ok(End::Closed),
                        _ => "250 2.0.0 taken\r\n",
                    }
                }
                ("QUIT", _) => {
                    self.say("221 bye\r\n").await?;
                    return Ok(End::Closed);
                }
                _ => "250 fine\r\n",
            };
            self.say(answer).await?;
        }
        Ok(End::Closed)
    }

    async fn take_message(&mut self, protection: Protection, mode: Mode) -> io::Result<()> {
        self.say("354 go on\r\n").await?;
        let mut message = String::new();
        while let Some(line) = self.hear(protection).await?.filter(|line| line != ".") {
            message.push_str(&line);
            message.push('\n');
        }
        let mut state = self.shared.state.lock().expect("no panic");
        state.messages.push(message);
        if matches!(mode, Mode::Stall | Mode::DropAfterData) {
            state.answers_lost += 1;
        }
        Ok(())
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        self.stream.write_all(answer.as_bytes()).await?;
        self.stream.flush().await
    }

    /// The next line, without its end; none when the client has hung up.
    async fn hear(&mut self, protection: Protection) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        if protection == Protection::None {
            let mut state = self.shared.state.lock().expect("no panic");
            state.heard_in_clear.push(line.clone());
        }
        Ok(Some(line))
    }
}
