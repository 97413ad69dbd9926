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
        Err(error) => return link::failed(visit, shown(&link), link, &error),
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

/// What the page said that the button does, where the link can't be asked. A form that doesn't tell is taken for one that
/// ends the password: nobody may lose it who was told that it stays.
fn shown(link: &Link) -> &'static Click {
    let clicks = [&KILL, &NOT_ME, &NOT_MY_ADDRESS];
    let found = clicks.into_iter().find(|click| click.what == link.shown);
    found.unwrap_or(&NOT_ME)
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

#[cfg(test)]
mod tests {
    use std::{
        ffi::{OsStr, OsString},
        sync::Arc,
    };

    use axum::{
        body::{self, Body},
        http::{Request, StatusCode, header},
    };
    use tower::ServiceExt as _;
    use url::form_urlencoded;

    use super::*;
    use crate::{app::App, config::Config, pages};

    const USER_ID: &str = "018f0000-0000-7000-8000-000000000001";
    const CODE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /// Presses the button of a page that said this, while there is no database.
    async fn press(app: &Arc<App>, shown: &str) -> (StatusCode, String) {
        let form_token = pages::form::mac(app, "kept");
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("form_token", &form_token)
            .append_pair("userId", USER_ID)
            .append_pair("code", CODE)
            .append_pair("shown", shown)
            .finish();
        let request = Request::post(KILL.action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, "guichet_form=kept")
            .body(Body::from(form))
            .unwrap();
        let pages = pages::router(app).with_state(app.clone());
        let answer = pages.oneshot(request).await.unwrap();
        let status = answer.status();
        let page = body::to_bytes(answer.into_body(), usize::MAX).await;
        (status, String::from_utf8(page.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_button_stays_while_the_database_is_away() {
        let directory = tempfile::tempdir().unwrap();
        let settings = [
            ("GUICHET_DATA_DIR", directory.path().as_os_str()),
            ("GUICHET_APP_URL", OsStr::new("https://app.example.org/")),
        ];
        let settings = settings.map(|(name, value)| (OsString::from(name), value.to_owned()));
        let config = Config::load(None, settings.into_iter()).unwrap().config;
        let app = App::open(config).await.unwrap();
        for connection in [&app.store.read, app.store.writer()] {
            connection.get_sqlite_connection_pool().close().await;
        }

        for (shown, expected) in [
            ("page-revoke-what", &KILL),
            ("page-not-me-what", &NOT_ME),
            ("page-not-me-address", &NOT_MY_ADDRESS),
            ("", &NOT_ME),
            ("page-unreadable", &NOT_ME),
        ] {
            let (status, page) = press(&app, shown).await;

            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{shown}");
            for field in [USER_ID, CODE, expected.what] {
                assert!(page.contains(&format!("value=\"{field}\"")), "{page}");
            }
            assert!(page.contains("data-form=\"revoke-reset\""), "{page}");
        }
    }
}
