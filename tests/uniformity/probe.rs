//! What an outsider can ask about a name, and in which words.

use std::fmt::Write as _;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    CompleteResetRequest, InspectResetRequest, LoginRequest, RemindUsernamesRequest,
    RequestResetRequest, RevokeResetRequest,
};
use guichet_tests::wire::frame;
use guichet_tests::{Server, browser::Browser};
use http::Method;
use prost::Message;
use url::form_urlencoded::Serializer;

use crate::exchange::Asked;
use crate::world::Target;

/// As long as every code of a link.
const WRONG_CODE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// In the form of those that are handed over.
const WRONG_SHORT_CODE: &str = "2345-6789-BCDF";

/// Obeys every rule.
const NEW_PASSWORD: &str = "Tilou93!";

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Login(Typed),
    LoginFromScript,
    LoginPage,
    ResetByUsername,
    ResetByEmail,
    ForgotPage(By),
    Remind,
    RemindPage,
    Inspect(Code),
    OpenLink,
    OpenLinkWithoutCode,
    Complete(Code),
    CompletePage(Code),
    AgainPage,
    Revoke,
    RevokePage,
}

/// What is typed as password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Wrong,
    /// In two spellings, of which both are tried.
    Decomposed,
    Empty,
    /// 1,000 bytes, more than bcrypt looks at.
    Long,
    /// 1,025 bytes, more than are allowed.
    TooLong,
}

/// What a form names a person by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Username,
    Email,
}

/// Which kind of code is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Link,
    Short,
}

/// All of them.
pub(crate) const ALL: [Probe; 24] = [
    Probe::Login(Typed::Wrong),
    Probe::Login(Typed::Decomposed),
    Probe::Login(Typed::Empty),
    Probe::Login(Typed::Long),
    Probe::Login(Typed::TooLong),
    Probe::LoginFromScript,
    Probe::LoginPage,
    Probe::ResetByUsername,
    Probe::ResetByEmail,
    Probe::ForgotPage(By::Username),
    Probe::ForgotPage(By::Email),
    Probe::Remind,
    Probe::RemindPage,
    Probe::Inspect(Code::Link),
    Probe::Inspect(Code::Short),
    Probe::OpenLink,
    Probe::OpenLinkWithoutCode,
    Probe::Complete(Code::Link),
    Probe::Complete(Code::Short),
    Probe::CompletePage(Code::Link),
    Probe::CompletePage(Code::Short),
    Probe::AgainPage,
    Probe::Revoke,
    Probe::RevokePage,
];

/// A browser's cookie and the token that goes with it: the same for all questions.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    cookie: String,
    token: String,
}

impl Form {
    pub(crate) async fn of(server: &Server) -> Self {
        let mut browser = Browser::new(server, "fr");
        let page = browser.open("/Account/Login").await;
        let cookie = browser.cookie("guichet_form").expect("a cookie");
        Self {
            cookie: format!("guichet_form={cookie}"),
            token: Browser::token(&page),
        }
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Asked {
        let mut body = Serializer::new(String::new());
        body.append_pair("form_token", &self.token);
        body.extend_pairs(fields);
        self.visit(Method::POST, path.to_owned(), body.finish())
    }

    fn open(&self, path: &str, query: &[(&str, &str)]) -> Asked {
        let mut target = path.to_owned();
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        write!(target, "?{query}").expect("memory");
        self.visit(Method::GET, target, String::new())
    }

    fn visit(&self, method: Method, path: String, body: String) -> Asked {
        Asked {
            method,
            path,
            headers: vec![
                ("cookie", self.cookie.clone()),
                ("accept-language", "fr".to_owned()),
                (
                    "content-type",
                    "application/x-www-form-urlencoded".to_owned(),
                ),
            ],
            body: body.into_bytes(),
        }
    }
}

impl Probe {
    /// The question about somebody.
    pub(crate) fn about(self, target: &Target, form: &Form) -> Asked {
        let Target {
            username,
            email,
            user_id,
        } = target;
        match self {
            Self::Login(typed) => call("AuthService/Login", &login(username, typed)),
            Self::LoginFromScript => {
                from_script("AuthService/Login", &login(username, Typed::Wrong))
            }
            Self::LoginPage => {
                let fields = [("username", username.as_str()), ("password", "Secret93!")];
                form.post("/Account/Login", &fields)
            }
            Self::ResetByUsername => call(
                "ResetService/RequestReset",
                &reset(Identifier::Username(username.clone())),
            ),
            Self::ResetByEmail => call(
                "ResetService/RequestReset",
                &reset(Identifier::Email(email.clone())),
            ),
            Self::ForgotPage(By::Username) => forgot(form, "password", "username", username),
            Self::ForgotPage(By::Email) => forgot(form, "password", "email", email),
            Self::Remind => call("ResetService/RemindUsernames", &remind(email)),
            Self::RemindPage => forgot(form, "usernames", "email", email),
            Self::Inspect(code) => call("ResetService/InspectReset", &inspect(user_id, code)),
            Self::OpenLink => {
                let query = [("userId", user_id.as_str()), ("code", WRONG_CODE)];
                form.open("/Account/ResetPassword", &query)
            }
            Self::OpenLinkWithoutCode => {
                form.open("/Account/ResetPassword", &[("userId", user_id)])
            }
            Self::Complete(code) => call(
                "ResetService/CompleteReset",
                &complete(user_id, code, email),
            ),
            Self::CompletePage(code) => complete_page(form, user_id, code, email),
            Self::AgainPage => {
                form.post("/Account/ResetPassword/Again", &linked(user_id, WRONG_CODE))
            }
            Self::Revoke => call("ResetService/RevokeReset", &revoke(user_id)),
            Self::RevokePage => form.post("/Account/RevokeReset", &linked(user_id, WRONG_CODE)),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login(Typed::Wrong) => "Login",
            Self::Login(Typed::Decomposed) => "Login, password in NFD",
            Self::Login(Typed::Empty) => "Login, empty password",
            Self::Login(Typed::Long) => "Login, 1,000 bytes",
            Self::Login(Typed::TooLong) => "Login, 1,025 bytes",
            Self::LoginFromScript => "Login, grpc-web",
            Self::LoginPage => "sign-in page",
            Self::ResetByUsername => "RequestReset by username",
            Self::ResetByEmail => "RequestReset by e-mail",
            Self::ForgotPage(By::Username) => "forgot page, username",
            Self::ForgotPage(By::Email) => "forgot page, e-mail",
            Self::Remind => "RemindUsernames",
            Self::RemindPage => "forgot page, usernames",
            Self::Inspect(Code::Link) => "InspectReset",
            Self::Inspect(Code::Short) => "InspectReset, short code",
            Self::OpenLink => "reset page opened",
            Self::OpenLinkWithoutCode => "reset page without code",
            Self::Complete(Code::Link) => "CompleteReset",
            Self::Complete(Code::Short) => "CompleteReset, short code",
            Self::CompletePage(Code::Link) => "reset page",
            Self::CompletePage(Code::Short) => "reset page, short code",
            Self::AgainPage => "new link for a dead one",
            Self::Revoke => "RevokeReset",
            Self::RevokePage => "\"this was not me\" page",
        }
    }
}

impl Code {
    const fn wrong(self) -> &'static str {
        match self {
            Self::Link => WRONG_CODE,
            Self::Short => WRONG_SHORT_CODE,
        }
    }
}

impl Typed {
    fn password(self) -> String {
        match self {
            Self::Wrong => "Secret93!".to_owned(),
            Self::Decomposed => "Secre\u{301}t93!".to_owned(),
            Self::Empty => String::new(),
            Self::Long => "a".repeat(1_000),
            Self::TooLong => "a".repeat(1_025),
        }
    }
}

fn login(username: &str, typed: Typed) -> LoginRequest {
    LoginRequest {
        username: username.to_owned(),
        password: typed.password(),
        ..LoginRequest::default()
    }
}

fn reset(identifier: Identifier) -> RequestResetRequest {
    RequestResetRequest {
        identifier: Some(identifier),
        ..RequestResetRequest::default()
    }
}

fn remind(email: &str) -> RemindUsernamesRequest {
    RemindUsernamesRequest {
        email: email.to_owned(),
        ..RemindUsernamesRequest::default()
    }
}

fn inspect(user_id: &str, code: Code) -> InspectResetRequest {
    InspectResetRequest {
        user_id: user_id.to_owned(),
        code: code.wrong().to_owned(),
    }
}

fn complete(user_id: &str, code: Code, email: &str) -> CompleteResetRequest {
    CompleteResetRequest {
        user_id: user_id.to_owned(),
        code: code.wrong().to_owned(),
        email: email.to_owned(),
        new_password: NEW_PASSWORD.to_owned(),
        ..Default::default()
    }
}

fn complete_page(form: &Form, user_id: &str, code: Code, email: &str) -> Asked {
    let mut fields = linked(user_id, code.wrong()).to_vec();
    fields.extend([
        ("email", email),
        ("new_password", NEW_PASSWORD),
        ("confirm_password", NEW_PASSWORD),
    ]);
    form.post("/Account/ResetPassword", &fields)
}

fn revoke(user_id: &str) -> RevokeResetRequest {
    RevokeResetRequest {
        user_id: user_id.to_owned(),
        code: WRONG_CODE.to_owned(),
    }
}

fn forgot(form: &Form, what: &str, by: &str, identifier: &str) -> Asked {
    let fields = [("what", what), ("by", by), ("identifier", identifier)];
    form.post("/Account/ForgotPassword", &fields)
}

fn linked<'a>(user_id: &'a str, code: &'a str) -> [(&'static str, &'a str); 2] {
    [("userId", user_id), ("code", code)]
}

/// A call of any method.
pub(crate) fn call(method: &str, request: &impl Message) -> Asked {
    call_as(method, request, "application/grpc")
}

fn from_script(method: &str, request: &impl Message) -> Asked {
    call_as(method, request, "application/grpc-web+proto")
}

fn call_as(method: &str, request: &impl Message, content_type: &str) -> Asked {
    Asked {
        method: Method::POST,
        path: format!("/guichet.v1.{method}"),
        headers: vec![
            ("content-type", content_type.to_owned()),
            ("te", "trailers".to_owned()),
        ],
        body: frame(0, &request.encode_to_vec()),
    }
}
