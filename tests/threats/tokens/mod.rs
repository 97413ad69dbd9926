//! Access tokens that the server never made, and some that only its own key could have made: none opens anything.

mod claims;
mod keys;
mod shapes;

use guichet_client::proto::{
    ExportAccountDataRequest, GetUserInfoRequest, IntrospectRequest, Tokens,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, Signer, signer};
use serde_json::Value;
use tonic::{Code, Status};

/// A server, somebody who is signed in, and the server's own key.
struct World {
    server: Server,
    admin: Guichet,
    lea: Tokens,
    signer: Signer,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        people::active(&server, "lea", "lea@ecole.example").await;
        let lea = people::tokens(&server, "lea", GOOD_PASSWORD).await;
        let world = Self {
            admin: server.admin().await,
            signer: Signer::of(&server).await,
            lea,
            server,
        };
        // Otherwise every refusal below might be for the wrong reason.
        let ours = world.sign(&world.signer.header(), &world.claims());
        world.assert_opens(&ours).await;
        world
    }

    /// What the server says in its own tokens.
    fn claims(&self) -> Value {
        signer::read(&self.lea.access_token).1
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        self.signer.sign(&header.to_string(), &claims.to_string())
    }

    async fn assert_opens(&self, token: &str) {
        assert!(self.is_active(token).await, "{token}");
        let caller = self.server.as_person(token).await;
        let about = caller.auth().get_user_info(GetUserInfoRequest {}).await;
        assert_eq!(about.expect("Léa").into_inner().username, "lea");
    }

    /// Refused wherever a token is looked at: with a call, with a call that streams, and as what is asked about.
    async fn assert_refused(&self, what: &str, token: &str) {
        assert!(!self.is_active(token).await, "{what} is active");
        let caller = self.server.as_person(token).await;
        let about = caller.auth().get_user_info(GetUserInfoRequest {}).await;
        assert_unauthenticated(what, about.err());
        let request = ExportAccountDataRequest::default();
        let export = caller.account().export_account_data(request).await;
        assert_unauthenticated(what, export.err());
    }

    async fn is_active(&self, token: &str) -> bool {
        let request = IntrospectRequest {
            token: token.into(),
        };
        let reply = self.admin.auth().introspect(request).await;
        reply.expect("an answer").into_inner().active
    }
}

fn assert_unauthenticated(what: &str, refused: Option<Status>) {
    let Some(status) = refused else {
        panic!("{what} opens an account");
    };
    assert_eq!(status.code(), Code::Unauthenticated, "{what}: {status}");
    let reason = error::reason(&status);
    let reasons = [Some(Reason::TokenInvalid), Some(Reason::TokenExpired)];
    assert!(reasons.contains(&reason), "{what}: {status}");
}
