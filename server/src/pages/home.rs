//! The bare address: the application, or what runs here while there is none.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{frame::Frame, visit::Visit};
use crate::i18n;

#[derive(Template)]
#[template(path = "pages/templates/home.html")]
struct Page {
    frame: Frame,
    address: String,
}

pub(super) async fn show(visit: Visit) -> Response {
    let application = &visit.app.config.application;
    if !application.is_sign_in_page() {
        let target = application.url.to_string();
        return visit.redirect(&target);
    }
    let title = i18n::text(visit.locale, "page-home-title", &[]);
    let frame = Frame::new(&visit, "home", title);
    let address = visit.app.config.listen.public_url.to_string();
    visit.page(StatusCode::OK, &Page { frame, address })
}
