//! The people that tests are about, and what they do again and again.

use std::time::{Duration, Instant};

use guichet_client::Guichet;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, CompleteResetRequest, CompleteResetResponse, CreateAccountRequest,
    DisableAccountRequest, GetAccountRequest, IssueResetCodeRequest, ListResetRequestsRequest,
    LoginRequest, LoginResponse, RefreshRequest, RequestResetRequest, ResetDecision, ResetOutcome,
    Tokens, UpdateAccountRequest,
};
use prost_types::FieldMask;
use tonic::{Response, Status};

use crate::server::POLL;
use crate::{Link, Server};

/// Obeys every rule of the default policy.
pub const GOOD_PASSWORD: &str = "Babou45+";

/// Another one.
pub const OTHER_PASSWORD: &str = "Tilou93!";

/// How long the server may take to decide about a request for a reset.
const DECISION_LIMIT: Duration = Duration::from_secs(10);

/// Creates an account that can sign in with [`GOOD_PASSWORD`].
pub async fn active(server: &Server, username: &str, email: &str) -> Account {
    let credential = Some(Credential::Password(GOOD_PASSWORD.into()));
    create(server, account(username, email), credential).await
}

/// Creates an account that waits for its person, who is mailed a link for a first password.
pub async fn invited(server: &Server, username: &str, email: &str) -> Account {
    let credential = Some(Credential::SendActivation(true));
    create(server, account(username, email), credential).await
}

/// Creates an account that an administrator has stopped.
pub async fn disabled(server: &Server, username: &str, email: &str) {
    let account_id = active(server, username, email).await.id;
    let request = DisableAccountRequest { account_id };
    let admin = server.admin().await;
    let stopped = admin.account().disable_account(request).await;
    stopped.expect("a disabled account");
}

/// Gives somebody another username.
pub async fn rename(server: &Server, account_id: &str, username: &str) {
    let request = UpdateAccountRequest {
        account: Some(Account {
            id: account_id.into(),
            username: username.into(),
            ..Account::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["username".into()],
        }),
    };
    let admin = server.admin().await;
    let renamed = admin.account().update_account(request).await;
    renamed.expect("another name");
}

/// Creates an account as an import from an older system would: `email` may be empty.
pub async fn legacy(server: &Server, username: &str, email: &str) -> Account {
    let mut account = account(username, email);
    account.set_state(AccountState::Legacy);
    create(server, account, None).await
}

/// An account as it is now.
pub async fn find(server: &Server, account_id: &str) -> Account {
    let request = GetAccountRequest {
        account_id: account_id.into(),
    };
    let reply = server.admin().await.account().get_account(request).await;
    let account = reply.expect("an account").into_inner().account;
    account.expect("it in the reply")
}

/// Signs in.
pub async fn sign_in(
    server: &Server,
    username: &str,
    password: &str,
) -> Result<Response<LoginResponse>, Status> {
    let request = LoginRequest {
        username: username.into(),
        password: password.into(),
        device_name: "tests".into(),
        ..LoginRequest::default()
    };
    server.connect().await?.auth().login(request).await
}

/// Signs in and expects tokens.
pub async fn tokens(server: &Server, username: &str, password: &str) -> Tokens {
    let reply = sign_in(server, username, password)
        .await
        .expect("a sign-in");
    match reply.into_inner().outcome {
        Some(Outcome::Tokens(tokens)) => {
            remember(server, &tokens);
            tokens
        }
        other => panic!("expected tokens, got {other:?}"),
    }
}

fn remember(server: &Server, tokens: &Tokens) {
    server.remember(&tokens.access_token);
    server.remember(&tokens.refresh_token);
}

/// Renews a session.
pub async fn refresh(server: &Server, refresh_token: &str) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: refresh_token.into(),
    };
    let reply = server.connect().await?.auth().refresh(request).await?;
    let tokens = reply.into_inner().tokens.expect("tokens in the reply");
    remember(server, &tokens);
    Ok(tokens)
}

/// Asks for a reset.
pub async fn ask_reset(server: &Server, identifier: Identifier) {
    let request = RequestResetRequest {
        identifier: Some(identifier),
        ..RequestResetRequest::default()
    };
    server
        .anyone()
        .await
        .reset()
        .request_reset(request)
        .await
        .expect("always the same reply");
}

/// Asks for a reset by e-mail and takes the link out of the first mail to that address.
pub async fn reset_link(server: &Server, email: &str) -> Link {
    ask_reset(server, Identifier::Email(email.into())).await;
    server.mailbox().last(email, 1).await.link()
}

/// Waits until every request for a reset has been decided and returns what became of them, newest
/// first.
pub async fn reset_outcomes(server: &Server) -> Vec<ResetOutcome> {
    let admin = server.admin().await;
    let deadline = Instant::now() + DECISION_LIMIT;
    loop {
        let listed = admin
            .reset()
            .list_reset_requests(ListResetRequestsRequest::default())
            .await;
        let requests = listed
            .expect("an administrator may ask")
            .into_inner()
            .requests;
        let undecided = requests.iter().any(|request| {
            request.decisions.is_empty()
                || request
                    .decisions
                    .iter()
                    .any(|one| one.outcome() == ResetOutcome::Queued)
        });
        if !undecided {
            return requests
                .iter()
                .flat_map(|request| &request.decisions)
                .map(ResetDecision::outcome)
                .collect();
        }
        assert!(Instant::now() < deadline, "undecided: {requests:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// A short code for somebody's account, as whoever looks after its people hands it over.
pub async fn short_code(server: &Server, account_id: &str) -> String {
    let request = IssueResetCodeRequest {
        account_id: account_id.into(),
        ttl: None,
    };
    let issued = server.admin().await.reset().issue_reset_code(request).await;
    let code = issued.expect("a code").into_inner().code;
    server.remember(&code);
    code
}

/// Uses a link.
pub async fn complete(
    guichet: &Guichet,
    link: &Link,
    email: &str,
    password: &str,
) -> Result<Response<CompleteResetResponse>, Status> {
    let request = CompleteResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
        email: email.into(),
        new_password: password.into(),
        ..CompleteResetRequest::default()
    };
    guichet.reset().complete_reset(request).await
}

fn account(username: &str, email: &str) -> Account {
    Account {
        username: username.into(),
        email: email.into(),
        ..Account::default()
    }
}

async fn create(server: &Server, account: Account, credential: Option<Credential>) -> Account {
    let request = CreateAccountRequest {
        account: Some(account),
        credential,
        ..CreateAccountRequest::default()
    };
    let reply = server.admin().await.account().create_account(request).await;
    reply
        .expect("an account")
        .into_inner()
        .account
        .expect("the account in the reply")
}
