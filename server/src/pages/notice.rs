//! Pages that only say something: it is done, it failed, it does not exist.

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{frame::Frame, refusal::Refusal, visit::Visit};
use crate::{error::Error, i18n};

#[derive(Template)]
#[template(path = "pages/templates/notice.html")]
struct Page {
    frame: Frame,
    text: String,
    /// To a button that was pressed, which takes the person to what is said.
    is_answer: bool,
}

/// It is done.
pub(super) fn told(visit: Visit, title: &str, text: String) -> Response {
    notice(visit, StatusCode::OK, title, text)
}

/// It failed, and the page that it was asked from is of no use any more.
pub(super) fn failed(visit: Visit, error: &Error) -> Response {
    let refusal = Refusal::of(&visit, error);
    notice(visit, refusal.status, "page-error-title", refusal.message)
}

/// No page has this address.
pub(super) async fn missing(visit: Visit) -> Response {
    let text = i18n::text(visit.locale, "page-missing-what", &[]);
    notice(visit, StatusCode::NOT_FOUND, "page-missing-title", text)
}

/// Has bare refusals look like pages: a form that is too long or can't be read, a method that a page doesn't have.
pub(super) async fn explain(visit: Visit, request: Request, next: Next) -> Response {
    let bare = next.run(request).await;
    let status = bare.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let is_page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    let told = bare
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(is_page);
    if !is_refusal || told || visit.path.starts_with("/assets/") {
        return bare;
    }
    let text = i18n::text(visit.locale, "page-unreadable", &[]);
    let mut page = notice(visit, status, "page-error-title", text);
    if let Some(methods) = bare.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, methods.clone());
    }
    page
}

fn notice(visit: Visit, status: StatusCode, title: &str, text: String) -> Response {
    let title = i18n::text(visit.locale, title, &[]);
    let frame = Frame::new(&visit, "notice", title);
    let page = Page {
        frame,
        text,
        is_answer: status == StatusCode::OK,
    };
    visit.page(status, &page)
}
