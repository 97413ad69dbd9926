//! What happens when a refresh token is used again after its successor.

use std::time::Duration;

use guichet_client::Reason;
use guichet_client::error;
use guichet_client::proto::{ListMessagesRequest, MessageKind};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};

const EMAIL: &str = "lea@ecole.example";

/// How many notices there are, sent or still to be.
async fn notices(server: &Server) -> usize {
    let request = ListMessagesRequest {
        kind: MessageKind::SessionStolen.into(),
        ..ListMessagesRequest::default()
    };
    let admin = server.admin().await;
    let reply = admin.mail().list_messages(request).await;
    reply.expect("the mails").into_inner().messages.len()
}

/// A session whose old token is used again; whoever does it is told so.
async fn steal(server: &Server) {
    let stolen = people::tokens(server, "lea", GOOD_PASSWORD).await;
    let renewed = people::refresh(server, &stolen.refresh_token).await;
    let renewed = renewed.expect("a successor");
    server.advance(Duration::from_mins(1));

    let replayed = people::refresh(server, &stolen.refresh_token).await;
    let told = replayed.as_ref().err().and_then(error::reason);
    assert_eq!(told, Some(Reason::TokenReused));
    let dead = people::refresh(server, &renewed.refresh_token).await;
    assert!(dead.is_err());
}

#[tokio::test]
async fn a_token_used_again_ends_its_session_and_the_owner_is_told_once_a_day() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;

    steal(&server).await;
    steal(&server).await;

    assert_eq!(notices(&server).await, 1);
    let mail = server.mailbox().last(EMAIL, 1).await;
    assert!(mail.text.contains("fermé cette session"), "{}", mail.text);
    mail.revoke_link();
    server.advance(Duration::from_hours(25));
    steal(&server).await;
    assert_eq!(notices(&server).await, 2);
}
