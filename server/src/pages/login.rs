//! Signing in.

use askama::Template;
use axum::{Form, response::Response};
use guichet_proto::v1::{
    ContinueLoginRequest, LoginRequest, Tokens, continue_login_response::Outcome as Continued,
    login_response::Outcome,
};
use serde::Deserialize;

use super::{
    form,
    frame::Frame,
    refusal::Refusal,
    visit::{Visit, returning},
};
use crate::{
    auth::{continue_login, login},
    error::Error,
    i18n,
    transport::session_cookie,
};

/// Our own pages that want a session: who has lost it there comes back to them. They are asked for by their whole
/// address, and lead nowhere but to these paths.
const OWN: [&str; 2] = ["/Account", "/Institution"];

#[derive(Template)]
#[template(path = "pages/templates/login.html")]
struct Page {
    frame: Frame,
    form_token: String,
    username: String,
    return_url: String,
    /// Where the script goes once the person is signed in.
    target: String,
    forgot: String,
    again: String,
    refusal: Refusal,
    /// An address was typed: now the hint is said firmly.
    is_email: bool,
    /// The password was right, and a second factor is asked for; empty before.
    challenge_token: String,
    old_title: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    return_url: String,
    #[serde(default)]
    challenge_token: String,
    #[serde(default)]
    code: String,
}

pub(super) async fn show(visit: Visit) -> Response {
    let typed = Typed {
        form_token: String::new(),
        username: String::new(),
        password: String::new(),
        return_url: asked_for(&visit),
        challenge_token: String::new(),
        code: String::new(),
    };
    answer(visit, typed, Refusal::default(), false)
}

pub(super) async fn submit(visit: Visit, Form(mut typed): Form<Typed>) -> Response {
    if !form::is_ours(&visit, &typed.form_token) {
        let refusal = Refusal::expired(&visit);
        return answer(visit, typed, refusal, false);
    }
    if !typed.challenge_token.is_empty() {
        return submit_code(visit, typed).await;
    }

    let request = LoginRequest {
        username: typed.username.trim().to_owned(),
        password: std::mem::take(&mut typed.password),
        device_name: String::new(),
        device_token: visit.device_token(),
        replaced_refresh_token: visit.refresh_token(),
    };
    match visit.call().carry_out(request, login::login).await {
        Ok(reply) => match reply.outcome {
            Some(Outcome::Tokens(tokens)) => welcome(visit, &tokens, &typed.return_url),
            Some(Outcome::Challenge(challenge)) => {
                typed.challenge_token = challenge.challenge_token;
                answer(visit, typed, Refusal::default(), false)
            }
            None => answer(visit, typed, Refusal::default(), false),
        },
        Err(error) => {
            let refusal = Refusal::of(&visit, &error);
            let is_email = matches!(error, Error::EmailNotUsername);
            answer(visit, typed, refusal, is_email)
        }
    }
}

/// The second screen.
async fn submit_code(visit: Visit, mut typed: Typed) -> Response {
    let request = ContinueLoginRequest {
        challenge_token: typed.challenge_token.clone(),
        answer: Some(continue_login::answer(std::mem::take(&mut typed.code))),
    };
    let reply = visit
        .call()
        .carry_out(request, continue_login::continue_login)
        .await;
    match reply.map(|reply| reply.outcome) {
        Ok(Some(Continued::Tokens(tokens))) => welcome(visit, &tokens, &typed.return_url),
        Ok(_) => answer(visit, typed, Refusal::default(), false),
        Err(error) => {
            if matches!(error, Error::TokenInvalid | Error::TokenExpired) {
                // Too late: from the beginning.
                typed.challenge_token.clear();
            }
            let refusal = Refusal::of(&visit, &error);
            answer(visit, typed, refusal, false)
        }
    }
}

/// What the query wants people to return to, if it leads there at all.
fn asked_for(visit: &Visit) -> String {
    let asked = visit.asked("return_url");
    own_page(visit, asked).map_or_else(|| visit.return_url(), |_| asked.to_owned())
}

/// To where the person came from if that is listed or our own, else to the application.
fn welcome(mut visit: Visit, tokens: &Tokens, return_url: &str) -> Response {
    let life = visit.app.config.lifetimes.refresh;
    session_cookie::keep(&mut visit.answer, visit.public, &tokens.refresh_token, life);
    visit.keep_device(&tokens.device_token);
    let target = target(&visit, return_url);
    visit.redirect(&target)
}

fn target(visit: &Visit, return_url: &str) -> String {
    if let Some(page) = own_page(visit, return_url) {
        return page.to_owned();
    }
    let application = &visit.app.config.application;
    application
        .return_target(return_url)
        .or_else(|| (!application.is_sign_in_page()).then_some(&application.url))
        .map_or_else(|| "/Account".to_owned(), ToString::to_string)
}

/// The page of our own that has exactly this address. It is compared and never parsed: there is no other way to write it.
fn own_page(visit: &Visit, address: &str) -> Option<&'static str> {
    let home = visit.app.config.listen.public_url.to_string();
    OWN.into_iter()
        .find(|page| address.strip_prefix(&home) == Some(*page))
}

fn answer(mut visit: Visit, typed: Typed, refusal: Refusal, is_email: bool) -> Response {
    let app = visit.app.config.application.name.clone();
    let title = i18n::text(
        visit.locale,
        "page-login-title",
        &[("app", app.clone().into())],
    );
    let old_title = i18n::text(visit.locale, "page-login-old-title", &[("app", app.into())]);
    let form_token = form::token(&mut visit);
    let frame = Frame::new(&visit, "login", title)
        .kept(&visit, &[("return_url", &typed.return_url)])
        .failures()
        .passwords()
        .string("error-EMAIL_NOT_USERNAME", &[]);
    let status = refusal.status;
    let page = Page {
        frame,
        form_token,
        username: typed.username,
        target: target(&visit, &typed.return_url),
        forgot: returning("/Account/ForgotPassword", &typed.return_url),
        again: returning("/Account/Login", &typed.return_url),
        return_url: typed.return_url,
        refusal,
        is_email,
        challenge_token: typed.challenge_token,
        old_title,
    };
    visit.page(status, &page)
}
