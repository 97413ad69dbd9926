//! The page behind the link in the mail: a new password, or word that the link is dead. Without a code in the link, it has
//! a field for one that was handed over.

use askama::Template;
use axum::{Form, http::StatusCode, response::Response};
use guichet_proto::v1::{
    CompleteResetRequest, CompleteResetResponse, InspectResetRequest, InspectResetResponse,
};
use serde::Deserialize;

use super::{
    forgot, form, frame::Frame, link::Link, notice, refusal::Refusal, rules::Rules, visit::Visit,
};
use crate::{
    error::{Error, Violation},
    i18n,
    reset::{complete, inspect, renew},
    secret,
};

#[derive(Template)]
#[template(path = "pages/templates/reset.html")]
struct Page {
    frame: Frame,
    form_token: String,
    typed: Typed,
    rules: Rules,
    examples: String,
    /// Empty where no code has been looked at yet.
    until: String,
    refusal: Refusal,
}

#[derive(Template)]
#[template(path = "pages/templates/dead_link.html")]
struct Dead {
    frame: Frame,
    form_token: String,
    link: Link,
    told: String,
}

#[derive(Template)]
#[template(path = "pages/templates/done.html")]
struct Done {
    frame: Frame,
    username: String,
    target: String,
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(flatten)]
    link: Link,
    #[serde(default)]
    email: String,
    #[serde(default)]
    new_password: String,
    #[serde(default)]
    confirm_password: String,
}

impl Typed {
    /// Whether the code is, or will be, typed by hand, and the page needs a field for it.
    fn has_short_code(&self) -> bool {
        !secret::is_code(&self.link.code)
    }
}

pub(super) async fn show(visit: Visit) -> Response {
    let typed = Typed {
        link: Link::opened(&visit),
        ..Typed::default()
    };
    if typed.link.code.is_empty() && !typed.link.user_id.is_empty() {
        return ask_for_code(visit, typed, Refusal::default(), &[]).await;
    }
    open(visit, typed, Refusal::default(), &[]).await
}

pub(super) async fn submit(visit: Visit, Form(mut typed): Form<Typed>) -> Response {
    if !form::is_ours(&visit, &typed.link.form_token) {
        let refusal = Refusal::expired(&visit);
        return reopen(visit, typed, refusal, &[]).await;
    }
    if typed.new_password != typed.confirm_password {
        let told = i18n::text(visit.locale, "page-mismatch", &[]);
        let refusal = Refusal::field(&visit, "confirm_password", told);
        return reopen(visit, typed, refusal, &[]).await;
    }

    let request = CompleteResetRequest {
        user_id: typed.link.user_id.clone(),
        code: typed.link.code.clone(),
        email: typed.email.trim().to_owned(),
        new_password: std::mem::take(&mut typed.new_password),
        device_token: visit.device_token(),
    };
    match visit
        .call()
        .carry_out(request, complete::complete_reset)
        .await
    {
        Ok(reply) => done(visit, reply),
        Err(error) => {
            let refusal = Refusal::of(&visit, &error);
            let broken = match &error {
                Error::PasswordRules(violations) => violations.as_slice(),
                _ => &[],
            };
            reopen(visit, typed, refusal, broken).await
        }
    }
}

/// One click for a new link: the dead one says whose.
pub(super) async fn again(visit: Visit, Form(link): Form<Link>) -> Response {
    if !link.is_whole() {
        return visit.redirect("/Account/ForgotPassword");
    }
    if !form::is_ours(&visit, &link.form_token) {
        let refusal = Refusal::expired(&visit);
        return dead(visit, link, Some(refusal));
    }
    match renew::renew_link(&visit.call(), &link.user_id, &link.code).await {
        Ok(()) => forgot::sent(visit, forgot::Typed::default()),
        Err(error) => notice::failed(visit, &error),
    }
}

/// The form again. A short code is not looked at: each look at a wrong one is a try.
async fn reopen(visit: Visit, typed: Typed, refusal: Refusal, broken: &[Violation]) -> Response {
    if typed.has_short_code() {
        ask_for_code(visit, typed, refusal, broken).await
    } else {
        open(visit, typed, refusal, broken).await
    }
}

/// The form with a field for the code. It is the same for every account, and for none, until the right code was typed with
/// a password that breaks rules.
async fn ask_for_code(
    visit: Visit,
    typed: Typed,
    refusal: Refusal,
    broken: &[Violation],
) -> Response {
    let rules = if broken.is_empty() {
        Ok(Rules::of_everybody(&visit, broken))
    } else {
        Rules::of_holder(&visit, &typed.link, broken).await
    };
    match rules {
        Ok(rules) => page(visit, typed, refusal, rules, String::new()),
        Err(error) => notice::failed(visit, &error),
    }
}

/// The form, as long as the link is good. Looking consumes nothing: mail scanners look as well.
async fn open(visit: Visit, typed: Typed, refusal: Refusal, broken: &[Violation]) -> Response {
    let request = InspectResetRequest {
        user_id: typed.link.user_id.clone(),
        code: typed.link.code.clone(),
    };
    let looked = async {
        let inspected = inspect::inspect_reset(&visit.call(), request).await?;
        let rules = Rules::of_holder(&visit, &typed.link, broken).await?;
        Ok((inspected, rules))
    };
    match looked.await {
        Ok((inspected, rules)) => {
            let until = until(&visit, &inspected);
            page(visit, typed, refusal, rules, until)
        }
        Err(Error::ResetCodeInvalid) => dead(visit, typed.link, None),
        Err(error) => notice::failed(visit, &error),
    }
}

fn until(visit: &Visit, inspected: &InspectResetResponse) -> String {
    let time = inspected.expire_time.as_ref();
    let zone = &visit.app.config.application.time_zone;
    let time = i18n::date_time(visit.locale, zone, time.map_or(0, |time| time.seconds));
    i18n::text(visit.locale, "page-reset-until", &[("time", time.into())])
}

fn page(mut visit: Visit, typed: Typed, refusal: Refusal, rules: Rules, until: String) -> Response {
    let title = i18n::text(visit.locale, "page-reset-title", &[]);
    let form_token = form::token(&mut visit);
    let frame = Frame::new(&visit, "reset", title)
        .kept(&visit, &typed.link.query())
        .failures()
        .new_passwords()
        .string("page-done-title", &[])
        .string("page-done-username", &[("username", "{username}".into())])
        .string(
            "page-done-redirect",
            &[("host", "{host}".into()), ("seconds", "{seconds}".into())],
        )
        .string("page-done-link", &[])
        .string("page-done-stop", &[]);
    let examples = match rules.examples.as_str() {
        "" => String::new(),
        examples => {
            let examples = [("examples", examples.into())];
            i18n::text(visit.locale, "page-rules-examples", &examples)
        }
    };
    // A wrong address or a mistyped code: the link itself is still good.
    let status = if refusal.status == StatusCode::GONE {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        refusal.status
    };
    let page = Page {
        frame,
        form_token,
        typed,
        rules,
        examples,
        until,
        refusal,
    };
    visit.page(status, &page)
}

/// A link that is no good. What is refused about it is its form.
fn dead(mut visit: Visit, link: Link, refusal: Option<Refusal>) -> Response {
    let (title, why) = if link.is_whole() {
        ("page-dead-title", "page-dead-why")
    } else {
        ("page-incomplete-title", "page-incomplete-why")
    };
    let title = i18n::text(visit.locale, title, &[]);
    let (status, told) = match refusal {
        Some(refusal) => (refusal.status, refusal.message),
        None => (StatusCode::GONE, i18n::text(visit.locale, why, &[])),
    };
    let form_token = form::token(&mut visit);
    let frame = Frame::new(&visit, "dead-link", title).kept(&visit, &link.query());
    let page = Dead {
        frame,
        form_token,
        link,
        told,
    };
    visit.page(status, &page)
}

/// The script takes the person to the application; without one there would be no way to stop that, so there is the link.
fn done(mut visit: Visit, reply: CompleteResetResponse) -> Response {
    visit.keep_device(&reply.device_token);
    let locale = visit.locale;
    let title = i18n::text(locale, "page-done-title", &[]);
    let frame = Frame::new(&visit, "done", title)
        .string(
            "page-done-redirect",
            &[("host", "{host}".into()), ("seconds", "{seconds}".into())],
        )
        .string("page-done-stop", &[]);
    let page = Done {
        frame,
        username: i18n::text(
            locale,
            "page-done-username",
            &[("username", reply.username.into())],
        ),
        target: reply.return_url,
    };
    visit.page(StatusCode::OK, &page)
}
