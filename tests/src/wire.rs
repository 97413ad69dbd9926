//! One HTTP/2 connection in clear, for what no gRPC client would send.

use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::codegen::Bytes;

use crate::Server;

/// The content type of a call.
pub const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// A connection.
pub struct Wire {
    client: SendRequest<Bytes>,
    authority: String,
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its trailers; empty where there are none.
    pub trailers: HeaderMap,
}

/// A request whose body has not ended.
pub struct Open {
    answer: ResponseFuture,
    body: SendStream<Bytes>,
}

impl Wire {
    /// Connects to the public port.
    pub async fn connect(server: &Server) -> Self {
        let authority = server.url().replace("http://", "");
        let stream = TcpStream::connect(&authority).await.expect("a server");
        let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        Self {
            client,
            authority,
            connection: tokio::spawn(connection),
        }
    }

    /// Posts a body with these headers; an error is how the server broke the stream or the connection off.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Option<Reason>> {
        self.send(Method::POST, path, headers, body).await
    }

    /// Sends a request by any method.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Option<Reason>> {
        let mut open = self.open(method, path, headers).await?;
        open.finish(body);
        open.answer().await
    }

    /// Begins a request and leaves its body open.
    pub async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Open, Option<Reason>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.authority));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let ready = self.client.clone().ready().await;
        let sent = ready.and_then(|mut client| client.send_request(request, false));
        let (answer, body) = sent.map_err(|error| error.reason())?;
        Ok(Open { answer, body })
    }

    /// Waits until the server has ended the connection, and says why if it was not in peace.
    pub async fn ended(self) -> Option<Reason> {
        let ended = self.connection.await.expect("no panic");
        ended.err().and_then(|error| error.reason())
    }
}

impl Open {
    /// Sends a part of the body, and not its end.
    pub fn send(&mut self, part: &[u8]) {
        self.send_part(part, false);
    }

    /// Sends the rest of the body.
    pub fn finish(&mut self, rest: &[u8]) {
        self.send_part(rest, true);
    }

    fn send_part(&mut self, part: &[u8], ends: bool) {
        // The server may have answered already, without waiting for the body.
        let _ = self.body.send_data(Bytes::copy_from_slice(part), ends);
    }

    /// Waits for the whole answer.
    pub async fn answer(self) -> Result<Answer, Option<Reason>> {
        let answer = self.answer.await.map_err(|error| error.reason())?;
        let (head, mut body) = answer.into_parts();
        while let Some(chunk) = body.data().await {
            let chunk = chunk.map_err(|error| error.reason())?;
            let freed = body.flow_control().release_capacity(chunk.len());
            freed.expect("what was received");
        }
        let trailers = body.trailers().await.map_err(|error| error.reason())?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            trailers: trailers.unwrap_or_default(),
        })
    }
}

impl Answer {
    /// Whether its status says why in a form for programs.
    pub fn has_details(&self) -> bool {
        [&self.trailers, &self.headers]
            .iter()
            .any(|part| part.contains_key("grpc-status-details-bin"))
    }

    /// The status of the call, if it is a call's answer at all.
    pub fn code(&self) -> Option<Code> {
        let value = self.trailers.get("grpc-status");
        let value = value.or_else(|| self.headers.get("grpc-status"))?;
        Some(Code::from_bytes(value.as_bytes()))
    }
}

/// A message as gRPC frames it: a flag, a length, and the message.
pub fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a small message");
    let mut frame = vec![flag];
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame
}
