//! "This was not me": kills the link of a mail, and with the notice of an e-mail change, the change.

use axum::{Form, response::Response};
use guichet_proto::v1::RevokeResetRequest;

use super::{
    form,
    link::{self, Click, Link},
    notice,
    refusal::Refusal,
    visit::Visit,
};
use crate::{i18n, reset::revoke};

const CLICK: Click = Click {
    page: "revoke-reset",
    action: "/Account/RevokeReset",
    title: "page-revoke-title",
    what: "page-revoke-what",
    button: "page-revoke-button",
    done: "page-revoke-done",
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
    let request = RevokeResetRequest {
        user_id: link.user_id,
        code: link.code,
    };
    match revoke::revoke_reset(&visit.call(), request).await {
        Ok(_) => {
            let told = i18n::text(visit.locale, CLICK.done, &[]);
            notice::told(visit, CLICK.title, told)
        }
        Err(error) => notice::failed(visit, &error),
    }
}
