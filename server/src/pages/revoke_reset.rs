//! "This was not me": kills the link of a mail, and with the notice of an e-mail change, the change.

use axum::{Form, response::Response};
use guichet_proto::v1::RevokeResetRequest;

use super::{
    link::{self, Click, Link},
    visit::Visit,
};
use crate::{error::Error, i18n, reset::revoke};

const CLICK: Click = Click {
    page: "revoke-reset",
    action: "/Account/RevokeReset",
    title: "page-revoke-title",
    what: "page-revoke-what",
    button: "page-revoke-button",
    done: "page-revoke-done",
};

pub(super) async fn show(visit: Visit) -> Response {
    link::ask(visit, &CLICK)
}

pub(super) async fn submit(visit: Visit, Form(link): Form<Link>) -> Response {
    link::carry_out(visit, &CLICK, link, revoke).await
}

async fn revoke(visit: &Visit, link: Link) -> Result<String, Error> {
    let request = RevokeResetRequest {
        user_id: link.user_id,
        code: link.code,
    };
    visit
        .call()
        .carry_out(request, revoke::revoke_reset)
        .await?;
    Ok(i18n::text(visit.locale, CLICK.done, &[]))
}
