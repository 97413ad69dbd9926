//! "This was not me": kills the link of a mail, or does what helps against what a notice tells of, and says so before.

use axum::{Form, response::Response};
use guichet_proto::v1::RevokeResetRequest;

use super::{
    link::{self, Click, Link},
    notice,
    visit::Visit,
};
use crate::{
    error::Error,
    i18n,
    reset::{not_me::Remedy, revoke},
};

/// A link dies. Its words hold as well for one that is dead already: nothing tells whether there was such a link, and
/// whoever comes too late must not be told that all is well.
const KILL: Click = Click {
    page: "revoke-reset",
    action: "/Account/RevokeReset",
    title: "page-revoke-title",
    what: "page-revoke-what",
    button: "page-revoke-button",
    done: "page-revoke-done",
};

/// The password dies, too.
const NOT_ME: Click = Click {
    what: "page-not-me-what",
    button: "page-not-me-button",
    done: "page-not-me-done",
    ..KILL
};

/// And the address is what it was.
const NOT_MY_ADDRESS: Click = Click {
    what: "page-not-me-address",
    ..NOT_ME
};

pub(super) async fn show(visit: Visit) -> Response {
    let asked = request(&Link::opened(&visit));
    match click(&visit, &asked).await {
        Ok(click) => link::ask(visit, click),
        Err(error) => notice::failed(visit, &error),
    }
}

pub(super) async fn submit(visit: Visit, Form(link): Form<Link>) -> Response {
    let click = match click(&visit, &request(&link)).await {
        Ok(click) => click,
        Err(error) => return notice::failed(visit, &error),
    };
    link::carry_out(visit, click, link, async |visit, link| {
        let call = visit.call();
        // The link may have died, or changed its use, since the page was shown.
        let helped = call.carry_out(request(link), revoke::take_word).await?;
        Ok(i18n::text(visit.locale, of(helped.as_ref()).done, &[]))
    })
    .await
}

/// What this link is for.
async fn click(visit: &Visit, request: &RevokeResetRequest) -> Result<&'static Click, Error> {
    let remedy = revoke::remedy(&visit.call(), request).await?;
    Ok(of(remedy.as_ref()))
}

const fn of(remedy: Option<&Remedy>) -> &'static Click {
    match remedy {
        None | Some(Remedy::Links) => &KILL,
        Some(Remedy::Password | Remedy::Factor) => &NOT_ME,
        Some(Remedy::Address(_)) => &NOT_MY_ADDRESS,
    }
}

fn request(link: &Link) -> RevokeResetRequest {
    RevokeResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    }
}
