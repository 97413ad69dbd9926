//! Plain HTTP/1.1, as a browser or a probe speaks it.

use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A reply.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text.
    pub body: String,
}

/// Fetches a page; follows no redirect.
pub async fn fetch(method: Method, url: &str) -> Page {
    send(
        Request::builder()
            .method(method)
            .uri(url)
            .body(String::new())
            .expect("a URL"),
    )
    .await
}

/// Sends any request.
pub async fn send(request: Request<String>) -> Page {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (head, body) = client.request(request).await.expect("a reply").into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Page {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
