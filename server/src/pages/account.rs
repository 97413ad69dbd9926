//! "My account". Its lists are filled in by the script; without one, a person can still sign out.

use askama::Template;
use axum::{Form, http::StatusCode, response::Response};
use guichet_proto::v1::LogoutRequest;
use serde::Deserialize;

use super::{form, frame::Frame, notice, rules::Rules, visit::Visit};
use crate::{auth::logout, error::Error, i18n, transport::session_cookie};

#[derive(Template)]
#[template(path = "pages/templates/account.html")]
struct Page {
    frame: Frame,
    form_token: String,
    rules: Rules,
}

/// What the form for signing out sends.
#[derive(Deserialize)]
pub(super) struct SignOut {
    #[serde(default)]
    form_token: String,
}

pub(super) async fn show(mut visit: Visit) -> Response {
    let rules = match Rules::of_person(&visit).await {
        Ok(rules) => rules,
        Err(error) => return notice::failed(visit, &error),
    };
    let title = i18n::text(visit.locale, "page-account-title", &[]);
    let form_token = form::token(&mut visit);
    let since = ["start", "last", "place"].map(|name| (name, format!("{{{name}}}").into()));
    let frame = Frame::new(&visit, "account", title)
        .failures()
        .new_passwords()
        .string("page-account-who", &[("username", "{username}".into())])
        .string("page-account-this", &[])
        .string("page-account-unnamed", &[])
        .string("page-account-since", &since)
        .string("page-account-end", &[])
        .string("page-factor-off", &[])
        .string("page-factor-on", &[("count", "{count}".into())])
        .string("page-factor-keep", &[])
        .string("page-factor-removed", &[])
        .string("page-account-password-done", &[])
        .string("page-account-email-done", &[("email", "{email}".into())]);
    let page = Page {
        frame,
        form_token,
        rules,
    };
    visit.page(StatusCode::OK, &page)
}

/// Ends the session of this browser, and has it forget the cookie in any case.
pub(super) async fn sign_out(mut visit: Visit, Form(typed): Form<SignOut>) -> Response {
    if !form::is_ours(&visit, &typed.form_token) {
        return visit.redirect("/Account");
    }
    let refresh_token = visit.refresh_token();
    if !refresh_token.is_empty() {
        let ended = visit
            .call()
            .carry_out(LogoutRequest { refresh_token }, logout::logout)
            .await;
        match ended {
            Ok(_) | Err(Error::TokenInvalid) => {}
            Err(error) => return notice::failed(visit, &error),
        }
    }
    session_cookie::forget(&mut visit.answer, visit.public);
    visit.redirect("/Account/Login")
}
