//! The connection with the caller's token on every call.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, ServiceExt as _};

use crate::{Reason, TokenSource, error};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the clients of [`crate::Guichet`] speak through.
#[derive(Clone, Debug)]
pub struct Authorized {
    channel: Channel,
    tokens: TokenSource,
}

impl Authorized {
    pub(crate) fn new(channel: Channel, tokens: TokenSource) -> Self {
        Self { channel, tokens }
    }
}

impl Service<Request<Body>> for Authorized {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    /// Always ready: the channel is waited for in the call, after the token, which may need it too.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { channel, tokens } = self.clone();
        Box::pin(call(channel, tokens, request))
    }
}

async fn call(
    channel: Channel,
    tokens: TokenSource,
    mut request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let Some(header) = tokens.header(&channel).await? else {
        return Ok(channel.oneshot(request).await?);
    };
    request.headers_mut().insert(AUTHORIZATION, header.clone());
    let response = channel.oneshot(request).await?;

    // The request's body is gone, so this call can't be repeated here; the next one will refresh.
    let status = Status::from_header_map(response.headers());
    if status.is_some_and(|status| error::reason(&status) == Some(Reason::TokenExpired)) {
        tokens.expired(&header).await;
    }
    Ok(response)
}
