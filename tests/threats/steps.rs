//! Codes that open an account: only the right one does, in the call that brings it, as long as it is good.

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    CompleteResetRequest, ConfirmEmailChangeRequest, InspectResetRequest, RevokeResetRequest,
};
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};
use tonic::Status;
use url::form_urlencoded;

const EMAIL: &str = "lea@ecole.example";

/// What somebody without the mailed code may try.
#[derive(Clone, Copy, Debug)]
enum Step {
    Request,
    Inspect,
    Complete,
    Revoke,
    Confirm,
    OpenPage,
    SendPage,
}

const STEPS: [Step; 7] = [
    Step::Request,
    Step::Inspect,
    Step::Complete,
    Step::Revoke,
    Step::Confirm,
    Step::OpenPage,
    Step::SendPage,
];

/// Whoever attacks Léa's account.
struct Attacker {
    server: Server,
    guichet: Guichet,
    browser: Browser,
    user_id: String,
    /// Everything but the right code.
    codes: Vec<(&'static str, String)>,
    requests: usize,
}

impl Attacker {
    async fn take(&mut self, step: Step, code: &str) {
        let user_id = self.user_id.clone();
        let shown = code;
        let code = code.to_owned();
        let opened = match step {
            Step::Request => {
                // Each is a mail to Léa, who would notice.
                self.requests += 1;
                if self.requests < 20 {
                    people::ask_reset(&self.server, Identifier::Email(EMAIL.into())).await;
                }
                false
            }
            Step::Inspect => {
                let request = InspectResetRequest { user_id, code };
                self.guichet.reset().inspect_reset(request).await.is_ok()
            }
            Step::Complete => self.complete(code).await.is_ok(),
            Step::Revoke => {
                let request = RevokeResetRequest { user_id, code };
                // The answer never tells.
                let _ = self.guichet.reset().revoke_reset(request).await;
                false
            }
            Step::Confirm => {
                let request = ConfirmEmailChangeRequest { user_id, code };
                let confirmed = self.guichet.account().confirm_email_change(request).await;
                confirmed.is_ok()
            }
            Step::OpenPage => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query
                    .append_pair("userId", &user_id)
                    .append_pair("code", &code);
                let page = format!("/Account/ResetPassword?{}", query.finish());
                self.browser
                    .open(&page)
                    .await
                    .body
                    .contains("data-form=\"reset\"")
                    && code.len() == 43
            }
            Step::SendPage => self.send_page(&user_id, &code).await,
        };
        assert!(!opened, "{step:?} with {shown:?}");
    }

    async fn complete(&self, code: String) -> Result<(), Status> {
        let request = CompleteResetRequest {
            user_id: self.user_id.clone(),
            code,
            email: EMAIL.into(),
            new_password: OTHER_PASSWORD.into(),
            ..Default::default()
        };
        self.guichet.reset().complete_reset(request).await.map(drop)
    }

    /// As if the page had been filled in, with the token of a page that anybody may open.
    async fn send_page(&mut self, user_id: &str, code: &str) -> bool {
        let page = self.browser.open("/Account/ForgotPassword").await;
        let token = Browser::token(&page);
        let fields = [
            ("form_token", token.as_str()),
            ("userId", user_id),
            ("code", code),
            ("email", EMAIL),
            ("new_password", OTHER_PASSWORD),
            ("confirm_password", OTHER_PASSWORD),
        ];
        let sent = self.browser.post("/Account/ResetPassword", &fields).await;
        sent.status == http::StatusCode::OK && sent.body.contains("data-page=\"done\"")
    }
}

async fn attacker() -> (Attacker, Link) {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    people::active(&server, "leo", "leo@ecole.example").await;
    let expired = people::reset_link(&server, EMAIL).await;
    server.advance(Duration::from_hours(25));
    let of_leo = people::reset_link(&server, "leo@ecole.example").await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let mails = server.mailbox().wait_for(EMAIL, 2).await;
    let links: Vec<Link> = mails.iter().map(guichet_tests::Mail::link).collect();
    let right = links.into_iter().find(|link| link.code != expired.code);
    let codes = vec![
        ("none", String::new()),
        ("a zero byte", "\0".to_owned()),
        ("zeros", "0".repeat(43)),
        ("32 zero bytes", "A".repeat(43)),
        ("32 zero bytes as they are", "\0".repeat(32)),
        ("null", "null".to_owned()),
        ("an operator", "{\"$gt\":\"\"}".to_owned()),
        ("a wildcard", "%".to_owned()),
        ("blanks for any", "_".repeat(43)),
        ("a star", "*".to_owned()),
        ("SQL", "' OR '1'='1".to_owned()),
        ("Léo's", of_leo.code),
        ("expired", expired.code),
        ("the account's id", user_id.clone()),
    ];
    let attacker = Attacker {
        guichet: server.anyone().await,
        browser: Browser::new(&server, "fr"),
        user_id,
        codes,
        requests: 0,
        server,
    };
    (attacker, right.expect("a link that is good"))
}

/// Also CVE-2019-16109 (blank codes) and GHSA-hp5w-3hxx-vmwf (operators): every pair of steps with every wrong code, and
/// longer ways by chance.
#[tokio::test]
async fn cve_2026_18963_no_way_leads_to_a_password_without_the_mailed_code() {
    let (mut attacker, right) = attacker().await;
    let codes = attacker.codes.clone();

    for (_, code) in &codes {
        for first in STEPS {
            attacker.take(first, code).await;
            attacker.take(Step::Complete, code).await;
        }
    }
    let mut chance: u32 = 18_963;
    let mut next = |below: usize| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(chance >> 16).expect("16 bits") % below
    };
    for _ in 0..150 {
        for _ in 0..5 {
            let (step, code) = (STEPS[next(STEPS.len())], &codes[next(codes.len())].1);
            attacker.take(step, code).await;
        }
        let last = &codes[next(codes.len())].1;
        attacker.take(Step::Complete, last).await;
    }

    // Looking at the right code opens nothing for who comes after with another one.
    let request = InspectResetRequest {
        user_id: right.user_id.clone(),
        code: right.code.clone(),
    };
    let seen = attacker.guichet.reset().inspect_reset(request).await;
    seen.expect("a code that nothing has killed");
    attacker.browser.open(&right.url).await;
    for (_, code) in &codes {
        attacker.take(Step::Complete, code).await;
        attacker.take(Step::SendPage, code).await;
    }
    people::tokens(&attacker.server, "lea", GOOD_PASSWORD).await;
    assert!(
        attacker.send_page(&right.user_id, &right.code).await,
        "the right code"
    );
    people::tokens(&attacker.server, "lea", OTHER_PASSWORD).await;
}
