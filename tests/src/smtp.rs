//! A mail server that does what a test tells it to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How the server treats the next connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Takes every mail.
    Accept,
    /// Closes each connection before the greeting.
    Close,
    /// Answers 451 to RCPT: try later.
    Defer,
    /// Answers 550 to RCPT: no such mailbox.
    Reject,
    /// Reads the mail and never answers.
    Stall,
    /// Takes the mail, but drops the connection before saying so: it will come twice.
    DropAfterData,
}

/// A scripted SMTP server on a port of its own, stopped when dropped.
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

struct Shared {
    mode: Mode,
    messages: Vec<String>,
}

impl SmtpServer {
    /// Starts it on the loopback interface.
    pub async fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let shared = Arc::new(Mutex::new(Shared {
            mode,
            messages: Vec::new(),
        }));
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

    /// Treats the connections from now on differently.
    pub fn set_mode(&self, mode: Mode) {
        self.shared.lock().expect("no panic").mode = mode;
    }

    /// The mails it was given, whether or not it said so.
    pub fn messages(&self) -> Vec<String> {
        self.shared.lock().expect("no panic").messages.clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mode = shared.lock().expect("no panic").mode;
        if mode != Mode::Close {
            // A client that hangs up in the middle is part of the game.
            let shared = shared.clone();
            tokio::spawn(async move { converse(stream, mode, &shared).await });
        }
    }
}

async fn converse(stream: TcpStream, mode: Mode, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 scripted ESMTP\r\n").await?;

    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match (verb.as_str(), mode) {
            ("RCPT", Mode::Defer) => "451 4.3.0 try later",
            ("RCPT", Mode::Reject) => "550 5.1.1 no such mailbox",
            ("DATA", _) => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut message = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    message.push_str(&line);
                    message.push('\n');
                }
                shared.lock().expect("no panic").messages.push(message);
                match mode {
                    Mode::Stall => std::future::pending().await,
                    Mode::DropAfterData => return Ok(()),
                    _ => "250 2.0.0 taken",
                }
            }
            ("QUIT", _) => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
