//! What is refused because there was too much of it: nothing of it is mailed, and operators see it.

use std::time::Duration;

use guichet_client::proto::RemindUsernamesRequest;
use guichet_client::proto::ResetOutcome::{self, Mailed, Throttled, Unknown};
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::door::{Door, is_throttled};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Mail, Place, Server, web};
use tonic::Code;

pub(super) const EMAIL: &str = "lea@ecole.example";
pub(super) const SCHOOL: [u8; 4] = [127, 0, 0, 1];
pub(super) const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

fn by_username(username: &str) -> Identifier {
    Identifier::Username(username.into())
}

fn by_email(email: &str) -> Identifier {
    Identifier::Email(email.into())
}

pub(super) async fn server(settings: &[(&str, &str)]) -> Server {
    let mut builder = Server::builder().env("GUICHET_THROTTLE", "on");
    for (name, value) in settings {
        builder = builder.env(name, *value);
    }
    let server = builder.start().await;
    people::active(&server, "lea", EMAIL).await;
    server
}

pub(super) async fn throttled(server: &Server, tried: &str, by: &str) -> Option<f64> {
    let series = format!("guichet_throttled_total{{tried=\"{tried}\",by=\"{by}\"}}");
    web::metric(server, &series).await
}

/// The rows of the journal of a kind.
async fn events(server: &Server, kind: &str) -> Vec<String> {
    let copy = Place::file();
    let output = server.cli(&["copy", "--to", copy.url()]);
    assert!(output.status.success(), "{output:?}");
    let events = copy.dump().await.remove("event").expect("the journal");
    events
        .into_iter()
        .filter(|event| event.contains(kind))
        .collect()
}

async fn outcome(server: &Server, identifier: Identifier) -> ResetOutcome {
    people::ask_reset(server, identifier).await;
    people::reset_outcomes(server).await[0]
}

#[tokio::test]
async fn an_episode_is_counted_try_by_try_and_told_once() {
    let server = server(&[]).await;
    let school = Door::from(&server, SCHOOL).await;
    for _ in 0..5 {
        school.refusal("lea", OTHER_PASSWORD, "").await;
    }
    assert_eq!(throttled(&server, "sign_in", "account").await, None);

    for _ in 0..7 {
        assert!(is_throttled(
            &school.refusal("lea", OTHER_PASSWORD, "").await
        ));
    }

    assert_eq!(throttled(&server, "sign_in", "account").await, Some(7.0));
    let told = events(&server, "sign_in.throttled").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("127.0.0.0/24") && told[0].contains("account"),
        "{told:?}"
    );

    // Another episode, after a right password.
    server.advance(Duration::from_secs(31));
    school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    for _ in 0..7 {
        school.refusal("lea", OTHER_PASSWORD, "").await;
    }
    assert_eq!(events(&server, "sign_in.throttled").await.len(), 2);
    assert_eq!(throttled(&server, "sign_in", "account").await, Some(9.0));
}

#[tokio::test]
async fn a_network_and_a_deployment_over_their_budgets_are_in_the_log() {
    let settings = [
        ("GUICHET_THROTTLE_NETWORK_FAILURES", "70"),
        ("GUICHET_THROTTLE_NETWORK_INTERVAL", "1h"),
        ("GUICHET_THROTTLE_FAILURE_RATE", "1"),
    ];
    let server = server(&settings).await;
    let school = Door::from(&server, SCHOOL).await;
    let elsewhere = Door::from(&server, ELSEWHERE).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");

    // One a second on the average of a minute: 60, and those that leak away meanwhile.
    let mut looked_at = 0;
    let refused = loop {
        let name = format!("stolen.{looked_at}");
        let refused = elsewhere.refusal(&name, OTHER_PASSWORD, "").await;
        if is_throttled(&refused) {
            break refused;
        }
        looked_at += 1;
    };

    assert!((60..70).contains(&looked_at), "{looked_at}");
    let wait = guichet_client::error::retry_after(&refused).expect("how long");
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    assert_eq!(throttled(&server, "sign_in", "deployment").await, Some(1.0));
    server.says("over its budget").await;
    assert_eq!(events(&server, "sign_in.throttled").await.len(), 1);
    // Whoever is known is not held up, by place or by device.
    school
        .enter("lea", GOOD_PASSWORD)
        .await
        .expect("a known place");
    let device = elsewhere.enter_with("lea", GOOD_PASSWORD, &lea.device_token);
    device.await.expect("a known device");
}

#[tokio::test]
async fn a_network_that_nobody_is_known_in_asks_for_a_few_mails() {
    let settings = [
        ("GUICHET_THROTTLE_NETWORK_RESETS", "3"),
        ("GUICHET_THROTTLE_NETWORK_RESET_INTERVAL", "1h"),
    ];
    let server = server(&settings).await;
    people::active(&server, "noa", "noa@ecole.example").await;

    for stranger in ["one", "two", "three"] {
        assert_eq!(outcome(&server, by_username(stranger)).await, Unknown);
    }
    assert_eq!(outcome(&server, by_username("four")).await, Throttled);
    assert_eq!(outcome(&server, by_email(EMAIL)).await, Throttled);
    let request = RemindUsernamesRequest {
        email: EMAIL.into(),
        ..RemindUsernamesRequest::default()
    };
    let anyone = server.anyone().await;
    let reminded = anyone.reset().remind_usernames(request).await;
    reminded.expect("the same reply");
    assert_eq!(people::reset_outcomes(&server).await[0], Throttled);
    assert_eq!(throttled(&server, "reset", "network").await, Some(2.0));
    assert_eq!(throttled(&server, "reminder", "network").await, Some(1.0));
    assert_eq!(events(&server, "reset.throttled").await.len(), 1);
    assert!(server.mailbox().all().is_empty());

    // Who has been here before is not held up, and makes room for others.
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    assert_eq!(outcome(&server, by_email(EMAIL)).await, Mailed);
    assert_eq!(outcome(&server, by_username("noa")).await, Mailed);
}

#[tokio::test]
async fn everybody_together_asks_for_so_many_mails() {
    let server = server(&[
        ("GUICHET_THROTTLE_RESET_RATE", "1"),
        ("GUICHET_THROTTLE_NETWORK_RESETS", "1000"),
    ])
    .await;

    for number in 0..80 {
        people::ask_reset(&server, by_username(&format!("nobody.{number}"))).await;
    }

    let outcomes = people::reset_outcomes(&server).await;
    let refused = outcomes.iter().filter(|outcome| **outcome == Throttled);
    let refused = refused.count();
    assert!((1..=20).contains(&refused), "{refused}");
    let counted = throttled(&server, "reset", "deployment").await;
    assert_eq!(
        counted,
        Some(f64::from(u32::try_from(refused).expect("few")))
    );
}

#[tokio::test]
async fn going_from_the_name_to_the_address_gains_nothing() {
    let server = server(&[]).await;

    let mut mailed = 0;
    for _ in 0..5 {
        for identifier in [by_username("lea"), by_email(EMAIL)] {
            mailed += usize::from(outcome(&server, identifier).await == Mailed);
        }
    }

    assert_eq!(mailed, 3);
    // Three links, and one word that there are no more for now.
    let mails = server.mailbox().wait_for(EMAIL, 4).await;
    let notices = mails.iter().filter(|mail| mail.links().is_empty());
    assert_eq!(notices.count(), 1);
    server.advance(Duration::from_secs(3_601));
    assert_eq!(outcome(&server, by_email(EMAIL)).await, Mailed);
}

#[tokio::test]
async fn that_a_link_was_guessed_at_is_told_although_too_many_were_asked_for_today() {
    let server = server(&[]).await;
    let mut last = Mailed;
    for _ in 0..4 {
        last = outcome(&server, by_email(EMAIL)).await;
    }
    assert_eq!(last, Throttled);
    let mails = server.mailbox().wait_for(EMAIL, 4).await;
    let link = mails.iter().flat_map(Mail::links).next().expect("a link");
    let guess = async || {
        let anyone = server.anyone().await;
        let refused = people::complete(&anyone, &link, "x@ecole.example", OTHER_PASSWORD).await;
        refused.expect_err("a wrong address");
    };

    for _ in 0..5 {
        guess().await;
    }

    let notices = server.mailbox().wait_for(EMAIL, 5).await;
    let guessed_at = |mail: &&Mail| mail.text.contains("mauvaises réponses");
    assert_eq!(notices.iter().filter(guessed_at).count(), 1);
}

#[tokio::test]
async fn a_second_factor_and_a_password_given_again_are_counted_apart() {
    let server = server(&[]).await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let lea = server.as_person(&tokens.access_token).await;
    let change = || guichet_client::proto::ChangePasswordRequest {
        current_password: "wrong".into(),
        new_password: OTHER_PASSWORD.into(),
    };
    for _ in 0..5 {
        let wrong = lea.account().change_password(change()).await;
        assert_eq!(wrong.expect_err("wrong").code(), Code::Unauthenticated);
    }

    let refused = lea.account().change_password(change()).await;

    assert!(is_throttled(&refused.expect_err("too many")));
    assert_eq!(throttled(&server, "password", "account").await, Some(1.0));
    assert_eq!(events(&server, "password.throttled").await.len(), 1);
}
