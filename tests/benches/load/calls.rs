//! The calls that are measured, and who makes them.

use std::time::{Duration, Instant};

use guichet_client::proto::auth_service_client::AuthServiceClient;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    IntrospectRequest, LoginRequest, RefreshRequest, RequestResetRequest, Tokens,
};
use guichet_client::{Authorized, Guichet, Reason, error};
use guichet_tests::people::GOOD_PASSWORD;
use tonic::Status;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::closed_loop::Turn;

/// Between two calls of a caller that asks how long they take, not how many there can be.
const CALM: Duration = Duration::from_millis(5);

/// Somebody who signs in.
pub(crate) struct Person {
    client: Guichet,
    username: String,
}

impl Person {
    pub(crate) const fn new(client: Guichet, username: String) -> Self {
        Self { client, username }
    }
}

/// A service that asks whether a token is good.
pub(crate) struct Service {
    client: AuthServiceClient<Authorized>,
    token: String,
}

impl Service {
    pub(crate) fn new(client: &Guichet, token: &str) -> Self {
        Self {
            client: client.auth(),
            token: token.to_owned(),
        }
    }
}

/// Somebody who stays signed in.
pub(crate) struct Session {
    client: AuthServiceClient<Authorized>,
    refresh_token: String,
}

impl Session {
    pub(crate) fn new(client: &Guichet, refresh_token: String) -> Self {
        Self {
            client: client.auth(),
            refresh_token,
        }
    }
}

/// Signs in once.
pub(crate) async fn login(person: &Person) -> Result<Tokens, Status> {
    let request = LoginRequest {
        username: person.username.clone(),
        password: GOOD_PASSWORD.to_owned(),
        device_name: "load".to_owned(),
        ..LoginRequest::default()
    };
    let reply = person.client.auth().login(request).await?;
    match reply.into_inner().outcome {
        Some(Outcome::Tokens(tokens)) => Ok(tokens),
        other => panic!("expected tokens, got {other:?}"),
    }
}

/// `Login`, by somebody who is not refused.
pub(crate) async fn sign_in(caller: Person) -> Turn<Person> {
    let start = Instant::now();
    login(&caller).await.expect("room in the queue");
    Turn::counted(caller, start)
}

/// `Login`, by somebody who waits as told where there is no room. No other refusal is expected.
pub(crate) async fn sign_in_or_wait(caller: Person) -> Turn<Person> {
    let start = Instant::now();
    let Err(status) = login(&caller).await else {
        return Turn::counted(caller, start);
    };
    assert_eq!(error::reason(&status), Some(Reason::Overloaded), "{status}");
    tokio::time::sleep(error::retry_after(&status).expect("how long to wait")).await;
    Turn::ignored(caller)
}

/// `Introspect` of a good token.
pub(crate) async fn introspect(mut caller: Service) -> Turn<Service> {
    let start = Instant::now();
    let request = IntrospectRequest {
        token: caller.token.clone(),
    };
    let reply = caller.client.introspect(request).await.expect("a reply");
    assert!(reply.into_inner().active, "the session is live");
    Turn::counted(caller, start)
}

/// `Refresh` of the current token.
pub(crate) async fn refresh(mut caller: Session) -> Turn<Session> {
    let start = Instant::now();
    let request = RefreshRequest {
        refresh_token: caller.refresh_token,
    };
    let reply = caller.client.refresh(request).await.expect("a reply");
    let tokens = reply.into_inner().tokens.expect("tokens in the reply");
    caller.refresh_token = tokens.refresh_token;
    Turn::counted(caller, start)
}

/// `RequestReset` for a name that nobody has.
pub(crate) async fn request_reset(caller: Guichet) -> Turn<Guichet> {
    let start = Instant::now();
    let request = RequestResetRequest {
        identifier: Some(Identifier::Username("nobody".to_owned())),
        ..RequestResetRequest::default()
    };
    let reply = caller.reset().request_reset(request).await;
    reply.expect("always the same reply");
    Turn::counted(caller, start)
}

/// A health check.
pub(crate) async fn health(caller: Guichet) -> Turn<Guichet> {
    let start = Instant::now();
    let reply = HealthClient::new(caller.channel())
        .check(HealthCheckRequest::default())
        .await;
    reply.expect("a healthy server");
    Turn::counted(caller, start)
}

/// The same after a pause.
pub(crate) async fn introspect_calmly(caller: Service) -> Turn<Service> {
    tokio::time::sleep(CALM).await;
    introspect(caller).await
}

/// The same after a pause.
pub(crate) async fn refresh_calmly(caller: Session) -> Turn<Session> {
    tokio::time::sleep(CALM).await;
    refresh(caller).await
}

/// The same after a pause.
pub(crate) async fn health_calmly(caller: Guichet) -> Turn<Guichet> {
    tokio::time::sleep(CALM).await;
    health(caller).await
}
