//! The page that a short code is typed into.

use guichet_tests::Server;
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, OTHER_PASSWORD};
use guichet_tests::web::Page;
use http::StatusCode;

use super::{EMAIL, WRONG, issue};

fn assert_says(page: &Page, text: &str) {
    let body = page.body.replace("&#39;", "'");
    assert!(body.contains(text), "{text:?} is not in {body}");
}

fn typed<'a>(code: &'a str, email: &'a str, password: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("code", code),
        ("email", email),
        ("new_password", password),
        ("confirm_password", password),
    ]
}

#[tokio::test]
async fn the_page_beside_the_code_takes_it_and_forgives_a_slip() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", "").await.id;
    let issued = issue(&server, &id).await;
    let mut browser = Browser::new(&server, "fr");

    let mut page = browser.open(&issued.link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_says(&page, "Votre code");
    for (code, email, password) in [
        (WRONG, "lea", OTHER_PASSWORD),
        (&issued.code, "leo", OTHER_PASSWORD),
        (&issued.code, "lea", "x"),
        (WRONG, "lea", OTHER_PASSWORD),
        ("", "lea", OTHER_PASSWORD),
        // Four wrong tries: the form must not have looked at a wrong code a second time.
        (WRONG, "lea", OTHER_PASSWORD),
    ] {
        page = browser
            .submit(&page, "reset", &typed(code, email, password))
            .await;
        assert_eq!(
            page.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{code} {email}"
        );
        assert_says(&page, "Votre code");
    }

    let done = browser
        .submit(&page, "reset", &typed(&issued.code, "lea", OTHER_PASSWORD))
        .await;
    assert_says(&done, "Votre mot de passe a été réinitialisé");
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn the_page_is_the_same_for_an_account_that_has_a_code_and_for_none() {
    let server = Server::start().await;
    let with = people::active(&server, "lea", EMAIL).await.id;
    let without = people::active(&server, "leo", "leo@ecole.example").await.id;
    issue(&server, &with).await;
    let nobody = "0192f0a0-0000-7000-8000-000000000001";

    let mut pages = Vec::new();
    for id in [&with, &without, nobody] {
        let mut browser = Browser::new(&server, "en");
        let address = format!("/Account/ResetPassword?userId={id}");
        let page = browser.open(&address).await;
        let token = Browser::token(&page);
        pages.push((
            page.status,
            page.body.replace(id, "ID").replace(&token, "TOKEN"),
        ));
    }

    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
}
