//! Where the links of mails and pages lead, whatever the request says about hosts.

use guichet_client::proto::RequestResetRequest;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::browser::Browser;
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::wire::{GRPC, Wire, frame};
use guichet_tests::{Server, Untouched, expect_error, web};
use http::{Method, Request, StatusCode, header};
use prost::Message as _;
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";
const PUBLIC: &str = "https://accounts.ecole.example";
const REQUEST_RESET: &str = "/guichet.v1.ResetService/RequestReset";

/// What proxies and attackers say about where a request was sent.
const HOSTS: [(&str, &str); 12] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-host", "accounts.ecole.example, evil.example"),
    ("x-forwarded-proto", "javascript"),
    ("x-forwarded-port", "1337"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("forwarded", "host=evil.example;proto=http"),
    ("forwarded", "for=x;host=\"evil.example\""),
    ("x-original-url", "https://evil.example/"),
    ("x-rewrite-url", "//evil.example/"),
    ("x-host", "evil.example"),
    ("referer", "https://evil.example/"),
];

async fn public_server() -> Server {
    Server::builder()
        .env("GUICHET_PUBLIC_URL", PUBLIC)
        .start()
        .await
}

/// CVE-2023-49097 and its kin.
#[tokio::test]
async fn every_link_of_a_mail_begins_with_the_configured_address() {
    let server = public_server().await;
    people::active(&server, "lea", EMAIL).await;
    let request = RequestResetRequest {
        identifier: Some(Identifier::Email(EMAIL.into())),
        ..RequestResetRequest::default()
    };
    let wire = Wire::connect(&server).await;

    for named in HOSTS {
        let body = frame(0, &request.encode_to_vec());
        let answer = wire.post(REQUEST_RESET, &[GRPC, named], &body).await;
        assert_eq!(
            answer.expect("an answer").code(),
            Some(Code::Ok),
            "{named:?}"
        );
    }

    for mail in server.mailbox().wait_for(EMAIL, HOSTS.len()).await {
        assert!(!mail.raw.contains("evil"), "{}", mail.raw);
        let text = mail.text.split_whitespace();
        for link in text.filter(|word| word.contains("://")) {
            assert!(link.starts_with(PUBLIC), "{link}");
        }
    }
}

#[tokio::test]
async fn no_page_repeats_the_host_that_it_was_asked_by() {
    let server = public_server().await;
    let untouched = Untouched::before(&server).await;

    for path in ["/Account/Login", "/Account/ForgotPassword", "/", "/nothing"] {
        for (name, value) in HOSTS.into_iter().chain([("host", "evil.example")]) {
            let request = Request::builder()
                .method(Method::GET)
                .uri(format!("{}{path}", server.url()))
                .header(name, value);
            let page = web::send(request.body(String::new()).expect("a request")).await;

            let told = format!("{:?} {}", page.headers, page.body);
            assert!(!told.contains("evil"), "{path} with {name}: {told}");
        }
    }
    for document in ["openid-configuration", "jwks.json"] {
        let request = Request::builder()
            .uri(format!("{}/.well-known/{document}", server.url()))
            .header("host", "evil.example");
        let page = web::send(request.body(String::new()).expect("a request")).await;
        assert!(!page.body.contains("evil"), "{document}: {}", page.body);
    }

    untouched.assert("another host").await;
}

#[tokio::test]
async fn a_return_address_is_one_of_the_list_to_the_letter() {
    let server = Server::builder()
        .env("GUICHET_APP_URL", "https://app.example.org/home")
        .env("GUICHET_RETURN_URLS", "https://other.example.org/start")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let anyone = server.anyone().await;
    let untouched = Untouched::before(&server).await;

    for return_url in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://app.example.org@evil.example/home",
        "https://app.example.org%2f@evil.example/home",
        "https://app.example.org.evil.example/home",
        "https://app.example.org:444/home",
        "http://app.example.org/home",
        "https://app.example.org/home/../evil",
        "https://app.example.org/home?next=//evil.example",
        "https://app.example.org/home#evil",
        "https://app.example.org/Home",
        "https://аpp.example.org/home",
        "https://xn--pp-7kc.example.org/home",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://app.example.org/home",
        "data:text/html,x",
        "\t//evil.example",
        "%2f%2fevil.example",
        "/Account/Login",
        "app.example.org/home",
    ] {
        let request = RequestResetRequest {
            identifier: Some(Identifier::Email(EMAIL.into())),
            return_url: return_url.into(),
            ..RequestResetRequest::default()
        };
        let asked = anyone.reset().request_reset(request).await;
        expect_error(asked, Code::InvalidArgument, "INVALID_FIELDS");
        let query = url::form_urlencoded::byte_serialize(return_url.as_bytes()).collect::<String>();
        let page = web::fetch(
            Method::GET,
            &format!("{}/Account/Login?return_url={query}", server.url()),
        )
        .await;
        assert_eq!(page.status, StatusCode::OK, "{return_url}");
        for mark in ["evil", "javascript:alert", "alert(1)", "data:text"] {
            assert!(!page.body.contains(mark), "{return_url}: {}", page.body);
        }
    }

    untouched.assert("a return address").await;
}

/// What is like our own pages that want a session, and where signing in leads from there.
const OWN: [(&str, &str); 23] = [
    ("https://accounts.ecole.example/Institution", "/Institution"),
    ("https://accounts.ecole.example/Account", "/Account"),
    ("/Institution", HOME),
    ("Institution", HOME),
    ("//accounts.ecole.example/Institution", HOME),
    ("https:accounts.ecole.example/Institution", HOME),
    ("https://accounts.ecole.example//Institution", HOME),
    ("https://accounts.ecole.example/Institution/", HOME),
    ("https://accounts.ecole.example/Institution?evil=1", HOME),
    ("https://accounts.ecole.example/Institution#evil", HOME),
    ("https://accounts.ecole.example/Institutionevil", HOME),
    ("https://accounts.ecole.example/institution", HOME),
    ("https://accounts.ecole.example/evil/../Institution", HOME),
    ("https://accounts.ecole.example/Account/SignOut", HOME),
    ("https://accounts.ecole.example/Account/Login", HOME),
    ("https://accounts.ecole.example", HOME),
    ("http://accounts.ecole.example/Institution", HOME),
    ("https://accounts.ecole.example:444/Institution", HOME),
    ("https://accounts.ecole.example@evil.example/Account", HOME),
    ("https://accounts.ecole.example.evil/Institution", HOME),
    ("https://evil.example/Institution", HOME),
    ("\thttps://accounts.ecole.example/Institution", HOME),
    ("HTTPS://ACCOUNTS.ECOLE.EXAMPLE/Institution", HOME),
];

const HOME: &str = "https://app.example.org/home";

/// Who has lost the session on the desk or on "My account" signs in and is there again, and nowhere else.
#[tokio::test]
async fn a_return_address_on_the_sign_in_page_may_be_one_of_our_own_pages_to_the_letter() {
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", PUBLIC)
        .env("GUICHET_APP_URL", HOME)
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;

    for (asked, expected) in OWN {
        let mut browser = Browser::new(&server, "fr-BE");
        let page = browser
            .open(&asking_to_return("/Account/Login", asked))
            .await;
        let target = format!("data-target=\"{expected}\"");
        assert!(page.body.contains(&target), "{asked:?}: {}", page.body);
        let form = page.body.split("<form").nth(1).expect("a form");
        assert!(!form.contains("evil"), "{asked:?}: {form}");

        // The hidden field of the page is replaced by what an attacker would put there.
        let fields = [
            ("username", "lea"),
            ("password", GOOD_PASSWORD),
            ("return_url", asked),
            ("form_token", &Browser::token(&page)),
        ];
        let signed_in = browser.post("/Account/Login", &fields).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{asked:?}");
        assert_eq!(signed_in.headers[header::LOCATION], expected, "{asked:?}");
    }

    // No mail leads there, and no page but this one does.
    let own = OWN[0].0;
    let mut browser = Browser::new(&server, "fr-BE");
    let page = browser
        .open(&asking_to_return("/Account/ForgotPassword", own))
        .await;
    let nowhere = "name=\"return_url\" value=\"\"";
    assert!(page.body.contains(nowhere), "{}", page.body);
    let request = RequestResetRequest {
        identifier: Some(Identifier::Email(EMAIL.into())),
        return_url: own.into(),
        ..RequestResetRequest::default()
    };
    let asked = server.anyone().await.reset().request_reset(request).await;
    expect_error(asked, Code::InvalidArgument, "INVALID_FIELDS");
}

fn asking_to_return(path: &str, address: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_url", address);
    format!("{path}?{}", query.finish())
}

/// What a page is asked with is text on it, if it is there at all.
#[tokio::test]
async fn markup_in_an_address_is_text_on_the_page() {
    const MARKUP: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'";
    let server = public_server().await;
    let encoded = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect::<String>();

    for path in [
        format!("/Account/Login?lang={encoded}&username={encoded}&return_url={encoded}"),
        format!("/Account/ForgotPassword?email={encoded}&lang={encoded}"),
        format!("/Account/ResetPassword?userId={encoded}&code={encoded}"),
        format!("/Account/RevokeReset?userId={encoded}&code={encoded}"),
        format!("/Account/ConfirmEmail?userId={encoded}&code={encoded}"),
        format!("/{encoded}"),
        format!("/Account/{encoded}?{encoded}"),
    ] {
        let page = web::fetch(Method::GET, &format!("{}{path}", server.url())).await;

        assert!(
            !page.body.contains("<script>alert"),
            "{path}: {}",
            page.body
        );
        assert!(!page.body.contains("<img src=x"), "{path}: {}", page.body);
        let policy = &page.headers[header::CONTENT_SECURITY_POLICY];
        let policy = policy.to_str().expect("text");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
}

/// Scanners of mail open links, some of them often.
#[tokio::test]
async fn a_link_that_a_scanner_opens_a_hundred_times_is_still_good() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    let path = &link.url[link.url.find("/Account").expect("a path")..];

    for round in 0..100 {
        let method = if round % 2 == 0 {
            Method::GET
        } else {
            Method::HEAD
        };
        let page = web::fetch(method, &format!("{}{path}", server.url())).await;
        assert_eq!(page.status, StatusCode::OK);
    }

    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &link, EMAIL, people::OTHER_PASSWORD).await;
    used.expect("a good link");
}

#[tokio::test]
async fn no_origin_but_the_listed_one_may_ask_first() {
    const PAGE: &str = "https://app.ecole.example";
    let server = Server::builder()
        .env("GUICHET_PUBLIC_URL", PUBLIC)
        .env("GUICHET_CORS_ORIGINS", PAGE)
        .start()
        .await;

    for (origin, is_listed) in [
        (PAGE, true),
        (PUBLIC, true),
        ("https://evil.example", false),
        ("null", false),
        ("", false),
        ("*", false),
        ("https://app.ecole.example.evil", false),
        ("https://app.ecole.examplex", false),
        ("https://xapp.ecole.example", false),
        ("https://sub.app.ecole.example", false),
        ("http://app.ecole.example", false),
        ("https://app.ecole.example:444", false),
        ("HTTPS://APP.ECOLE.EXAMPLE", false),
        ("https://app.ecole.example/", false),
        ("https://evil.example https://app.ecole.example", false),
    ] {
        let request = Request::options(format!("{}{REQUEST_RESET}", server.url()))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-grpc-web");
        let page = web::send(request.body(String::new()).expect("a request")).await;

        let allowed = page.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.is_some(), is_listed, "{origin:?}: {allowed:?}");
        if let Some(allowed) = allowed {
            assert_eq!(allowed, origin);
            let mut varies = page.headers.get_all(header::VARY).iter();
            let varies = varies.any(|value| value.as_bytes().eq_ignore_ascii_case(b"origin"));
            assert!(varies, "{:?}", page.headers);
        }
        let credentials = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
        assert!(!page.headers.contains_key(credentials), "{origin:?}");
    }
}
