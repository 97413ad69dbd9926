//! "This was not me": from a notice, by its link, on a page that needs no script, to what helps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    AccountState, BeginTotpEnrollmentRequest, ChangePasswordRequest, ConfirmEmailChangeRequest,
    ConfirmTotpEnrollmentRequest, DisableAccountRequest, RequestEmailChangeRequest, Tokens,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::browser::Browser;
use guichet_tests::door::Door;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::web::Page;
use guichet_tests::{Link, Mail, Server};
use http::StatusCode;
use totp_rs::Totp;

pub(super) const EMAIL: &str = "lea@ecole.example";
pub(super) const THIEF: &str = "voleur@ailleurs.example";
const NEW_PASSWORD: &str = "Tulpje123*";
const SCHOOL: [u8; 4] = [127, 0, 0, 1];
pub(super) const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

/// Léa, and a thief who knows her password and is signed in.
pub(super) struct Theft {
    pub(super) server: Server,
    pub(super) account_id: String,
    tokens: Tokens,
    pub(super) thief: Guichet,
}

impl Theft {
    pub(super) async fn begin() -> Self {
        Self::at(Server::start().await).await
    }

    pub(super) async fn at(server: Server) -> Self {
        let account_id = people::active(&server, "lea", EMAIL).await.id;
        let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        let thief = server.as_person(&tokens.access_token).await;
        Self {
            server,
            account_id,
            tokens,
            thief,
        }
    }

    async fn changes_password(&self, from: &str, to: &str) {
        let request = ChangePasswordRequest {
            current_password: from.into(),
            new_password: to.into(),
        };
        let changed = self.thief.account().change_password(request).await;
        changed.expect("a changed password");
    }

    async fn asks_for_address(&self) {
        self.asks_for(THIEF).await;
    }

    pub(super) async fn asks_for(&self, address: &str) {
        let request = RequestEmailChangeRequest {
            account_id: String::new(),
            new_email: address.into(),
            current_password: GOOD_PASSWORD.into(),
        };
        let asked = self.thief.account().request_email_change(request).await;
        asked.expect("a request");
    }

    async fn confirms_address(&self) {
        self.confirms(THIEF).await;
    }

    /// By the first mail to the address.
    pub(super) async fn confirms(&self, address: &str) {
        let mail = self.server.mailbox().last(address, 1).await;
        let link = mail.links_to("ConfirmEmail").remove(0);
        let request = ConfirmEmailChangeRequest {
            user_id: link.user_id,
            code: link.code,
        };
        let anyone = self.server.anyone().await;
        let confirmed = anyone.account().confirm_email_change(request).await;
        confirmed.expect("another address");
    }

    pub(super) async fn adds_an_app(&self) {
        let request = BeginTotpEnrollmentRequest {
            current_password: GOOD_PASSWORD.into(),
        };
        let begun = self.thief.auth().begin_totp_enrollment(request).await;
        let uri = begun.expect("a secret").into_inner().uri;
        let app = Totp::from_url(&uri).expect("an address that apps read");
        let request = ConfirmTotpEnrollmentRequest {
            totp_code: shown(&app),
        };
        let added = self.thief.auth().confirm_totp_enrollment(request).await;
        added.expect("an app of his own");
    }

    /// Asserts that nobody is signed in and no password opens anything, and has Léa choose a new one by the mail that came.
    pub(super) async fn is_over(&self, mails: usize) {
        let refused = people::refresh(&self.server, &self.tokens.refresh_token).await;
        let refused = refused.expect_err("a session that ended");
        assert_eq!(error::reason(&refused), Some(Reason::TokenInvalid));
        for password in [GOOD_PASSWORD, OTHER_PASSWORD] {
            let refused = people::sign_in(&self.server, "lea", password).await;
            let refused = refused.expect_err("a dead password");
            assert_eq!(error::reason(&refused), Some(Reason::BadCredentials));
        }
        let account = people::find(&self.server, &self.account_id).await;
        assert_eq!(account.state(), AccountState::Pending);
        assert_eq!(account.email, EMAIL);

        let link = self.newest(mails).await.link();
        let anyone = self.server.anyone().await;
        let chosen = people::complete(&anyone, &link, EMAIL, NEW_PASSWORD).await;
        chosen.expect("a new password");
        people::tokens(&self.server, "lea", NEW_PASSWORD).await;
    }

    /// The mail with a link for a new password among so many to Léa.
    async fn newest(&self, count: usize) -> Mail {
        let mails = self.server.mailbox().wait_for(EMAIL, count).await;
        let mut with_link = mails.into_iter().filter(|mail| !mail.links().is_empty());
        with_link.next_back().expect("a link for a new password")
    }
}

/// The notice among some mails that has this in its subject.
pub(super) fn notice(mails: Vec<Mail>, subject: &str) -> Mail {
    let mut told = mails
        .into_iter()
        .filter(|mail| mail.subject.contains(subject));
    told.next_back().unwrap_or_else(|| panic!("no {subject}"))
}

/// Asserts that a page says this.
fn assert_says(page: &Page, text: &str) {
    let body = page.body.replace("&#39;", "'");
    assert!(body.contains(text), "{text:?} is not in {body}");
}

/// Opens the link, which changes nothing, and presses the button.
pub(super) async fn press(server: &Server, link: &Link, told: &str) {
    let mut browser = Browser::new(server, "fr");
    for _ in 0..2 {
        let page = browser.open(&link.url).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains("Ce n'était pas moi")
                || page.body.contains("Ce n&#39;était pas moi")
        );
    }
    let page = browser.open(&link.url).await;
    let done = browser.submit(&page, "revoke-reset", &[]).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.body.contains(told), "{}", done.body);
}

/// What an app shows on a telephone whose clock is right.
#[expect(
    clippy::disallowed_methods,
    reason = "a telephone asks nobody for the time"
)]
fn shown(app: &Totp) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    app.generate(now.expect("a time after 1970").as_secs())
        .to_string()
}

pub(super) const DONE: &str = "tous les appareils sont déconnectés";

#[tokio::test]
async fn a_password_that_a_thief_changed_dies_with_his_sessions() {
    let theft = Theft::begin().await;
    theft.changes_password(GOOD_PASSWORD, OTHER_PASSWORD).await;
    let mail = theft.server.mailbox().last(EMAIL, 1).await;
    assert!(mail.text.contains("Ce n'était pas vous"), "{}", mail.text);

    press(&theft.server, &mail.revoke_link(), DONE).await;

    theft.is_over(2).await;
}

#[tokio::test]
async fn an_address_that_a_thief_changed_comes_back_whatever_else_he_did() {
    let theft = Theft::begin().await;
    theft.asks_for_address().await;
    theft.confirms_address().await;
    theft.changes_password(GOOD_PASSWORD, OTHER_PASSWORD).await;
    // To her: asked for, and changed. The rest goes to the thief: confirm, changed, password.
    let hers = theft.server.mailbox().wait_for(EMAIL, 2).await;
    let his = theft.server.mailbox().wait_for(THIEF, 3).await;
    let his_answer = notice(his, "mot de passe").revoke_link();

    let moved = notice(hers, "a changé");
    press(&theft.server, &moved.revoke_link(), DONE).await;

    theft.is_over(3).await;
    // His own notices have no say any more.
    let mut browser = Browser::new(&theft.server, "fr");
    let page = browser.open(&his_answer.url).await;
    browser.submit(&page, "revoke-reset", &[]).await;
    people::tokens(&theft.server, "lea", NEW_PASSWORD).await;
}

#[tokio::test]
async fn an_address_comes_back_for_a_week() {
    let theft = Theft::begin().await;
    theft.asks_for_address().await;
    theft.confirms_address().await;
    let hers = theft.server.mailbox().wait_for(EMAIL, 2).await;
    let link = notice(hers, "a changé").revoke_link();

    theft.server.advance(Duration::from_hours(7 * 24 + 1));

    // And afterwards nobody is told that all is well.
    let mut browser = Browser::new(&theft.server, "fr");
    let page = browser.open(&link.url).await;
    assert_says(
        &page,
        "Ce bouton rend inutilisable le lien reçu par e-mail.",
    );
    let done = browser.submit(&page, "revoke-reset", &[]).await;
    assert_says(&done, "Si quelqu'un d'autre a fait ce dont parle l'e-mail");
    assert_says(&done, "demandez un nouveau mot de passe et prévenez");
    let account = people::find(&theft.server, &theft.account_id).await;
    assert_eq!(account.email, THIEF);
}

#[tokio::test]
async fn a_link_that_dies_before_the_click_is_not_answered_with_what_was_not_done() {
    let theft = Theft::begin().await;
    theft.changes_password(GOOD_PASSWORD, OTHER_PASSWORD).await;
    let link = theft.server.mailbox().last(EMAIL, 1).await.revoke_link();
    let mut browser = Browser::new(&theft.server, "fr");
    let page = browser.open(&link.url).await;
    assert_says(&page, "Ce n'était pas moi");

    theft.server.advance(Duration::from_hours(7 * 24 + 1));

    let done = browser.submit(&page, "revoke-reset", &[]).await;
    assert_says(&done, "Si quelqu'un d'autre a fait ce dont parle l'e-mail");
    assert!(!done.body.contains(DONE), "{}", done.body);
    people::tokens(&theft.server, "lea", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_change_of_address_that_is_asked_for_with_the_password_is_stopped_with_it() {
    let theft = Theft::begin().await;
    theft.asks_for_address().await;
    let asked = theft.server.mailbox().last(EMAIL, 1).await;

    press(&theft.server, &asked.revoke_link(), DONE).await;

    let confirm = theft.server.mailbox().last(THIEF, 1).await;
    let link = confirm.links_to("ConfirmEmail").remove(0);
    let request = ConfirmEmailChangeRequest {
        user_id: link.user_id,
        code: link.code,
    };
    let anyone = theft.server.anyone().await;
    let refused = anyone.account().confirm_email_change(request).await;
    refused.expect_err("a dead code");
    theft.is_over(2).await;
}

#[tokio::test]
async fn an_app_that_a_thief_added_goes_with_him() {
    let theft = Theft::begin().await;
    theft.adds_an_app().await;
    let mail = theft.server.mailbox().last(EMAIL, 1).await;

    press(&theft.server, &mail.revoke_link(), DONE).await;

    // Signing in with the new password alone is part of it.
    theft.is_over(2).await;
}

#[tokio::test]
async fn a_sign_in_from_somewhere_new_is_answered() {
    let theft = Theft::begin().await;
    let elsewhere = Door::from(&theft.server, ELSEWHERE).await;
    elsewhere
        .enter("lea", GOOD_PASSWORD)
        .await
        .expect("a thief");
    let mail = theft.server.mailbox().last(EMAIL, 1).await;

    press(&theft.server, &mail.revoke_link(), DONE).await;

    theft.is_over(2).await;
}

/// ASVS 5.0, 6.3.5.
#[tokio::test]
async fn ten_wrong_passwords_and_a_right_one_on_a_new_device_are_told_once() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let elsewhere = Door::from(&server, ELSEWHERE).await;
    let mistype = async |door: &Door, token: &str| {
        for _ in 0..10 {
            door.refusal("lea", OTHER_PASSWORD, token).await;
            server.advance(Duration::from_hours(1));
        }
    };

    mistype(&elsewhere, "").await;
    elsewhere
        .enter("lea", GOOD_PASSWORD)
        .await
        .expect("a thief");
    mistype(&school, &lea.device_token).await;
    let known = school.enter_with("lea", GOOD_PASSWORD, &lea.device_token);
    known.await.expect("her own device");

    let mail = server.mailbox().last(EMAIL, 1).await;
    assert!(
        mail.subject.contains("mots de passe incorrects"),
        "{}",
        mail.subject
    );
    assert!(
        mail.text.contains("après 10 mots de passe"),
        "{}",
        mail.text
    );
    mail.revoke_link();
    // A known device is at home everywhere.
    let travelling = Door::from(&server, [127, 0, 2, 1]).await;
    let known = travelling.enter_with("lea", GOOD_PASSWORD, &lea.device_token);
    known.await.expect("her own device");
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    server.mailbox().wait_for(EMAIL, 2).await;
}

#[tokio::test]
async fn who_is_asked_for_in_vain_is_told_once_a_day() {
    let server = Server::start().await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    let request = DisableAccountRequest { account_id };
    let admin = server.admin().await;
    admin
        .account()
        .disable_account(request)
        .await
        .expect("a stop");

    for _ in 0..3 {
        people::ask_reset(&server, Identifier::Username("lea".into())).await;
    }
    people::reset_outcomes(&server).await;

    let mail = server.mailbox().last(EMAIL, 1).await;
    assert!(mail.text.contains("Ce compte est arrêté"), "{}", mail.text);
    assert!(mail.codes().is_empty());
    server.advance(Duration::from_hours(25));
    people::ask_reset(&server, Identifier::Username("lea".into())).await;
    server.mailbox().wait_for(EMAIL, 2).await;
}

#[tokio::test]
async fn a_link_that_somebody_killed_by_guessing_is_told_and_its_answer_kills_the_others() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let guessed = people::reset_link(&server, EMAIL).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    let other = server.mailbox().last(EMAIL, 2).await.link();
    let anyone = server.anyone().await;
    for _ in 0..5 {
        let refused = people::complete(&anyone, &guessed, THIEF, OTHER_PASSWORD).await;
        refused.expect_err("a wrong address");
    }
    let told = server.mailbox().wait_for(EMAIL, 3).await;
    let link = notice(told, "Demande d'un nouveau mot de passe").revoke_link();

    let mut browser = Browser::new(&server, "fr");
    let page = browser.open(&link.url).await;
    let done = browser.submit(&page, "revoke-reset", &[]).await;

    assert_eq!(done.status, StatusCode::OK);
    let refused = people::complete(&anyone, &other, EMAIL, OTHER_PASSWORD).await;
    refused.expect_err("a dead link");
    // Nobody can know the password, so it stays.
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
