//! "Forgot my password", "forgot my username", and what is shown to everybody afterwards.

use askama::Template;
use axum::{Form, http::StatusCode, response::Response};
use guichet_proto::v1::{
    RemindUsernamesRequest, RequestResetRequest, request_reset_request::Identifier,
};
use serde::Deserialize;

use super::{
    form,
    frame::Frame,
    refusal::Refusal,
    visit::{Visit, returning},
};
use crate::{error::Error, i18n, reset::request};

const SIGN_IN: &str = "/Account/Login";

#[derive(Template)]
#[template(path = "pages/templates/forgot.html")]
struct Page {
    frame: Frame,
    form_token: String,
    typed: Typed,
    sign_in: String,
    refusal: Refusal,
    /// For the script, which asks for the mail without leaving the page.
    advice: Advice,
    offers_again: bool,
}

#[derive(Template)]
#[template(path = "pages/templates/sent.html")]
struct Sent {
    frame: Frame,
    form_token: String,
    typed: Typed,
    sign_in: String,
    advice: Advice,
    offers_again: bool,
}

/// What everybody is told once a mail was asked for.
struct Advice {
    title: String,
    what: String,
    ask: String,
    contact: Option<String>,
}

impl Advice {
    fn of(visit: &Visit, what: What) -> Self {
        Self {
            title: i18n::text(visit.locale, "page-sent-title", &[]),
            what: what_was_sent(visit, what),
            ask: whom_to_ask(visit),
            contact: contact(visit),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    /// A link for a new password.
    #[default]
    Password,
    /// The usernames of an address.
    Usernames,
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Usernames => "usernames",
        }
    }
}

/// What the identifier is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    #[default]
    Username,
    Email,
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    what: What,
    #[serde(default)]
    by: By,
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    return_url: String,
}

impl Typed {
    fn is_by_email(&self) -> bool {
        self.by == By::Email
    }

    fn is_about_usernames(&self) -> bool {
        self.what == What::Usernames
    }
}

pub(super) async fn show(visit: Visit) -> Response {
    let what = if visit.asked("what") == "usernames" {
        What::Usernames
    } else {
        What::Password
    };
    let typed = Typed {
        what,
        return_url: visit.return_url(),
        ..Typed::default()
    };
    answer(visit, typed, Refusal::default())
}

pub(super) async fn submit(visit: Visit, Form(typed): Form<Typed>) -> Response {
    if !form::is_ours(&visit, &typed.form_token) {
        let refusal = Refusal::expired(&visit);
        return answer(visit, typed, refusal);
    }
    match ask(&visit, &typed).await {
        Ok(()) => sent(visit, typed),
        Err(error) => {
            let refusal = Refusal::of(&visit, &error);
            answer(visit, typed, refusal)
        }
    }
}

async fn ask(visit: &Visit, typed: &Typed) -> Result<(), Error> {
    let identifier = typed.identifier.trim().to_owned();
    if typed.is_about_usernames() {
        let request = RemindUsernamesRequest {
            email: identifier,
            ..RemindUsernamesRequest::default()
        };
        return visit
            .call()
            .carry_out(request, request::remind_usernames)
            .await
            .map(drop);
    }
    // Whoever types an address means it, whatever is ticked above.
    let identifier = if typed.is_by_email() || identifier.contains('@') {
        Identifier::Email(identifier)
    } else {
        Identifier::Username(identifier)
    };
    let request = RequestResetRequest {
        identifier: Some(identifier),
        return_url: typed.return_url.clone(),
        ..RequestResetRequest::default()
    };
    visit
        .call()
        .carry_out(request, request::request_reset)
        .await
        .map(drop)
}

/// The same for everybody, whatever was typed.
pub(super) fn sent(mut visit: Visit, typed: Typed) -> Response {
    let advice = Advice::of(&visit, typed.what);
    let form_token = form::token(&mut visit);
    let frame = Frame::new(&visit, "sent", advice.title.clone());
    let page = Sent {
        frame: scripted(frame, &visit, &typed),
        form_token,
        advice,
        offers_again: !typed.identifier.is_empty(),
        sign_in: returning(SIGN_IN, &typed.return_url),
        typed,
    };
    visit.page(StatusCode::OK, &page)
}

fn what_was_sent(visit: &Visit, what: What) -> String {
    let lifetime = i18n::duration(visit.locale, visit.app.config.lifetimes.reset);
    match what {
        What::Password => i18n::text(
            visit.locale,
            "page-sent-reset",
            &[("lifetime", lifetime.into())],
        ),
        What::Usernames => i18n::text(visit.locale, "page-sent-usernames", &[]),
    }
}

fn whom_to_ask(visit: &Visit) -> String {
    let config = &visit.app.config;
    let named = &config.application.institution_name;
    let institution = config
        .theme
        .help(visit.locale.as_str())
        .map(ToOwned::to_owned)
        .or_else(|| (!named.is_empty()).then(|| named.clone()))
        .unwrap_or_else(|| i18n::text(visit.locale, "page-institution", &[]));
    i18n::text(
        visit.locale,
        "page-sent-none-ask",
        &[("institution", institution.into())],
    )
}

fn contact(visit: &Visit) -> Option<String> {
    let contact = visit.app.config.application.institution_contact.clone();
    (!contact.is_empty())
        .then(|| i18n::text(visit.locale, "page-contact", &[("contact", contact.into())]))
}

fn answer(mut visit: Visit, typed: Typed, refusal: Refusal) -> Response {
    let title = match typed.what {
        What::Password => "page-forgot-title",
        What::Usernames => "page-usernames-title",
    };
    let title = i18n::text(visit.locale, title, &[]);
    let form_token = form::token(&mut visit);
    let frame = scripted(Frame::new(&visit, "forgot", title), &visit, &typed);
    let status = refusal.status;
    let page = Page {
        frame,
        form_token,
        advice: Advice::of(&visit, typed.what),
        offers_again: true,
        sign_in: returning(SIGN_IN, &typed.return_url),
        typed,
        refusal,
    };
    visit.page(status, &page)
}

fn scripted(frame: Frame, visit: &Visit, typed: &Typed) -> Frame {
    frame
        .kept(
            visit,
            &[
                ("what", typed.what.as_str()),
                ("return_url", &typed.return_url),
            ],
        )
        .failures()
        .string("page-sent-again-wait", &[("seconds", "{seconds}".into())])
        .string("page-username-label", &[])
        .string("page-email-label", &[])
}
