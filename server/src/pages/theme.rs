//! The operator's colours and logo.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{
    app::App,
    config::{NIGHT, Theme},
    secret,
};

/// Largest logo, in bytes.
const LARGEST_LOGO: u64 = 64 * 1024;

/// The logo as it was read last: however many answers wait to be sent, they share it.
static LAST_LOGO: Mutex<Bytes> = Mutex::new(Bytes::new());

/// The style sheet with the colours, under a name that changes with them.
pub(super) fn address(app: &App) -> String {
    format!(
        "/assets/theme.css?v={}",
        version(css(&app.config.theme).as_bytes())
    )
}

/// The logo, if there is one.
pub(super) fn logo_address(app: &App) -> Option<String> {
    let path = app.config.theme.logo.as_ref()?;
    Some(format!(
        "/assets/logo?v={}",
        version(path.to_string_lossy().as_bytes())
    ))
}

/// Fails where the logo can't be served, so that it shows at start.
pub(super) fn check(theme: &Theme) -> anyhow::Result<()> {
    let Some(path) = &theme.logo else {
        return Ok(());
    };
    let about = fs::metadata(path)
        .map_err(|cause| anyhow::anyhow!("GUICHET_LOGO: can't read {}: {cause}", path.display()))?;
    anyhow::ensure!(
        about.len() <= LARGEST_LOGO,
        "GUICHET_LOGO: {} has more than {LARGEST_LOGO} bytes",
        path.display()
    );
    Ok(())
}

pub(super) async fn style(State(app): State<Arc<App>>) -> Response {
    lasting("text/css; charset=utf-8", css(&app.config.theme).into())
}

pub(super) async fn logo(State(app): State<Arc<App>>) -> Response {
    let Some(path) = &app.config.theme.logo else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = if path.extension().is_some_and(|extension| extension == "svg") {
        "image/svg+xml"
    } else {
        "image/png"
    };
    match tokio::fs::read(path).await {
        Ok(bytes) => lasting(kind, shared(bytes)),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn shared(logo: Vec<u8>) -> Bytes {
    let mut last = LAST_LOGO.lock().unwrap_or_else(PoisonError::into_inner);
    if *last != logo {
        *last = logo.into();
    }
    last.clone()
}

fn css(theme: &Theme) -> String {
    let Theme {
        color, color_dark, ..
    } = theme;
    format!(
        ":root{{--accent:{color};--on-accent:#ffffff;--night:{NIGHT}}}\n\
         @media (prefers-color-scheme:dark){{:root{{--accent:{color_dark};--on-accent:{NIGHT}}}}}\n"
    )
}

fn version(content: &[u8]) -> String {
    hex::encode(&secret::digest(content)[..4])
}

fn lasting(kind: &'static str, bytes: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=86400"),
        ),
        // An SVG that is opened by itself must not run anything either.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        ),
    ];
    (headers, bytes).into_response()
}
