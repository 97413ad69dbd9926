//! Refusals from before a call reaches its function: a message that can't be read, an unknown method, a passed deadline.
//!
//! tonic makes them itself, without the details that the contract has on every error, and nobody would log them.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use tonic::{Code, Status};

use crate::error;

/// Adds the details to a refusal that has none, and logs it.
pub(super) async fn explain<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let uri = request.uri().clone();
    let mut response = next(request).await;

    if let Some(status) = bare_refusal(response.headers()) {
        // An unknown method may be anything; it is not repeated.
        let path = if status.code() == Code::Unimplemented {
            ""
        } else {
            uri.path()
        };
        tracing::info!(path, code = ?status.code(), "refused before the call");
        // What does not fit into a header is left as it was.
        drop(error::explain(&status).add_header(response.headers_mut()));
    }
    response
}

/// A refusal without details. An answer whose status comes after its messages is none.
fn bare_refusal(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers)
        .filter(|status| status.code() != Code::Ok && status.details().is_empty())
}
