//! The pages: server-rendered, so that they work without scripts and the first paint waits for nothing.
//!
//! Each page is one file: what `GET` shows, and what `POST` does by the very functions that the RPCs run. Scripts only
//! make the pages livelier (`client/web`); they find their way by these conventions:
//!
//! - `<html lang data-page>`: which page this is.
//! - `<form method="post" data-form="…">` with fields named as in the handlers' form structs.
//! - `<p id="message" role="alert" tabindex="-1">`: what happened, empty when nothing did.
//! - `<p id="{field}-error">`: what is wrong with a field, which names it in `aria-describedby`.
//! - `<ul id="rules"><li data-rule="MIN_LENGTH">`: the password rules; `<p id="strength">` below them: how hard to guess.
//! - `<script type="application/json" id="strings">`: texts that scripts show, by Fluent key; `{name}` stands for an
//!   argument.
//! - `hidden` parts with `data-script` are for scripts to show.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::Response,
    routing::get,
};

use crate::{app::App, config::Config};

mod account;
mod assets;
mod confirm_email;
mod forgot;
pub(crate) mod form;
mod frame;
mod headers;
mod home;
mod institution;
mod link;
mod login;
mod notice;
mod refusal;
mod reset;
mod revoke_reset;
mod rules;
mod theme;
mod visit;

/// More than any of our forms holds.
const LARGEST_FORM: usize = 16 * 1024;

/// Fails where the configured theme can't be served.
pub fn check(config: &Config) -> anyhow::Result<()> {
    theme::check(&config.theme)
}

/// Which address is which page.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::show))
        .route("/Account", get(account::show))
        .route(
            "/Account/SignOut",
            get(account::show).post(account::sign_out),
        )
        .route("/Account/Login", get(login::show).post(login::submit))
        .route(
            "/Account/ForgotPassword",
            get(forgot::show).post(forgot::submit),
        )
        .route(
            "/Account/ResetPassword",
            get(reset::show).post(reset::submit),
        )
        .route(
            "/Account/ResetPassword/Again",
            get(forgot::show).post(reset::again),
        )
        .route(
            "/Account/ConfirmEmail",
            get(confirm_email::show).post(confirm_email::submit),
        )
        .route(
            "/Account/RevokeReset",
            get(revoke_reset::show).post(revoke_reset::submit),
        )
        .route("/Institution", get(institution::show))
        .route("/assets/theme.css", get(theme::style))
        .route("/assets/logo", get(theme::logo))
        .route("/assets/{name}", get(assets::serve))
        .fallback(notice::missing)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn_with_state(app.clone(), notice::explain))
}

/// One line and one figure for each request, without its query: that may hold a code.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let request_id = app.clock.new_id();

    let response = next.run(request).await;

    let status = response.status().as_u16();
    let ms = started.elapsed().as_secs_f64() * 1_000.0;
    // An unknown path may be anything, a mistyped link with its code included.
    let path = if status == 404 { "" } else { path.as_str() };
    tracing::info!(%method, path, status, ms, %request_id, "page");
    response
}

/// Pages with their log lines, and with what they all say to browsers.
pub fn observed(app: Arc<App>, router: Router<Arc<App>>) -> Router {
    router
        .layer(middleware::from_fn_with_state(
            app.clone(),
            headers::protect,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app)
}
