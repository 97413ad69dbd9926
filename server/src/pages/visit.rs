//! One visit of a page: who looks at it, in which language, and the answer's headers.

use std::{convert::Infallible, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse as _, Response},
};
use cookie::SameSite;
use url::form_urlencoded;

use crate::{
    app::App,
    call::Call,
    caller::Caller,
    i18n::Locale,
    transport::{
        client_address,
        deadline::Deadline,
        device_cookie,
        peer::Peer,
        session_cookie::{self, Public},
    },
};

/// The language a person has chosen on a page, kept for a year.
const LANGUAGE: &str = "guichet_lang";

const YEAR: Duration = Duration::from_hours(365 * 24);

/// One visit.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) locale: Locale,
    pub(super) public: Public,
    /// The address without host, for links to the same page in another language.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// What the answer sets beside the page.
    pub(super) answer: HeaderMap,
    client: Option<std::net::IpAddr>,
    deadline: Option<std::time::Instant>,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let query: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
        let public = Public::of(app.config.listen.public_url.as_url().scheme());
        let mut answer = HeaderMap::new();
        let chosen = query
            .iter()
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| Locale::parse(value));
        if let Some(chosen) = chosen {
            let cookie = public.cookie(LANGUAGE, chosen.as_str(), SameSite::Lax, Some(YEAR));
            session_cookie::append(&mut answer, &cookie);
        }
        let locale = chosen
            .or_else(|| {
                let kept = session_cookie::find(&parts.headers, &public.name(LANGUAGE))?;
                Locale::parse(&kept)
            })
            .or_else(|| {
                let accepted = parts.headers.get(header::ACCEPT_LANGUAGE)?;
                Locale::negotiate(accepted.to_str().ok()?)
            })
            .unwrap_or(app.locale);
        Ok(Self {
            app: app.clone(),
            locale,
            public,
            path: parts.uri.path().to_owned(),
            query,
            headers: parts.headers.clone(),
            answer,
            client: client_address::of(
                parts.extensions.get::<Peer>(),
                &parts.headers,
                &app.config.listen.proxies,
            ),
            deadline: parts
                .extensions
                .get::<Deadline>()
                .map(|deadline| deadline.0.into_std()),
        })
    }
}

impl Visit {
    /// The same as a call by nobody, for the functions behind the RPCs.
    pub(super) fn call(&self) -> Call<'_> {
        Call {
            app: &self.app,
            caller: Caller::Anonymous,
            locale: self.locale,
            client: self.client,
            deadline: self.deadline,
            now: self.app.clock.now(),
        }
    }

    /// The refresh token that the browser keeps; empty where it has none.
    pub(super) fn refresh_token(&self) -> String {
        session_cookie::read(&self.headers, self.public).unwrap_or_default()
    }

    /// By what the browser is known again; empty where it is not.
    pub(super) fn device_token(&self) -> String {
        device_cookie::read(&self.headers, self.public).unwrap_or_default()
    }

    /// Has the browser keep that.
    pub(super) fn keep_device(&mut self, token: &str) {
        let life = self.app.config.lifetimes.device;
        device_cookie::keep(&mut self.answer, self.public, token, life);
    }

    /// A value of the query, empty where there is none.
    pub(super) fn asked(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value)
    }

    /// Where the query wants people to return to; one that is not listed counts for nothing.
    pub(super) fn return_url(&self) -> String {
        let application = &self.app.config.application;
        let listed = application.return_target(self.asked("return_url"));
        listed.map(ToString::to_string).unwrap_or_default()
    }

    /// Answers with a page.
    pub(super) fn page(self, status: StatusCode, page: &impl Template) -> Response {
        let html = match page.render() {
            Ok(html) => html,
            Err(cause) => {
                tracing::error!("a page can't be rendered: {cause}");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&self.content_security_policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(self.locale.as_str()),
        );
        headers.extend(self.answer);
        response
    }

    /// Sends the browser elsewhere, by `GET`.
    pub(super) fn redirect(self, target: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.extend(self.answer);
        if let Ok(target) = HeaderValue::from_str(target) {
            headers.insert(header::LOCATION, target);
        }
        response
    }

    /// Nothing from elsewhere, nothing inline. A form may end at a return target: browsers look at redirects too.
    fn content_security_policy(&self) -> String {
        let targets = self.app.config.application.return_urls.iter();
        let mut targets: Vec<String> = targets
            .map(|url| url.origin().ascii_serialization())
            .collect();
        targets.sort();
        targets.dedup();
        format!(
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}; \
             img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            targets.join(" ")
        )
    }
}

/// The address of another page that keeps the return target, if there is one.
pub(super) fn returning(path: &str, return_url: &str) -> String {
    if return_url.is_empty() {
        return path.to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_url", return_url);
    format!("{path}?{}", query.finish())
}
