//! Plain HTTP/1.1, as a browser or a probe speaks it.

use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::codegen::Bytes;

use crate::Server;

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

/// The last value of a series that the operations port publishes.
pub async fn metric(server: &Server, series: &str) -> Option<f64> {
    let page = fetch(Method::GET, &format!("{}/metrics", server.ops_url())).await;
    let line = page.body.lines().find_map(|line| line.strip_prefix(series));
    line?.trim().parse().ok()
}

/// Sends any request of text.
pub async fn send(request: Request<String>) -> Page {
    let (head, body) = exchange(request.map(String::into_bytes)).await.into_parts();
    Page {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// Sends any request, for what is not text.
pub async fn exchange(request: Request<Vec<u8>>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let (head, body) = client.request(request).await.expect("a reply").into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Response::from_parts(head, body)
}
