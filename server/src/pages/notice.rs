//! Pages that only say something: it is done, it failed, it does not exist.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{frame::Frame, refusal::Refusal, visit::Visit};
use crate::{error::Error, i18n};

#[derive(Template)]
#[template(path = "pages/templates/notice.html")]
struct Page {
    frame: Frame,
    text: String,
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

fn notice(visit: Visit, status: StatusCode, title: &str, text: String) -> Response {
    let title = i18n::text(visit.locale, title, &[]);
    let frame = Frame::new(&visit, "notice", title);
    visit.page(status, &Page { frame, text })
}
