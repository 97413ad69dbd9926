//! Who is told that an account was opened from somewhere new.

use std::net::IpAddr;
use std::time::Duration;

use guichet_client::proto::{ListMessagesRequest, LoginRequest, MailMessage, MessageKind};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::Server;
use guichet_tests::door::Door;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use tonic::transport::Endpoint;

const EMAIL: &str = "lea@ecole.example";

/// Signs in from another of this machine's own addresses.
async fn sign_in_from(server: &Server, address: [u8; 4], device_name: &str) {
    let endpoint = Endpoint::from_shared(server.url()).expect("an address");
    let endpoint = endpoint.local_address(Some(IpAddr::from(address)));
    let channel = endpoint.connect().await.expect("a connection");
    let request = LoginRequest {
        username: "lea".into(),
        password: GOOD_PASSWORD.into(),
        device_name: device_name.into(),
        ..LoginRequest::default()
    };
    let reply = AuthServiceClient::new(channel).login(request).await;
    reply.expect("a sign-in");
}

/// How many notices there are, sent or still to be.
async fn notices(server: &Server) -> usize {
    let request = ListMessagesRequest::default();
    let admin = server.admin().await;
    let reply = admin.mail().list_messages(request).await;
    let messages = reply.expect("the mails").into_inner().messages;
    let is_notice = |message: &&MailMessage| message.kind() == MessageKind::NewPlace;
    messages.iter().filter(is_notice).count()
}

#[tokio::test]
async fn a_sign_in_from_a_new_network_is_told_once_a_day_with_the_device() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    sign_in_from(&server, [127, 0, 0, 1], "Firefox, Linux").await;
    sign_in_from(
        &server,
        [127, 0, 0, 9],
        "another device of the same network",
    )
    .await;
    sign_in_from(&server, [127, 0, 1, 1], "Chrome, Windows").await;
    sign_in_from(&server, [127, 0, 2, 1], "the same day").await;

    assert_eq!(notices(&server).await, 1);
    let mail = server.mailbox().last(EMAIL, 1).await;
    let sentence = "quelqu'un s'est connecté à votre compte";
    assert!(mail.text.contains(sentence), "{}", mail.text);
    assert!(
        mail.text
            .contains("avec cet appareil\u{202f}: Chrome, Windows")
    );
    mail.revoke_link();

    server.advance(Duration::from_hours(25));
    sign_in_from(&server, [127, 0, 1, 2], "known by now").await;
    sign_in_from(&server, [127, 0, 3, 1], "the next day").await;
    assert_eq!(notices(&server).await, 2);
}

/// ASVS 5.0, 6.3.5: a thief may have the device, or its token.
#[tokio::test]
async fn ten_wrong_passwords_and_a_right_one_on_a_known_device_are_told() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let school = Door::from(&server, [127, 0, 0, 1]).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");

    for _ in 0..10 {
        let token = &lea.device_token;
        school.refusal("lea", OTHER_PASSWORD, token).await;
        server.advance(Duration::from_hours(1));
    }
    let known = school.enter_with("lea", GOOD_PASSWORD, &lea.device_token);
    known.await.expect("a known device");

    let mail = server.mailbox().last(EMAIL, 1).await;
    let told = "après 10 mots de passe";
    assert!(mail.text.contains(told), "{}", mail.text);
    mail.revoke_link();
    // Nothing is new about the place.
    assert_eq!(notices(&server).await, 0);
}

/// Whoever knows the password may get it wrong on purpose first.
#[tokio::test]
async fn a_new_place_is_told_although_many_wrong_passwords_were_told_that_day() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "20")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let school = Door::from(&server, [127, 0, 0, 1]).await;
    let elsewhere = Door::from(&server, [127, 0, 1, 1]).await;
    school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");

    for door in [&school, &elsewhere] {
        for _ in 0..10 {
            door.refusal("lea", OTHER_PASSWORD, "").await;
        }
        door.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    }

    let mails = server.mailbox().wait_for(EMAIL, 2).await;
    let many = "après 10 mots de passe";
    let told = mails.iter().filter(|mail| mail.text.contains(many));
    assert_eq!(told.count(), 1);
    assert_eq!(notices(&server).await, 1);
}

#[tokio::test]
async fn what_a_clock_told_that_was_ahead_keeps_no_other_place_from_being_told() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    sign_in_from(&server, [127, 0, 0, 1], "at school").await;
    server.advance(Duration::from_hours(24));
    sign_in_from(&server, [127, 0, 1, 1], "a day ahead").await;
    assert_eq!(notices(&server).await, 1);

    server.set_clock(0);
    sign_in_from(&server, [127, 0, 2, 1], "the right day").await;

    assert_eq!(notices(&server).await, 2);
}
