//! A device that the person has signed in on: nobody who guesses keeps the person out of it.

use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{ChangePasswordRequest, CompleteResetRequest, Tokens};
use guichet_proto::v1::account_service_client::AccountServiceClient;
use guichet_tests::Server;
use guichet_tests::browser::Browser;
use guichet_tests::door::{Door, is_throttled};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use http::StatusCode;
use tokio::task::JoinSet;
use tonic::{Code, Request};

const EMAIL: &str = "lea@ecole.example";
const SCHOOL: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];
const ON_THE_WAY: [u8; 4] = [127, 0, 2, 1];

/// Connections and calls on each at once: more than may stand in line with one name from one network.
const A_CROWD: [usize; 2] = [3, 60];

async fn server() -> Server {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    people::active(&server, "noa", "").await;
    server
}

/// Wrong passwords for one name, many at once; how many were looked at.
async fn hammer(door: &Door, username: &'static str, tries: usize) -> usize {
    let mut guesses = JoinSet::new();
    let mut looked_at = 0;
    for _ in 0..tries {
        let door = door.clone();
        guesses.spawn(async move { door.refusal(username, OTHER_PASSWORD, "").await });
        if guesses.len() == 50 {
            looked_at += settle(&mut guesses).await;
        }
    }
    looked_at + settle(&mut guesses).await
}

async fn settle(guesses: &mut JoinSet<tonic::Status>) -> usize {
    let refusals = std::mem::take(guesses).join_all().await;
    refusals
        .iter()
        .filter(|refusal| !is_throttled(refusal))
        .count()
}

#[tokio::test]
async fn a_thousand_guesses_from_everywhere_do_not_keep_the_person_out() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let elsewhere = Door::from(&server, ELSEWHERE).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");

    // Five from each, and one more for each delay that ended meanwhile: no more than five within a quarter of an hour.
    let looked_at = hammer(&school, "lea", 500).await + hammer(&elsewhere, "lea", 500).await;
    assert!((10..=20).contains(&looked_at), "{looked_at}");

    // The school's delay may have ended meanwhile; one more guess begins the next.
    hammer(&school, "lea", 2).await;
    let unknown = school.refusal("lea", GOOD_PASSWORD, "").await;
    assert!(is_throttled(&unknown));
    for door in [&school, &elsewhere] {
        door.enter_with("lea", GOOD_PASSWORD, &lea.device_token)
            .await
            .expect("her own device");
    }
}

#[tokio::test]
async fn guesses_from_all_networks_together_stop_no_known_device_in_a_new_one() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .env("GUICHET_THROTTLE_FREE_FAILURES", "3")
        .env("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", "3")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    hammer(&Door::from(&server, ELSEWHERE).await, "lea", 10).await;

    let train = Door::from(&server, ON_THE_WAY).await;
    let unknown = train.refusal("lea", GOOD_PASSWORD, "").await;
    let known = train.enter_with("lea", GOOD_PASSWORD, &lea.device_token);

    assert!(is_throttled(&unknown), "{unknown:?}");
    known.await.expect("her own device");
}

#[tokio::test]
async fn a_known_device_stands_in_no_line_with_who_guesses_in_the_same_network() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let mut crowd = JoinSet::new();
    let [connections, calls] = A_CROWD;
    for _ in 0..connections {
        let door = Door::from(&server, SCHOOL).await;
        for _ in 0..calls {
            let door = door.clone();
            crowd.spawn(async move {
                loop {
                    door.refusal("lea", OTHER_PASSWORD, "").await;
                }
            });
        }
    }

    for _ in 0..20 {
        let known = school.enter_with("lea", GOOD_PASSWORD, &lea.device_token);
        known.await.expect("her own device");
    }
}

#[tokio::test]
async fn a_reset_by_mail_opens_the_door_under_fire() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let old = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let link = people::reset_link(&server, EMAIL).await;
    let request = CompleteResetRequest {
        user_id: link.user_id,
        code: link.code,
        email: EMAIL.into(),
        new_password: "Tulpje123*".into(),
        device_token: old.device_token.clone(),
    };
    let reply = server.anyone().await.reset().complete_reset(request).await;
    let fresh = reply.expect("a new password").into_inner().device_token;

    hammer(&school, "lea", 20).await;

    // What was known before the reset is known no more.
    let refused = school.refusal("lea", "Tulpje123*", &old.device_token).await;
    assert!(is_throttled(&refused));
    let signed_in = school.enter_with("lea", "Tulpje123*", &fresh).await;
    signed_in.expect("the device of the reset");
}

#[tokio::test]
async fn a_changed_password_leaves_one_device_known_the_one_that_it_was_changed_on() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let here = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let other = school.enter("lea", GOOD_PASSWORD).await.expect("a thief");
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: "Tulpje123*".into(),
    };
    let lea = server.as_person(&here.access_token).await;
    let reply = lea.account().change_password(request).await;
    let fresh = reply.expect("a new password").into_inner().device_token;

    // Counted like a stranger's from here, and with them.
    for token in ["", &other.device_token, "", &other.device_token, ""] {
        let wrong = school.refusal("lea", OTHER_PASSWORD, token).await;
        assert_eq!(wrong.code(), Code::Unauthenticated, "{wrong:?}");
    }

    for known_before in [&here.device_token, &other.device_token] {
        let refused = school.refusal("lea", "Tulpje123*", known_before).await;
        assert!(is_throttled(&refused), "{refused:?}");
    }
    let signed_in = school.enter_with("lea", "Tulpje123*", &fresh).await;
    signed_in.expect("the device of the change");
}

/// SP 800-63B-4, 3.2.2: no more than a hundred in a row.
#[tokio::test]
async fn all_known_devices_of_an_account_have_a_hundred_tries_together() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let mut devices = Vec::new();
    for _ in 0..23 {
        let entered = school.enter("lea", GOOD_PASSWORD).await;
        devices.push(entered.expect("one more device").device_token);
    }
    let wrong = async |token: &str| {
        let wrong = school.refusal("lea", OTHER_PASSWORD, token).await;
        assert_eq!(wrong.code(), Code::Unauthenticated, "{wrong:?}");
    };
    for token in devices.iter().take(20) {
        for _ in 0..5 {
            wrong(token).await;
        }
    }

    let slowed = school.refusal("lea", GOOD_PASSWORD, &devices[20]).await;
    assert!(is_throttled(&slowed), "{slowed:?}");
    let without = school.enter("lea", GOOD_PASSWORD).await;
    without.expect("a known place");
    server.advance(Duration::from_secs(31));
    let after = school.enter_with("lea", GOOD_PASSWORD, &devices[20]).await;
    after.expect("the delay is over");
    // All is forgotten with a right password.
    for token in &devices[21..] {
        wrong(token).await;
    }
}

#[tokio::test]
async fn a_known_device_has_its_own_five_tries_and_delays() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let token = &lea.device_token;

    for _ in 0..5 {
        let wrong = school.refusal("lea", OTHER_PASSWORD, token).await;
        assert_eq!(wrong.code(), Code::Unauthenticated);
    }

    let slowed = school.refusal("lea", GOOD_PASSWORD, token).await;
    assert!(is_throttled(&slowed));
    // A thief with the device keeps the person out of nothing else.
    let other = school.enter("lea", GOOD_PASSWORD).await;
    other.expect("another device");
    server.advance(Duration::from_secs(31));
    let after = school.enter_with("lea", GOOD_PASSWORD, token).await;
    after.expect("the delay is over");
}

#[tokio::test]
async fn a_device_vouches_for_its_own_people_and_for_a_time() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let lea = school.enter("lea", GOOD_PASSWORD).await.expect("a sign-in");
    let both = school
        .enter_with("noa", GOOD_PASSWORD, &lea.device_token)
        .await
        .expect("a classroom's computer");
    let zoe = people::active(&server, "zoe", "").await;
    hammer(&school, "zoe", 6).await;
    hammer(&school, "noa", 6).await;
    hammer(&school, "lea", 6).await;

    let stranger = school
        .refusal("zoe", GOOD_PASSWORD, &both.device_token)
        .await;
    assert!(is_throttled(&stranger), "{}", zoe.id);
    let forged = format!("{}A", both.device_token);
    for token in [forged.as_str(), "", "x"] {
        assert!(is_throttled(
            &school.refusal("noa", GOOD_PASSWORD, token).await
        ));
    }
    for username in ["lea", "noa"] {
        let known = school.enter_with(username, GOOD_PASSWORD, &both.device_token);
        known.await.expect("a known device");
    }

    server.advance(Duration::from_hours(91 * 24));
    hammer(&school, "lea", 6).await;
    let late = school
        .refusal("lea", GOOD_PASSWORD, &both.device_token)
        .await;
    assert!(is_throttled(&late));
}

#[tokio::test]
async fn a_browser_is_known_again_by_a_cookie_that_its_pages_do_not_see() {
    let server = server().await;
    let mut browser = Browser::new(&server, "fr");
    let sign_in = async |browser: &mut Browser| {
        let page = browser.open("/Account/Login").await;
        let fields = [("username", "lea"), ("password", GOOD_PASSWORD)];
        browser.submit(&page, "login", &fields).await
    };
    assert_eq!(sign_in(&mut browser).await.status, StatusCode::SEE_OTHER);
    let kept = browser
        .cookie("guichet_device")
        .expect("a cookie")
        .to_owned();
    server.remember(&kept);
    let school = Door::from(&server, SCHOOL).await;
    hammer(&school, "lea", 6).await;

    let known = sign_in(&mut browser).await;
    let unknown = sign_in(&mut Browser::new(&server, "fr")).await;

    assert_eq!(known.status, StatusCode::SEE_OTHER);
    assert_eq!(unknown.status, StatusCode::TOO_MANY_REQUESTS);
}

/// A classroom's browser stays known to whoever else uses it, and its scripts never see by what.
#[tokio::test]
async fn a_browser_stays_known_on_which_a_password_is_changed() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    let noa = school.enter("noa", GOOD_PASSWORD).await.expect("a sign-in");
    let lea = school.enter_with("lea", GOOD_PASSWORD, &noa.device_token);
    let lea = lea.await.expect("a sign-in on the same one");
    let mut request = Request::new(ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: "Tulpje123*".into(),
    });
    for (name, value) in [
        ("guichet-session", "cookie".to_owned()),
        ("cookie", format!("guichet_device={}", lea.device_token)),
        ("authorization", format!("Bearer {}", lea.access_token)),
    ] {
        let value = value.parse().expect("a header");
        request.metadata_mut().insert(name, value);
    }

    let channel = server.anyone().await.channel();
    let mut account = AccountServiceClient::new(channel);
    let reply = account.change_password(request).await;
    let reply = reply.expect("a new password");

    assert_eq!(reply.get_ref().device_token, "");
    let set = reply.metadata().get("set-cookie").expect("a cookie");
    let set = set.to_str().expect("text").split(';').next();
    let set = set.and_then(|set| set.strip_prefix("guichet_device="));
    let kept = set.expect("the device's").to_owned();
    server.remember(&kept);
    for username in ["lea", "noa"] {
        hammer(&school, username, 6).await;
    }
    for (username, password) in [("lea", "Tulpje123*"), ("noa", GOOD_PASSWORD)] {
        let known = school.enter_with(username, password, &kept).await;
        known.expect("a known device");
    }
}

#[tokio::test]
async fn fifty_right_passwords_at_the_same_moment_are_all_right() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    school.refusal("lea", OTHER_PASSWORD, "").await;

    let mut sign_ins = JoinSet::new();
    for _ in 0..50 {
        let school = school.clone();
        sign_ins.spawn(async move { school.enter("lea", GOOD_PASSWORD).await });
    }

    let sign_ins: Vec<Tokens> = sign_ins
        .join_all()
        .await
        .into_iter()
        .map(|signed_in| signed_in.expect("a right password"))
        .collect();
    assert_eq!(sign_ins.len(), 50);
}

#[tokio::test]
async fn a_new_link_is_asked_for_and_given_whoever_guesses() {
    let server = server().await;
    let school = Door::from(&server, SCHOOL).await;
    hammer(&school, "lea", 100).await;

    people::ask_reset(&server, Identifier::Username("lea".into())).await;

    server.mailbox().last(EMAIL, 1).await.link();
}
