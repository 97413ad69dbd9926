//! What the links of mails carry, and the page of those that take one click. It does take a click: mail scanners open
//! links too.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;

use super::{form, frame::Frame, notice, refusal::Refusal, visit::Visit};
use crate::{error::Error, i18n};

/// What a link carries, and the token of the form it becomes.
#[derive(Default, Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    pub(super) form_token: String,
    #[serde(default, rename = "userId")]
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) code: String,
    /// What the page with the button said that it does: its [`Click::what`].
    #[serde(default)]
    pub(super) shown: String,
}

impl Link {
    /// From the query, as the mail has it.
    pub(super) fn opened(visit: &Visit) -> Self {
        Self {
            form_token: String::new(),
            user_id: visit.asked("userId").to_owned(),
            code: visit.asked("code").to_owned(),
            shown: String::new(),
        }
    }

    /// Whether it is one that a mail may have had. A script takes the code out of the address, which may then be opened
    /// elsewhere.
    pub(super) const fn is_whole(&self) -> bool {
        !self.user_id.is_empty() && !self.code.is_empty()
    }

    /// For links to the same page in another language.
    pub(super) fn query(&self) -> [(&'static str, &str); 2] {
        [("userId", &self.user_id), ("code", &self.code)]
    }
}

/// A page with one button.
pub(super) struct Click {
    /// `data-page` and `data-form`.
    pub(super) page: &'static str,
    /// Without the query, which holds the code.
    pub(super) action: &'static str,
    /// Fluent keys.
    pub(super) title: &'static str,
    pub(super) what: &'static str,
    pub(super) button: &'static str,
    /// What a script may say afterwards, too: the page hands it over.
    pub(super) done: &'static str,
}

#[derive(Template)]
#[template(path = "pages/templates/click.html")]
struct Page<'a> {
    frame: Frame,
    click: &'a Click,
    form_token: String,
    link: Link,
    refusal: Refusal,
}

/// The page with the button.
pub(super) fn ask(visit: Visit, click: &Click) -> Response {
    let link = Link::opened(&visit);
    page(visit, click, link, Refusal::default())
}

/// What the click does, in the words that it is answered with.
pub(super) async fn carry_out(
    visit: Visit,
    click: &Click,
    link: Link,
    act: impl AsyncFnOnce(&Visit, &Link) -> Result<String, Error>,
) -> Response {
    if !form::is_ours(&visit, &link.form_token) {
        let refusal = Refusal::expired(&visit);
        return page(visit, click, link, refusal);
    }
    match act(&visit, &link).await {
        Ok(told) => notice::told(visit, click.title, told),
        Err(error) => failed(visit, click, link, &error),
    }
}

/// It failed, and the button stays where it may do it in a moment.
pub(super) fn failed(visit: Visit, click: &Click, link: Link, error: &Error) -> Response {
    let refusal = Refusal::of(&visit, error);
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
        return page(visit, click, link, refusal);
    }
    notice::failed(visit, error)
}

fn page(mut visit: Visit, click: &Click, link: Link, refusal: Refusal) -> Response {
    let title = i18n::text(visit.locale, click.title, &[]);
    let form_token = form::token(&mut visit);
    let frame = Frame::new(&visit, click.page, title)
        .kept(&visit, &link.query())
        .string(click.done, &[("email", "{email}".into())])
        .failures();
    let status = refusal.status;
    let page = Page {
        frame,
        click,
        form_token,
        link,
        refusal,
    };
    visit.page(status, &page)
}
