//! A session whose renewal is done, and nobody hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guichet_client::proto::{
    GetUserInfoRequest, ListMessagesRequest, LogoutRequest, MessageKind, Tokens,
};
use guichet_client::{Guichet, Session, TokenSource};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// The frame that an answer begins with (RFC 9113, 6.2).
const HEADERS: u8 = 0x1;

/// A line to a server that loses one answer, and its connection with it.
struct Line {
    url: String,
    is_lost: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Line {
    async fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let server = server.url().replace("http://", "");
        let is_lost = Arc::new(AtomicBool::new(false));
        let shared = is_lost.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, is_lost) = (server.clone(), shared.clone());
                // Whichever way it ends, both ends are closed.
                tokio::spawn(async move { connect(client, &server, &is_lost).await });
            }
        });
        Self {
            url: format!("http://{address}"),
            is_lost,
            task,
        }
    }

    fn has_lost_one(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(client: TcpStream, server: &str, is_lost: &AtomicBool) -> std::io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        loop {
            // Frame by frame (RFC 9113, 4.1).
            let mut head = [0; 9];
            from_server.read_exact(&mut head).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).expect("24 bits")];
            from_server.read_exact(&mut payload).await?;
            if head[3] == HEADERS && !is_lost.swap(true, Ordering::SeqCst) {
                return Ok(());
            }
            to_client.write_all(&head).await?;
            to_client.write_all(&payload).await?;
        }
    };
    tokio::select! {
        ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
        ended = answers => ended,
    }
}

/// As a program has them that is to renew its session before its next call.
fn due(tokens: &Tokens) -> Session {
    Session::new(Tokens {
        access_token_expire_time: None,
        ..tokens.clone()
    })
}

#[tokio::test]
async fn a_lost_answer_to_refresh_is_asked_for_again_and_nobody_takes_it_for_a_theft() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let line = Line::before(&server).await;
    let session = due(&tokens);
    let lea = Guichet::connect(line.url.as_str())
        .await
        .expect("a connection")
        .with_tokens(TokenSource::session(session.clone()));

    let told = lea.auth().get_user_info(GetUserInfoRequest {}).await;

    assert_eq!(told.expect("an answer").into_inner().username, "lea");
    assert!(line.has_lost_one());
    server.advance(Duration::from_mins(1));
    let renewed = session.tokens().await;
    let renewed = people::refresh(&server, &renewed.refresh_token).await;
    renewed.expect("a session that lives");
    let request = ListMessagesRequest {
        kind: MessageKind::SessionStolen.into(),
        ..ListMessagesRequest::default()
    };
    let mails = server.admin().await.mail().list_messages(request).await;
    assert_eq!(mails.expect("a list").into_inner().messages, []);
}

#[tokio::test]
async fn a_refresh_token_that_was_refused_for_good_is_not_shown_again() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let refresh_token = tokens.refresh_token.clone();
    let as_lea = server.as_person(&tokens.access_token).await;
    let signed_out = as_lea.auth().logout(LogoutRequest { refresh_token }).await;
    signed_out.expect("a sign-out");
    let line = Line::before(&server).await;
    let lea = Guichet::connect(line.url.as_str())
        .await
        .expect("a connection")
        .with_tokens(TokenSource::session(due(&tokens)));
    let refused = lea.auth().get_user_info(GetUserInfoRequest {}).await;
    expect_error(refused, Code::Unauthenticated, "TOKEN_INVALID");

    drop(line);
    drop(server);

    let refused = lea.auth().get_user_info(GetUserInfoRequest {}).await;
    expect_error(refused, Code::Unauthenticated, "TOKEN_INVALID");
}
