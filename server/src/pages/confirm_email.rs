//! The link that confirms a new e-mail address.

use axum::{Form, response::Response};
use guichet_proto::v1::ConfirmEmailChangeRequest;

use super::{
    form,
    link::{self, Click, Link},
    notice,
    refusal::Refusal,
    visit::Visit,
};
use crate::{account::email, i18n};

const CLICK: Click = Click {
    page: "confirm-email",
    action: "/Account/ConfirmEmail",
    title: "page-confirm-title",
    what: "page-confirm-what",
    button: "page-confirm-button",
    done: "page-confirm-done",
};

pub(super) async fn show(visit: Visit) -> Response {
    let link = Link::opened(&visit);
    link::ask(visit, &CLICK, link, Refusal::default())
}

pub(super) async fn submit(visit: Visit, Form(link): Form<Link>) -> Response {
    if !form::is_ours(&visit, &link.form_token) {
        let refusal = Refusal::expired(&visit);
        return link::ask(visit, &CLICK, link, refusal);
    }
    let request = ConfirmEmailChangeRequest {
        user_id: link.user_id,
        code: link.code,
    };
    match email::confirm_email_change(&visit.call(), request).await {
        Ok(reply) => {
            let email = [("email", reply.email.into())];
            let told = i18n::text(visit.locale, CLICK.done, &email);
            notice::told(visit, CLICK.title, told)
        }
        Err(error) => notice::failed(visit, &error),
    }
}
