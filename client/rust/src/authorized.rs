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
        return send(channel, request).await;
    };
    request.headers_mut().insert(AUTHORIZATION, header.clone());
    let response = send(channel, request).await?;

    // The request's body is gone, so this call can't be repeated here; the next one will refresh.
    let status = Status::from_header_map(response.headers());
    if status.is_some_and(|status| error::reason(&status) == Some(Reason::TokenExpired)) {
        tokens.expired(&header).await;
    }
    Ok(response)
}

/// A server that ends closes its connections, and what was about to be sent there is given back: to the caller that is
/// `UNAVAILABLE`, because the call may be made again, and not `CANCELLED`, as if somebody had wished it.
async fn send(channel: Channel, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    channel.oneshot(request).await.map_err(|cause| {
        if was_never_sent(&cause) {
            Status::unavailable("the connection was closed before the call was sent").into()
        } else {
            cause.into()
        }
    })
}

fn was_never_sent(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(cause), |cause| cause.source());
    causes.any(|cause| {
        let kept_back = cause.downcast_ref::<hyper::Error>();
        let left_out = cause.downcast_ref::<h2::Error>();
        kept_back.is_some_and(hyper::Error::is_canceled) || left_out.is_some_and(is_goodbye)
    })
}

/// A server that ends says up to which call it goes on; later ones get this, and it did nothing of them (RFC 9113,
/// section 6.8).
fn is_goodbye(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}
