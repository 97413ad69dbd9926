//! Everything that opens something, shown where another thing is asked for.

use std::time::{SystemTime, UNIX_EPOCH};

use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, BeginTotpEnrollmentRequest, ConfirmTotpEnrollmentRequest, CreateAccountRequest,
    IssueResetCodeRequest, ListAccountsRequest, RequestEmailChangeRequest,
    create_account_request::Credential,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::protos::{self, Rpc, text};
use guichet_tests::{Server, Untouched, raw};
use tonic::Code;
use totp_rs::Totp;

const LEA: &str = "lea@ecole.example";

/// One of each kind, live.
struct Kinds {
    server: Server,
    lea_id: String,
    all: Vec<(&'static str, String)>,
}

impl Kinds {
    async fn new() -> Self {
        let server = Server::start().await;
        let admin = server.admin().await;
        let lea_id = people::active(&server, "lea", LEA).await.id;
        people::active(&server, "leo", "leo@ecole.example").await;
        let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        let lea = server.as_person(&tokens.access_token).await;

        let link = people::reset_link(&server, LEA).await;
        let request = RequestEmailChangeRequest {
            new_email: "lea.martin@ecole.example".into(),
            current_password: GOOD_PASSWORD.into(),
            ..RequestEmailChangeRequest::default()
        };
        let asked = lea.account().request_email_change(request).await;
        asked.expect("a request");
        let mail = server.mailbox().last("lea.martin@ecole.example", 1).await;
        let confirmation = mail.codes().remove(0);
        let activation = activation(&server).await;
        let request = IssueResetCodeRequest {
            account_id: people::active(&server, "ana", "").await.id,
            ttl: None,
        };
        let issued = admin.reset().issue_reset_code(request).await;
        let short = issued.expect("a code").into_inner().code;
        let request = ListAccountsRequest {
            page_size: 1,
            ..ListAccountsRequest::default()
        };
        let page = admin.account().list_accounts(request).await;
        let page = page.expect("a page").into_inner().next_page_token;

        let all = vec![
            ("an access token", tokens.access_token),
            ("a refresh token", tokens.refresh_token),
            ("a reset code", link.code),
            ("a confirmation", confirmation),
            ("an activation", activation),
            ("a short code", short),
            ("a challenge", challenge(&server).await),
            ("a page token", page),
            ("an API key", server.api_key().to_owned()),
            ("a password", GOOD_PASSWORD.to_owned()),
        ];
        Self {
            server,
            lea_id,
            all,
        }
    }
}

async fn activation(server: &Server) -> String {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: "eva".into(),
            email: "eva@ecole.example".into(),
            ..Account::default()
        }),
        credential: Some(Credential::SendActivation(true)),
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    created.expect("an account");
    server
        .mailbox()
        .last("eva@ecole.example", 1)
        .await
        .link()
        .code
}

/// What somebody gets who has an authenticator app and has told the password.
async fn challenge(server: &Server) -> String {
    people::active(server, "max", "max@ecole.example").await;
    let tokens = people::tokens(server, "max", GOOD_PASSWORD).await;
    let max = server.as_person(&tokens.access_token).await;
    let request = BeginTotpEnrollmentRequest {
        current_password: GOOD_PASSWORD.into(),
    };
    let begun = max.auth().begin_totp_enrollment(request).await;
    let app = Totp::from_url(&begun.expect("a secret").into_inner().uri).expect("an address");
    let request = ConfirmTotpEnrollmentRequest {
        totp_code: shown(&app),
    };
    let confirmed = max.auth().confirm_totp_enrollment(request).await;
    let codes = confirmed.expect("codes").into_inner().recovery_codes;
    for code in &codes {
        server.remember(code);
    }
    let reply = people::sign_in(server, "max", GOOD_PASSWORD).await;
    match reply.expect("an answer").into_inner().outcome {
        Some(Outcome::Challenge(challenge)) => challenge.challenge_token,
        other => panic!("expected a challenge, got {other:?}"),
    }
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

/// The kind that is asked for, the RPC and the field, and what else the call says.
type Place = (
    &'static str,
    &'static str,
    &'static str,
    Vec<(&'static str, String)>,
);

/// Where each kind is asked for.
fn places(lea_id: &str) -> Vec<Place> {
    let whose = || vec![("user_id", lea_id.to_owned())];
    let reset = [
        whose(),
        vec![
            ("email", LEA.to_owned()),
            ("new_password", OTHER_PASSWORD.to_owned()),
        ],
    ];
    vec![
        ("a refresh token", "Refresh", "refresh_token", Vec::new()),
        ("a refresh token", "Logout", "refresh_token", Vec::new()),
        ("a reset code", "CompleteReset", "code", reset.concat()),
        ("a reset code", "InspectReset", "code", whose()),
        ("a confirmation", "ConfirmEmailChange", "code", whose()),
        (
            "a challenge",
            "ContinueLogin",
            "challenge_token",
            vec![("totp_code", "123456".to_owned())],
        ),
        ("a page token", "ListAccounts", "page_token", Vec::new()),
        (
            "a password",
            "Login",
            "password",
            vec![("username", "lea".to_owned())],
        ),
    ]
}

fn part(rpc: &Rpc, field: &str, value: &str) -> Vec<u8> {
    let number = rpc.field(field);
    text(
        number.unwrap_or_else(|| panic!("no {field} in {}", rpc.name)),
        value,
    )
}

#[tokio::test]
async fn nothing_opens_what_another_thing_is_for() {
    let kinds = Kinds::new().await;
    let Kinds {
        server,
        lea_id,
        all,
    } = &kinds;
    let channel = server.anyone().await.channel();
    let rpcs = protos::rpcs();
    let untouched = Untouched::before(server).await;

    for (right, name, field, others) in places(lea_id) {
        let rpc = rpcs.iter().find(|rpc| rpc.name == name).expect("an RPC");
        let rest = others.iter().map(|(field, value)| part(rpc, field, value));
        let rest = rest.collect::<Vec<_>>().concat();
        for (kind, secret) in all.iter().filter(|(kind, _)| *kind != right) {
            let message = [rest.clone(), part(rpc, field, secret)].concat();
            let bearer = (name == "ListAccounts").then(|| server.api_key());
            let answer = raw::call(&channel, rpc.full_name(), bearer, message).await;

            let status = answer.expect_err(&format!("{kind} opens {name}"));
            let refused = [
                Code::Unauthenticated,
                Code::InvalidArgument,
                Code::FailedPrecondition,
            ];
            assert!(
                refused.contains(&status.code()),
                "{kind} in {name}: {status}"
            );
        }
    }
    for (kind, secret) in all {
        if ["an access token", "an API key"].contains(kind) {
            continue;
        }
        let refused = raw::call(
            &channel,
            ("AuthService", "ListSessions"),
            Some(secret),
            vec![],
        )
        .await;
        let status = refused.expect_err(kind);
        assert_eq!(status.code(), Code::Unauthenticated, "{kind}: {status}");
    }

    untouched.assert("a thing in another's place").await;
    people::ask_reset(server, Identifier::Email("leo@ecole.example".into())).await;
    server.mailbox().wait_for("leo@ecole.example", 1).await;
}
