//! Every figure that bounds what the network can ask of the process, and tonic's server set to them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tonic::transport::Server;

/// HTTP/2 keepalive: a peer that is gone is noticed after the interval plus the time for its answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(20);

/// Streams the server resets because the peer broke the protocol, before it closes the connection.
/// tonic's default is no limit at all (RUSTSEC-2024-0003).
const LOCAL_ERROR_RESETS: usize = 256;

/// Streams the peer resets before they are accepted, before the connection is closed (CVE-2023-44487).
const PENDING_ACCEPT_RESETS: usize = 20;

const HEADER_LIST_BYTES: u32 = 16 * 1024;

/// One public message (64 KiB) fits in a stream's window.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;

/// Largest window that there is (RFC 9113 section 6.9.1).
const MAX_WINDOW_BYTES: u32 = (1 << 31) - 1;

/// Limits on connections, of which the operator may change each.
///
/// The defaults follow the OWASP gRPC security cheat sheet and what CVE-2023-44487 taught.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections in all, handshakes included.
    pub connections: usize,
    /// Open connections from one IPv4 address or one IPv6 /64 network.
    pub connections_per_address: usize,
    /// The same for a loopback address. It is larger because a reverse proxy on this machine brings all
    /// its callers from there, and below the total so that a runaway local program cannot fill it.
    pub connections_from_loopback: usize,
    /// Time for a TLS handshake.
    pub tls_handshake: Duration,
    /// How often the files of certificate and key are looked at: what a change may wait.
    pub tls_reload: Duration,
    /// Time until the HTTP/2 preface or the first HTTP/1.1 request head has arrived whole.
    pub first_request: Duration,
    /// Calls at once on one HTTP/2 connection.
    pub concurrent_streams: u32,
    /// Age at which a connection is asked to end (GOAWAY), so that load balancers can rebalance. Calls
    /// already begun finish. Spread by ±10 % per process, so that replicas do not do it together.
    pub connection_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 256,
            connections_from_loopback: 2048,
            tls_handshake: Duration::from_secs(5),
            tls_reload: Duration::from_mins(1),
            first_request: Duration::from_secs(10),
            concurrent_streams: 100,
            connection_age: Duration::from_mins(30),
        }
    }
}

/// tonic's server with `limits` set, for gRPC, grpc-web and plain HTTP on one port.
///
/// TLS is not set here: [`super::listener`] has done the handshake.
/// There is deliberately no `max_connection_age_grace`: with both set, tonic cuts running calls.
pub fn server_builder(limits: &Limits) -> Server {
    Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(limits.concurrent_streams)
        .http2_max_local_error_reset_streams(Some(LOCAL_ERROR_RESETS))
        .http2_max_pending_accept_reset_streams(Some(PENDING_ACCEPT_RESETS))
        .http2_max_header_list_size(HEADER_LIST_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(connection_window(limits))
        .max_connection_age(spread(limits.connection_age))
}

/// What all streams of a connection may hold unread: behind a proxy they are many people's, and one that nobody reads must
/// not keep the others waiting.
///
/// That is 6 MiB a connection, and h2 lets small frames take half as much again. It is not what bounds memory: messages,
/// forms and questions to reflection are read as they come, so only what is sent to an import waits here, and imports are
/// few.
fn connection_window(limits: &Limits) -> u32 {
    let all = limits
        .concurrent_streams
        .saturating_mul(STREAM_WINDOW_BYTES);
    all.min(MAX_WINDOW_BYTES)
}

/// `age` ±10 %. `RandomState` is seeded once per process, which is all the chance needed here.
fn spread(age: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish() % 201;
    let per_mille = u32::try_from(900 + chance).expect("at most 1100");

    age / 1000 * per_mille
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::Request;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::service::Routes;

    use super::*;
    use crate::transport::testing::{NEVER, Setup, serve};

    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// A HEADERS frame that opens `stream` with a call and leaves its body open.
    fn open_call(stream: u32) -> Vec<u8> {
        // Static table: 0x83 is `:method: POST`, 0x86 `:scheme: http`, 4 `:path`, 31 `content-type`.
        let mut block = vec![0x83, 0x86, 0x04, u8::try_from(NEVER.len()).unwrap()];
        block.extend(NEVER.as_bytes());
        block.extend([0x0f, 0x10, 16]);
        block.extend(b"application/grpc");

        let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 1, 0x4];
        frame.extend(stream.to_be_bytes());
        frame.extend(block);
        frame
    }

    /// The next frame: type, stream, payload.
    async fn next_frame(connection: &mut TcpStream) -> (u8, u32, Vec<u8>) {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.unwrap();
        let [a, b, c, kind, _, stream @ ..] = head;

        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        connection.read_exact(&mut payload).await.unwrap();
        (kind, u32::from_be_bytes(stream), payload)
    }

    #[test]
    fn connection_age_is_spread_by_at_most_a_tenth() {
        let age = Duration::from_mins(30);

        for _ in 0..100 {
            let spread = spread(age);
            assert!(spread >= Duration::from_mins(27), "{spread:?}");
            assert!(spread <= Duration::from_mins(33), "{spread:?}");
        }
    }

    #[tokio::test]
    async fn one_stream_too_many_is_refused() {
        let server = serve(Setup::default()).await;
        let mut connection = server.connect().await;

        connection
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
            .await
            .unwrap();
        let (kind, _, settings) = next_frame(&mut connection).await;
        assert_eq!(kind, SETTINGS);
        let max_concurrent_streams = [0, 3, 0, 0, 0, 100];
        assert!(
            settings
                .chunks(6)
                .any(|setting| setting == max_concurrent_streams),
            "{settings:?}"
        );

        for call in 0..101 {
            connection
                .write_all(&open_call(2 * call + 1))
                .await
                .unwrap();
        }

        let refused = loop {
            let frame = next_frame(&mut connection).await;
            if frame.0 == RST_STREAM {
                break frame;
            }
        };
        assert_eq!(refused, (RST_STREAM, 201, REFUSED_STREAM.to_vec()));
    }

    /// A server that never reads what is sent to `/unread`.
    async fn deaf() -> TcpStream {
        let unread = async |request: Request| {
            std::future::pending::<()>().await;
            drop(request);
        };
        let router = Router::new()
            .route("/unread", post(unread))
            .route("/read", post(async |_: Bytes| ()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(
            server_builder(&Limits::default()).serve_with_incoming_shutdown(
                Routes::from(router).prepare(),
                TcpListenerStream::new(listener),
                std::future::pending(),
            ),
        );
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn streams_that_nobody_reads_leave_room_for_one_more() {
        const TWICE: usize = 2 * STREAM_WINDOW_BYTES as usize;
        static MORE_THAN_FITS: [u8; TWICE] = [0; TWICE];
        let (client, connection) = h2::client::handshake(deaf().await).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let mut begin = |path: &str, body: &'static [u8], ends| {
            let request = Request::post(format!("http://localhost{path}")).body(());
            let (answer, mut upload) = client.send_request(request.unwrap(), false).unwrap();
            upload.send_data(Bytes::from_static(body), ends).unwrap();
            (answer, upload)
        };

        let _open: Vec<_> = (0..99)
            .map(|_| begin("/unread", &MORE_THAN_FITS, false))
            .collect();
        let (answer, _upload) = begin("/read", b"a", true);

        let answer = timeout(PATIENCE, answer).await.expect("room");
        assert_eq!(answer.unwrap().status(), 200);
    }
}
