//! Calls by name, of messages that are bytes: one way to call every RPC.

use std::time::Duration;

use http::uri::PathAndQuery;
use prost::bytes::{Buf as _, BufMut as _};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// How long a stream without an end is read.
const FOLLOWED: Duration = Duration::from_secs(2);

/// Calls an RPC of `guichet.v1`, perhaps with a token, and returns its replies, one after the other.
pub async fn call(
    channel: &Channel,
    (service, rpc): (&str, &str),
    bearer: Option<&str>,
    message: Vec<u8>,
) -> Result<Vec<u8>, Status> {
    let mut request = Request::new(message);
    if let Some(bearer) = bearer {
        let value = format!("Bearer {bearer}").parse().expect("a header");
        request.metadata_mut().insert("authorization", value);
    }
    let path: PathAndQuery = format!("/guichet.v1.{service}/{rpc}")
        .parse()
        .expect("a path");
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("a connection");
    let replies = grpc.server_streaming(request, path, Raw).await?;
    let mut replies = replies.into_inner();
    let mut all = Vec::new();
    let read = async {
        while let Some(reply) = replies.message().await? {
            all.extend(reply);
        }
        Ok::<(), Status>(())
    };
    // A stream that follows what happens has no end.
    if rpc == "WatchEvents" {
        tokio::time::timeout(FOLLOWED, read)
            .await
            .unwrap_or(Ok(()))?;
    } else {
        read.await?;
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}
