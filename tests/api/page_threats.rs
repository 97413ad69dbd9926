//! What browsers are told, and what they are used for, by rows of the list of threats. Those that want a real browser are
//! in `client/web/tests/threats.test.ts`.

use guichet_tests::Server;
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::web::{self, Page};
use http::{Method, Request, StatusCode, header};

const EMAIL: &str = "jean.dupont@hotmail.example";

/// Every page that can be opened without anything.
const PAGES: [&str; 11] = [
    "/",
    "/Account",
    "/Account/Login",
    "/Account/ForgotPassword",
    "/Account/ForgotPassword?what=usernames",
    "/Account/ResetPassword?userId=1&code=2",
    "/Account/ResetPassword?userId=1",
    "/Account/ConfirmEmail?userId=1&code=2",
    "/Account/RevokeReset?userId=1&code=2",
    "/Institution",
    "/nothing",
];

/// What is no page.
const DOCUMENTS: [&str; 6] = [
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
    "/.well-known/change-password",
    "/assets/theme.css",
    "/assets/logo",
    "/assets/nothing.js",
];

/// The policy of every page, the addresses that forms may end at left out.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' TARGETS; \
                      img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const FORM: &str = "application/x-www-form-urlencoded";

fn french(server: &Server) -> Browser {
    Browser::new(server, "fr-BE")
}

fn header<'a>(page: &'a Page, name: &str) -> &'a str {
    page.headers
        .get(name)
        .map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn threats_1_3_4_every_answer_tells_browsers_to_be_careful() {
    let server = Server::start().await;
    for path in PAGES.into_iter().chain(DOCUMENTS) {
        let page = french(&server).open(path).await;

        assert_eq!(header(&page, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header(&page, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&page, "x-frame-options"), "DENY", "{path}");
        let opener = header(&page, "cross-origin-opener-policy");
        assert_eq!(opener, "same-origin", "{path}");
        assert_eq!(header(&page, "strict-transport-security"), "", "{path}");
        let policy = header(&page, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{path}");
    }
}

#[tokio::test]
async fn threats_1_3_4_3_pages_load_run_and_send_nothing_foreign() {
    let server = Server::start().await;
    for path in PAGES {
        let page = french(&server).open(path).await;

        let targets = "http://localhost:8080";
        let expected = POLICY.replace("TARGETS", targets);
        assert_eq!(header(&page, "content-security-policy"), expected, "{path}");
        for inline in [
            "<style",
            "style=\"",
            "onclick",
            "javascript:",
            "http://",
            "https://",
            "http-equiv",
        ] {
            let ours = page.body.replace(targets, "");
            assert!(!ours.contains(inline), "{path} has {inline}");
        }
    }
}

#[tokio::test]
async fn threats_1_3_3_and_1_3_4_1_behind_tls_cookies_and_answers_stay_there() {
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", "https://accounts.example.org")
        .start()
        .await;
    for path in PAGES.into_iter().chain(DOCUMENTS) {
        let page = french(&server).open(path).await;

        let told = header(&page, "strict-transport-security");
        assert_eq!(told, "max-age=63072000; includeSubDomains", "{path}");
    }

    people::active(&server, "jean", EMAIL).await;
    let mut browser = french(&server);
    let page = browser.open("/Account/Login?lang=en").await;
    let fields = [("username", "jean"), ("password", GOOD_PASSWORD)];
    let welcome = browser.submit(&page, "login", &fields).await;
    server.remember(browser.cookie("__Host-guichet_refresh").unwrap_or_default());
    let lines = [&page, &welcome].map(|page| page.headers.get_all(header::SET_COOKIE));
    let lines: Vec<&str> = lines
        .into_iter()
        .flatten()
        .map(|line| line.to_str().expect("text"))
        .collect();
    for (name, site) in [
        ("lang", "Lax"),
        ("form", "Lax"),
        ("refresh", "Strict"),
        ("device", "Strict"),
    ] {
        let start = format!("__Host-guichet_{name}=");
        let line = lines.iter().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("no {start} in {lines:?}"));
        let kept = format!("; HttpOnly; SameSite={site}; Secure; Path=/");
        assert!(line.contains(&kept) && !line.contains("Domain"), "{line}");
    }
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[tokio::test]
async fn threats_1_14_3_2_pages_are_kept_nowhere_and_files_for_ever() {
    let server = Server::start().await;
    for path in PAGES {
        let page = french(&server).open(path).await;
        assert_eq!(header(&page, "cache-control"), "no-store", "{path}");
    }

    let page = french(&server).open("/Account/Login").await;
    let files: Vec<&str> = page
        .body
        .split('"')
        .filter(|text| text.starts_with("/assets/") && !text.contains('?'))
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let request = Request::builder()
            .uri(format!("{}{file}", server.url()))
            .header(header::ACCEPT_ENCODING, "gzip, br")
            .body(Vec::new())
            .expect("a request");
        let reply = web::exchange(request).await;
        let kept = &reply.headers()[header::CACHE_CONTROL];
        assert_eq!(kept, "public, max-age=31536000, immutable", "{file}");
        assert_eq!(reply.headers()[header::CONTENT_ENCODING], "br", "{file}");
    }
}

/// A visit with headers that a proxy, or somebody who would like to be one, sends.
async fn visit(server: &Server, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut request = Request::builder()
        .uri(format!("{}{path}", server.url()))
        .header(header::ACCEPT_LANGUAGE, "fr");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    web::send(request.body(String::new()).expect("a request")).await
}

/// Where a proxy, or somebody who would like to be one, says that a request was sent to.
const EVIL: [&[(&str, &str)]; 12] = [
    &[("host", "evil.example")],
    &[("host", "evil.example:8080")],
    &[("host", "127.0.0.1.evil.example")],
    &[("x-forwarded-host", "evil.example")],
    &[
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "4443"),
        ("x-forwarded-prefix", "/evil.example"),
    ],
    &[("forwarded", "for=1.2.3.4;host=\"evil.example\";proto=https")],
    &[("x-original-url", "https://evil.example/")],
    &[("x-rewrite-url", "https://evil.example/")],
    &[("x-host", "evil.example")],
    &[("x-forwarded-server", "evil.example")],
    &[("origin", "https://evil.example")],
    &[("referer", "https://evil.example/")],
];

/// There is no list of hosts to be known by (`421`): a replica is also asked by its address and by probes. Instead nothing
/// that is answered or mailed depends on the host.
#[tokio::test]
async fn threats_3_4_row_42_no_header_says_where_we_are() {
    let server = Server::start().await;
    for path in PAGES {
        let honest = web::fetch(Method::GET, &format!("{}{path}", server.url())).await;
        for headers in EVIL {
            let page = visit(&server, path, headers).await;
            let shown = format!("{}{:?}", page.body, page.headers);
            assert!(!shown.contains("evil"), "{path} {headers:?}: {shown}");
            assert_eq!(page.status, honest.status, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn threats_3_4_row_42_no_header_says_where_links_lead() {
    let server = Server::start().await;
    people::active(&server, "jean", EMAIL).await;
    // A form of another origin is refused: `transport::origin`.
    let taken = EVIL.iter().filter(|headers| headers[0].0 != "origin");
    for (number, headers) in taken.enumerate() {
        let mut browser = french(&server);
        let page = browser.open("/Account/ForgotPassword").await;
        let token = Browser::token(&page);
        let form = format!("form_token={token}&by=email&identifier={EMAIL}");
        let cookie = browser.cookie("guichet_form").expect("a cookie");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/Account/ForgotPassword", server.url()))
            .header(header::COOKIE, format!("guichet_form={cookie}"))
            .header(header::CONTENT_TYPE, FORM);
        for (name, value) in *headers {
            request = request.header(*name, *value);
        }
        let sent = web::send(request.body(form).expect("a request")).await;

        assert_eq!(sent.status, StatusCode::OK, "{headers:?}");
        let mail = server.mailbox().last(EMAIL, number + 1).await;
        assert!(!mail.text.contains("evil"), "{headers:?}");
        let link = mail.link().url;
        assert!(link.starts_with("http://localhost:8080/Account/"), "{link}");
    }
}

const HOME: &str = "https://app.example.org/home";
const OTHER: &str = "https://other.example.org/start";

/// What somebody asks to be sent to, and where that leads.
const RETURNS: [(&str, &str); 27] = [
    ("", HOME),
    (OTHER, OTHER),
    ("//evil.example", HOME),
    ("///evil.example", HOME),
    ("/\\evil.example", HOME),
    ("\\\\evil.example", HOME),
    ("https:evil.example", HOME),
    ("https:/evil.example", HOME),
    ("https://other.example.org@evil.example/start", HOME),
    ("https://user@other.example.org/start", HOME),
    ("javascript:alert(1)", HOME),
    ("JaVaScRiPt:alert(1)", HOME),
    ("data:text/html,<script>alert(1)</script>", HOME),
    ("\t//evil.example", HOME),
    ("https://other.example.org/\tstart", HOME),
    (" https://other.example.org/start\n", HOME),
    ("%2f%2fevil.example", HOME),
    ("https://оther.example.org/start", HOME),
    ("https://other。example.org/start", OTHER),
    ("https://other.example.org.evil/start", HOME),
    ("https://other.example.org:444/start", HOME),
    ("http://other.example.org/start", HOME),
    ("https://other.example.org/start/x", HOME),
    ("https://other.example.org/start/..%2fx", HOME),
    ("https://other.example.org/start?x=1", HOME),
    ("https://other.example.org/start#x", HOME),
    ("https://app.example.org/home\t", HOME),
];

#[tokio::test]
async fn threats_3_4_row_45_people_are_sent_to_listed_addresses_only() {
    let server = Server::builder()
        .env("GUICHET_APP_URL", HOME)
        .env("GUICHET_RETURN_URLS", OTHER)
        .start()
        .await;
    people::active(&server, "jean", EMAIL).await;

    for (asked, expected) in RETURNS {
        let mut browser = french(&server);
        let page = browser.open("/Account/Login").await;
        // The hidden field of the page is replaced by what an attacker would put there.
        let token = Browser::token(&page);
        let fields = [
            ("username", "jean"),
            ("password", GOOD_PASSWORD),
            ("return_url", asked),
            ("form_token", &token),
        ];
        let signed_in = browser.post("/Account/Login", &fields).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{asked:?}");
        assert_eq!(header(&signed_in, "location"), expected, "{asked:?}");

        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_url", asked)
            .finish();
        let page = browser.open(&format!("/Account/Login?{query}")).await;
        let target = format!("data-target=\"{expected}\"");
        assert!(page.body.contains(&target), "{asked:?}: {}", page.body);
        if expected == HOME {
            assert!(!page.body.contains("evil"), "{asked:?}: {}", page.body);
        }
    }
    let home = french(&server).open("/").await;
    assert_eq!(header(&home, "location"), HOME);
}

#[tokio::test]
async fn threats_3_4_row_47_and_1_3_5_3_looking_at_a_link_uses_nothing_up() {
    let server = Server::start().await;
    let id = people::active(&server, "jean", EMAIL).await.id;
    let link = people::reset_link(&server, EMAIL).await;

    for page in ["ResetPassword", "RevokeReset", "ConfirmEmail"] {
        let code = &link.code;
        let address = format!("{}/Account/{page}?userId={id}&code={code}", server.url());
        for method in [Method::GET, Method::HEAD] {
            for _ in 0..20 {
                web::fetch(method.clone(), &address).await;
            }
        }
    }

    let mut browser = french(&server);
    let page = browser.open(&link.url).await;
    let fields = [
        ("email", EMAIL),
        ("new_password", OTHER_PASSWORD),
        ("confirm_password", OTHER_PASSWORD),
    ];
    let done = browser.submit(&page, "reset", &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
}

/// Even what is no request of ours is refused in the style and the language of the pages.
#[tokio::test]
async fn a_refusal_is_a_page() {
    let server = Server::start().await;
    let endless = "x".repeat(20_000);
    for (method, path, kind, body, expected) in [
        (
            Method::DELETE,
            "/Account/Login",
            "",
            "",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            Method::POST,
            "/Account/Login",
            "application/json",
            "{}",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            Method::POST,
            "/Account/Login",
            FORM,
            &endless,
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            Method::POST,
            "/Account/ForgotPassword",
            FORM,
            "by=pigeon",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", server.url()))
            .header(header::ACCEPT_LANGUAGE, "de")
            .header(header::CONTENT_TYPE, kind)
            .body(body.to_owned())
            .expect("a request");
        let page = web::send(request).await;

        assert_eq!(page.status, expected);
        assert!(page.body.contains("<html lang=\"de\""), "{}", page.body);
        assert!(page.body.contains("noch einmal"), "{}", page.body);
        let allowed = header(&page, "allow");
        assert_eq!(
            allowed.is_empty(),
            expected != StatusCode::METHOD_NOT_ALLOWED
        );
    }
}
