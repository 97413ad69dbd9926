//! Lists of accounts that are as long as they may be, whose answers nobody reads.

use guichet_client::Guichet;
use guichet_client::proto::{Account, CreateAccountRequest, ListAccountsRequest};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, memory, patience};
use http::{Request, Response};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::codegen::Bytes;

const LIST: &str = "/guichet.v1.AccountService/ListAccounts";

/// Answers of a megabyte that one address may leave unread: 64 MiB.
const MOST_UNREAD: usize = 64;

/// Accounts of which a page shows not even half.
const ACCOUNTS: usize = 40;

/// MiB for that: buffers may be twice as long as what is in them, and a page is made meanwhile.
const MEMORY: f64 = 300.0;

/// An account of 60 KB.
async fn heavy(admin: &Guichet, number: usize) {
    let values = (0..15).map(|key| (format!("{key}"), "\u{10348}".repeat(1_000)));
    let request = CreateAccountRequest {
        account: Some(Account {
            username: format!("heavy{number}"),
            attributes: values.collect(),
            ..Account::default()
        }),
        ..CreateAccountRequest::default()
    };
    let created = admin.account().create_account(request).await;
    created.expect("an account");
}

fn page_of_all() -> Vec<u8> {
    let request = ListAccountsRequest {
        page_size: 1_000,
        ..ListAccountsRequest::default()
    };
    frame(0, &request.encode_to_vec())
}

/// Pages of which a byte has come.
struct Unread {
    pages: Vec<Response<h2::RecvStream>>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Unread {
    /// Asks for one page after the other, until there is no room for another.
    async fn fill(server: &Server, from: &str) -> Self {
        let authority = server.url().replace("http://", "");
        let stream = TcpStream::connect(&authority).await.expect("a server");
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(1);
        let (client, connection) = builder.handshake::<_, Bytes>(stream).await.expect("HTTP/2");
        let mut unread = Self {
            pages: Vec::new(),
            connection: tokio::spawn(connection),
        };
        let bearer = format!("Bearer {}", server.api_key());
        for _ in 0..=MOST_UNREAD {
            let request = Request::post(format!("http://{authority}{LIST}"))
                .header(GRPC.0, GRPC.1)
                .header("authorization", &bearer)
                .header("x-forwarded-for", from)
                .body(());
            let ready = client.clone().ready().await;
            let (answer, mut body) = ready
                .expect("a connection")
                .send_request(request.expect("a request"), false)
                .expect("a stream");
            let sent = body.send_data(page_of_all().into(), true);
            sent.expect("a message");
            let answer = answer.await.expect("an answer");
            // A refusal is a head and nothing else.
            if let Some(code) = answer.headers().get("grpc-status") {
                let code = Code::from_bytes(code.as_bytes());
                assert_eq!(code, Code::ResourceExhausted);
                return unread;
            }
            unread.pages.push(answer);
        }
        panic!("room for more than {MOST_UNREAD} pages");
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

#[tokio::test]
async fn whoever_lists_heavy_accounts_and_reads_nothing_takes_little_memory() {
    let server = Server::builder()
        .env("GUICHET_TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let admin = server.admin().await;
    for number in 0..ACCOUNTS {
        heavy(&admin, number).await;
    }
    let pid = server.pid().expect("a running server");
    let before = memory::mib(pid, "VmHWM");

    let unread = Unread::fill(&server, "198.51.100.7").await;

    let grown = memory::mib(pid, "VmHWM") - before;
    assert!(grown < MEMORY, "{grown} MiB");
    let pages = unread.pages.len();
    assert!((1..=MOST_UNREAD).contains(&pages), "{pages} pages");
    let bearer = format!("Bearer {}", server.api_key());
    let told = async |from: &str| {
        let wire = Wire::connect(&server).await;
        let headers = [
            GRPC,
            ("authorization", bearer.as_str()),
            ("x-forwarded-for", from),
        ];
        let answer = wire.post(LIST, &headers, &page_of_all()).await;
        answer.expect("an answer").code()
    };
    assert_eq!(told("198.51.100.7").await, Some(Code::ResourceExhausted));
    assert_eq!(told("192.0.2.7").await, Some(Code::Ok));
    server.anyone().await;

    drop(unread);
    patience::until("room again", async || {
        (told("198.51.100.7").await == Some(Code::Ok)).then_some(())
    })
    .await;
}
