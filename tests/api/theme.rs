//! The operator's name, logo, colours and words on the pages.

use std::fs;

use guichet_tests::Server;
use guichet_tests::browser::Browser;
use http::{StatusCode, header};

const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>";

#[tokio::test]
async fn the_pages_look_and_speak_as_configured() {
    let files = tempfile::tempdir().expect("a directory");
    let logo = files.path().join("logo.svg");
    fs::write(&logo, LOGO).expect("a logo");
    let server = Server::builder()
        .env("GUICHET_APP_NAME", "CREOS <&> \"école\"")
        .env("GUICHET_LOGO", logo.display().to_string())
        .env("GUICHET_COLOR", "#7a1f5c")
        .env("GUICHET_COLOR_DARK", "#f2a7d5")
        .env("GUICHET_HELP_NL", "de helpdesk van uw school")
        .env("GUICHET_INSTITUTION_CONTACT", "02 123 45 67")
        .start()
        .await;
    let mut browser = Browser::new(&server, "nl");

    let page = browser.open("/Account/ForgotPassword").await;
    let fields = [("by", "username"), ("identifier", "jean")];
    let sent = browser.submit(&page, "forgot", &fields).await;
    assert!(sent.body.contains("CREOS &#60;&#38;&#62; &#34;école&#34;"));
    assert!(!sent.body.contains("CREOS <"));
    assert!(sent.body.contains("met de helpdesk van uw school"));
    assert!(sent.body.contains("02 123 45 67"));

    let image = browser.open("/assets/logo").await;
    assert_eq!(image.body, LOGO);
    assert_eq!(image.headers[header::CONTENT_TYPE], "image/svg+xml");
    let colors = browser.open("/assets/theme.css").await.body;
    assert!(colors.contains("--accent:#7a1f5c") && colors.contains("--accent:#f2a7d5"));
    let unknown = browser.open("/assets/../master.key").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[test]
fn a_theme_that_cannot_be_read_or_served_is_refused_at_start() {
    for (name, value, complaint) in [
        ("GUICHET_COLOR", "#ffee00", "hard to read"),
        ("GUICHET_COLOR", "blue", "not a colour"),
        ("GUICHET_LOGO", "/nowhere/logo.svg", "can't read"),
        ("GUICHET_LOGO", "/etc/hostname", "not a .svg or .png"),
    ] {
        let refused = Server::builder().env(name, value).check();

        let told = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{value}: {told}");
        assert!(told.contains(complaint), "{value}: {told}");
    }
}
