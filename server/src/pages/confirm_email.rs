//! The link that confirms a new e-mail address.

use axum::{Form, response::Response};
use guichet_proto::v1::ConfirmEmailChangeRequest;

use super::{
    link::{self, Click, Link},
    visit::Visit,
};
use crate::{account::email, error::Error, i18n};

const CLICK: Click = Click {
    page: "confirm-email",
    action: "/Account/ConfirmEmail",
    title: "page-confirm-title",
    what: "page-confirm-what",
    button: "page-confirm-button",
    done: "page-confirm-done",
};

pub(super) async fn show(visit: Visit) -> Response {
    link::ask(visit, &CLICK)
}

pub(super) async fn submit(visit: Visit, Form(link): Form<Link>) -> Response {
    link::carry_out(visit, &CLICK, link, confirm).await
}

async fn confirm(visit: &Visit, link: &Link) -> Result<String, Error> {
    let request = ConfirmEmailChangeRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    let reply = visit
        .call()
        .carry_out(request, email::confirm_email_change)
        .await?;
    let email = [("email", reply.email.into())];
    Ok(i18n::text(visit.locale, CLICK.done, &email))
}
