//! A mail server for tests that refuses, stalls or hangs up where its script says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server answers instead of yes; `.` stands for the end of a message.
#[derive(Clone, Default)]
pub(super) struct Script {
    replies: Vec<(&'static str, &'static str)>,
    stall_at: Option<&'static str>,
    late: Vec<(&'static str, Duration)>,
}

impl Script {
    /// Answers `reply` to `verb`; an empty reply hangs up.
    pub(super) fn reply(mut self, verb: &'static str, reply: &'static str) -> Self {
        self.replies.push((verb, reply));
        self
    }

    /// Answers `verb` after a while.
    pub(super) fn late_at(mut self, verb: &'static str, by: Duration) -> Self {
        self.late.push((verb, by));
        self
    }

    /// Never answers `verb`.
    pub(super) fn stall_at(mut self, verb: &'static str) -> Self {
        self.stall_at = Some(verb);
        self
    }
}

/// What came over one connection.
#[derive(Clone, Default)]
pub(super) struct Session {
    pub(super) commands: Vec<String>,
    pub(super) messages: Vec<String>,
}

/// The running server.
pub(super) struct Stub {
    address: SocketAddr,
    sessions: Arc<Mutex<Vec<Session>>>,
}

impl Stub {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sessions = Arc::<Mutex<Vec<Session>>>::default();

        let recorded = Arc::clone(&sessions);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = {
                    let mut sessions = recorded.lock().unwrap();
                    sessions.push(Session::default());
                    sessions.len() - 1
                };
                let (script, recorded) = (script.clone(), Arc::clone(&recorded));
                tokio::spawn(async move {
                    let record =
                        |write: &dyn Fn(&mut Session)| write(&mut recorded.lock().unwrap()[index]);
                    converse(stream, &script, &record).await;
                });
            }
        });

        Self { address, sessions }
    }

    pub(super) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(super) fn sessions(&self) -> Vec<Session> {
        self.sessions.lock().unwrap().clone()
    }
}

type Record<'a> = dyn Fn(&dyn Fn(&mut Session)) + Sync + 'a;

async fn converse(stream: TcpStream, script: &Script, record: &Record<'_>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 stub\r\n").await.unwrap();

    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split(' ').next().unwrap_or_default().to_owned();
        record(&|session| session.commands.retain(|command| command != "NOOP"));
        record(&|session| session.commands.push(line.clone()));
        let usual = match verb.as_str() {
            "EHLO" => "250-stub\r\n250 AUTH PLAIN",
            "DATA" => "354 go on",
            "AUTH" => "235 welcome",
            _ => "250 yes",
        };
        if !answer(&mut write, script, &verb, usual).await {
            return;
        }
        if verb != "DATA" {
            continue;
        }

        let mut message = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "." {
                break;
            }
            message.push_str(line.strip_prefix('.').unwrap_or(&line));
            message.push_str("\r\n");
        }
        record(&|session| session.messages.push(message.clone()));
        if !answer(&mut write, script, ".", "250 taken").await {
            return;
        }
    }
}

/// Answers as the script says; `false` ends the conversation.
async fn answer(
    write: &mut tokio::net::tcp::OwnedWriteHalf,
    script: &Script,
    verb: &str,
    usual: &str,
) -> bool {
    if script.stall_at == Some(verb) {
        std::future::pending::<()>().await;
    }
    if let Some((_, by)) = script.late.iter().find(|(of, _)| *of == verb) {
        tokio::time::sleep(*by).await;
    }
    let scripted = script.replies.iter().find(|(of, _)| *of == verb);
    let reply = scripted.map_or(usual, |(_, reply)| reply);
    if reply.is_empty() {
        return false;
    }

    write
        .write_all(format!("{reply}\r\n").as_bytes())
        .await
        .is_ok()
}
