//! The pages, in a browser without scripts.

use guichet_client::proto::{MigrateAccountRequest, RequestEmailChangeRequest};
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::web::Page;
use guichet_tests::{Link, Server};
use http::{StatusCode, header};

use crate::not_me::{self, Theft};

const EMAIL: &str = "jean.dupont@hotmail.example";

fn french(server: &Server) -> Browser {
    Browser::new(server, "fr-BE,fr;q=0.9,en;q=0.5")
}

fn location(page: &Page) -> &str {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    page.headers[header::LOCATION].to_str().expect("an address")
}

fn assert_says(page: &Page, text: &str) {
    let body = page.body.replace("&#39;", "'").replace('\u{202f}', " ");
    assert!(body.contains(text), "{text:?} is not in {body}");
}

/// Asks for a link on the forgot page.
async fn ask(browser: &mut Browser, by: &str, identifier: &str) -> Page {
    let page = browser.open("/Account/ForgotPassword").await;
    let fields = [("by", by), ("identifier", identifier)];
    browser.submit(&page, "forgot", &fields).await
}

fn passwords<'a>(email: &'a str, first: &'a str, second: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("email", email),
        ("new_password", first),
        ("confirm_password", second),
    ]
}

async fn sign_in(browser: &mut Browser, username: &str, password: &str) -> Page {
    let page = browser.open("/Account/Login").await;
    let fields = [("username", username), ("password", password)];
    browser.submit(&page, "login", &fields).await
}

async fn link_to(server: &Server, email: &str) -> Link {
    people::reset_link(server, email).await
}

/// Steps 1 to 11 of the help page, after the migration that it asks for.
#[tokio::test]
async fn a_person_goes_from_an_old_account_to_a_session() {
    let server = Server::start().await;
    let legacy = people::legacy(&server, "jean.dupont", "").await;
    let migrate = MigrateAccountRequest {
        account_id: legacy.id,
        email: EMAIL.into(),
        ..MigrateAccountRequest::default()
    };
    let admin = server.admin().await;
    let migrated = admin.account().migrate_account(migrate).await;
    migrated.expect("a migrated account");
    server.mailbox().last(EMAIL, 1).await;
    let mut browser = french(&server);

    let sent = ask(&mut browser, "username", "jean.dupont").await;
    assert_says(&sent, "Vérifiez vos e-mails");
    let mail = server.mailbox().last(EMAIL, 2).await;
    let page = browser.open(&mail.link().url).await;
    assert_says(&page, "Le mot de passe doit faire minimum 8 caractères.");
    assert_says(&page, "Babou45+, 123Soleil*, Cool72++");
    assert_says(&page, "Ce lien est valable jusqu'au");
    let fields = passwords(EMAIL, "babou", "babou");
    let weak = browser.submit(&page, "reset", &fields).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_says(&weak, "data-rule=\"DIGIT\" data-state=\"broken\"");
    assert_says(&weak, &format!("value=\"{EMAIL}\""));
    let fields = passwords(EMAIL, GOOD_PASSWORD, OTHER_PASSWORD);
    let mistyped = browser.submit(&weak, "reset", &fields).await;
    assert_says(&mistyped, "Les deux mots de passe ne sont pas identiques.");
    let fields = passwords(EMAIL, GOOD_PASSWORD, GOOD_PASSWORD);
    let done = browser.submit(&mistyped, "reset", &fields).await;
    assert_says(&done, "Votre mot de passe a été réinitialisé");
    assert_says(&done, "tapez votre identifiant : jean.dupont");
    assert_says(&done, "href=\"http://localhost:8080/Account/Login\"");

    let email = sign_in(&mut browser, EMAIL, GOOD_PASSWORD).await;
    assert_says(&email, "Vous avez tapé une adresse e-mail.");
    let wrong = sign_in(&mut browser, "jean.dupont", OTHER_PASSWORD).await;
    assert_says(&wrong, "La connexion a échoué.");
    assert!(browser.cookie("guichet_refresh").is_none());
    let signed_in = sign_in(&mut browser, "jean.dupont", GOOD_PASSWORD).await;
    assert_eq!(location(&signed_in), "/Account");
    let token = browser
        .cookie("guichet_refresh")
        .expect("a cookie")
        .to_owned();
    server.remember(&token);
    let account = browser.open("/Account").await;
    let out = browser.submit(&account, "sign-out", &[]).await;
    assert_eq!(location(&out), "/Account/Login");
    assert!(browser.cookie("guichet_refresh").is_none());
    let ended = people::refresh(&server, &token).await;
    ended.expect_err("a session that ended");
}

#[tokio::test]
async fn a_form_that_no_page_of_ours_gave_does_nothing() {
    let server = Server::start().await;
    people::active(&server, "jean", EMAIL).await;
    let mut browser = french(&server);
    let fields = [("by", "email"), ("identifier", EMAIL), ("form_token", "x")];

    let without_cookie = browser.post("/Account/ForgotPassword", &fields).await;
    let with_another_token = browser.post("/Account/ForgotPassword", &fields).await;
    let page = browser.open("/Account/ForgotPassword").await;
    browser.forget("guichet_form");
    let without_its_cookie = browser.submit(&page, "forgot", &fields[..2]).await;

    for refused in [without_cookie, with_another_token, without_its_cookie] {
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_says(&refused, "Ce formulaire a expiré.");
        assert_says(&refused, &format!("value=\"{EMAIL}\""));
    }
    assert!(people::reset_outcomes(&server).await.is_empty());
}

#[tokio::test]
async fn the_forgot_page_answers_everybody_alike() {
    let server = Server::start().await;
    people::active(&server, "jean", EMAIL).await;
    people::legacy(&server, "ancien", "ancien@ecole.example").await;
    people::disabled(&server, "parti", "parti@ecole.example").await;
    let mut browser = french(&server);

    let mut answers = Vec::new();
    for username in ["jean", "ancien", "parti", "personne"] {
        let sent = ask(&mut browser, "username", username).await;
        assert_eq!(sent.status, StatusCode::OK);
        answers.push(sent.body.replace(&format!("value=\"{username}\""), ""));
    }

    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    people::reset_outcomes(&server).await;
}

#[tokio::test]
async fn a_dead_link_says_so_and_one_click_brings_another() {
    let server = Server::start().await;
    people::active(&server, "jean", EMAIL).await;
    let link = link_to(&server, EMAIL).await;
    let guichet = server.anyone().await;
    people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");
    server.mailbox().wait_for(EMAIL, 2).await;
    let mut browser = french(&server);

    let dead = browser.open(&link.url).await;
    assert_eq!(dead.status, StatusCode::GONE);
    assert_says(&dead, "Ce lien n'est plus valable");
    // Whoever has just chosen it may not have seen the answer.
    assert_says(&dead, "connectez-vous avec ce mot de passe");
    let sent = browser.submit(&dead, "again", &[]).await;

    assert_says(&sent, "Vérifiez vos e-mails");
    let fresh = server.mailbox().last(EMAIL, 3).await.link();
    assert_ne!(fresh.code, link.code);
    let page = browser.open(&fresh.url).await;
    assert_eq!(page.status, StatusCode::OK);
}

/// A link with a code that was never mailed.
fn made_up(id: &str) -> String {
    let code = "A".repeat(43);
    format!("/Account/ResetPassword?userId={id}&code={code}")
}

#[tokio::test]
async fn a_made_up_link_brings_the_same_page_and_no_mail() {
    let server = Server::start().await;
    let id = people::active(&server, "jean", EMAIL).await.id;
    let mut browser = french(&server);

    let dead = browser.open(&made_up(&id)).await;
    let sent = browser.submit(&dead, "again", &[]).await;

    assert_says(&sent, "Vérifiez vos e-mails");
    assert!(people::reset_outcomes(&server).await.is_empty());
}

#[tokio::test]
async fn a_form_for_another_link_that_expired_says_so() {
    let server = Server::start().await;
    let id = people::active(&server, "jean", EMAIL).await.id;
    let mut browser = french(&server);
    let dead = browser.open(&made_up(&id)).await;
    browser.forget("guichet_form");

    let expired = browser.submit(&dead, "again", &[]).await;

    assert_eq!(expired.status, StatusCode::FORBIDDEN);
    assert_says(&expired, "Ce formulaire a expiré.");
    let sent = browser.submit(&expired, "again", &[]).await;
    assert_says(&sent, "Vérifiez vos e-mails");
}

/// As when a page is opened in another browser, after its script has taken the code out of the address.
#[tokio::test]
async fn an_address_without_its_code_is_called_incomplete_and_no_mail_is_promised() {
    let server = Server::start().await;
    let mut browser = french(&server);
    let of_nobody = format!("/Account/ResetPassword?code={}", "A".repeat(43));

    for address in ["/Account/ResetPassword", &of_nobody] {
        let page = browser.open(address).await;
        assert_says(&page, "Cette adresse est incomplète");
        assert_says(&page, "Ouvrez à nouveau le lien reçu par e-mail.");
        assert_says(&page, "href=\"/Account/ForgotPassword\"");
        assert!(!page.body.contains("data-form=\"again\""), "{}", page.body);
    }
    let again = browser.post("/Account/ResetPassword/Again", &[]).await;
    assert_eq!(location(&again), "/Account/ForgotPassword");
}

#[tokio::test]
async fn the_other_links_of_mails_take_one_click() {
    const NEW: &str = "jean@ecole.example";
    let server = Server::start().await;
    let id = people::active(&server, "jean", EMAIL).await.id;
    let link = link_to(&server, EMAIL).await;
    let mut browser = french(&server);

    let revoke = server.mailbox().last(EMAIL, 1).await.revoke_link();
    let page = browser.open(&revoke.url).await;
    let revoked = browser.submit(&page, "revoke-reset", &[]).await;
    assert_says(&revoked, "Ce lien ne peut plus servir.");
    assert_eq!(browser.open(&link.url).await.status, StatusCode::GONE);

    let request = RequestEmailChangeRequest {
        account_id: id.clone(),
        new_email: NEW.into(),
        ..RequestEmailChangeRequest::default()
    };
    let admin = server.admin().await;
    let asked = admin.account().request_email_change(request).await;
    asked.expect("a request");
    let code = server.mailbox().last(NEW, 1).await.codes().remove(0);
    let address = format!("/Account/ConfirmEmail?userId={id}&code={code}");
    let page = browser.open(&address).await;
    let confirmed = browser.submit(&page, "confirm-email", &[]).await;
    assert_says(&confirmed, NEW);
    assert_eq!(people::find(&server, &id).await.email, NEW);
}

#[tokio::test]
async fn of_two_presses_at_once_one_is_told_that_it_is_done() {
    let theft = Theft::begin().await;
    theft.adds_an_app().await;
    let mail = theft.server.mailbox().last(not_me::EMAIL, 1).await;
    let link = mail.revoke_link();
    let mut at_home = french(&theft.server);
    let mut at_school = french(&theft.server);
    let here = at_home.open(&link.url).await;
    let there = at_school.open(&link.url).await;

    let answers: [Page; 2] = tokio::join!(
        at_home.submit(&here, "revoke-reset", &[]),
        at_school.submit(&there, "revoke-reset", &[]),
    )
    .into();

    let (done, late): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.body.contains(not_me::DONE));
    assert_eq!(done.len(), 1, "{answers:?}");
    assert_says(late[0], "Si quelqu'un d'autre a fait ce dont parle");
    theft.is_over(2).await;
}

#[tokio::test]
async fn the_language_is_the_chosen_one_then_the_browsers_then_the_configured_one() {
    let server = Server::start().await;
    let mut browser = Browser::new(&server, "nl-BE,en;q=0.5");

    for (path, expected) in [
        ("/Account/Login", "nl"),
        ("/Account/Login?lang=de", "de"),
        ("/Account/ForgotPassword", "de"),
        ("/Account/ForgotPassword?lang=xx", "de"),
        ("/nothing?lang=en", "en"),
    ] {
        let page = browser.open(path).await;

        assert!(
            page.body.contains(&format!("<html lang=\"{expected}\"")),
            "{path}"
        );
        assert_eq!(page.headers[header::CONTENT_LANGUAGE], expected);
    }
    let unknown = Browser::new(&server, "tlh").open("/Account").await;
    assert!(unknown.body.contains("<html lang=\"fr\""));
}

/// Behind two slashes stands a host: a link to it would lead away.
#[tokio::test]
async fn a_path_that_looks_like_another_site_is_no_link() {
    let server = Server::start().await;

    let page = Browser::new(&server, "en").open("//evil.example/x").await;

    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("lang=de"), "{}", page.body);
    assert!(!page.body.contains("//evil.example"), "{}", page.body);
}
