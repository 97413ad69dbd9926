//! Codes that open an account: which, for what, and until when.

use std::time::Duration;

use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    AccountState, CompleteResetRequest, ConfirmEmailChangeRequest, ContinueLoginRequest,
    InspectResetRequest, IssueResetCodeRequest, RequestEmailChangeRequest, RevokeResetRequest,
    SendActivationRequest,
};
use guichet_client::{Guichet, Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::protos::rpcs;
use guichet_tests::server::POLL;
use guichet_tests::{Link, Server, expect_error};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// An account that has no code at all has none that is empty, either.
#[tokio::test]
async fn cve_2019_16109_who_has_no_code_is_opened_by_no_blank_one() {
    let server = Server::start().await;
    let user_id = people::active(&server, "lea", EMAIL).await.id;
    let guichet = server.anyone().await;

    for blank in [
        "",
        " ",
        "\0",
        "null",
        &"A".repeat(43),
        &"\0".repeat(32),
        "2222-2222-2222",
    ] {
        let request = CompleteResetRequest {
            user_id: user_id.clone(),
            code: blank.into(),
            email: EMAIL.into(),
            new_password: OTHER_PASSWORD.into(),
            ..Default::default()
        };
        let completed = guichet.reset().complete_reset(request).await;
        assert!(completed.is_err(), "{blank:?}");
        let request = ConfirmEmailChangeRequest {
            user_id: user_id.clone(),
            code: blank.into(),
        };
        let confirmed = guichet.account().confirm_email_change(request).await;
        assert!(confirmed.is_err(), "{blank:?}");
        for answer in [
            Answer::TotpCode(blank.into()),
            Answer::RecoveryCode(blank.into()),
        ] {
            let request = ContinueLoginRequest {
                challenge_token: blank.into(),
                answer: Some(answer),
            };
            let continued = guichet.auth().continue_login(request).await;
            assert!(continued.is_err(), "{blank:?}");
        }
    }

    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

/// Makes each call that makes, looks at or takes away a code.
async fn touch_all(server: &Server, used: &Link) {
    let guichet = server.anyone().await;
    let admin = server.admin().await;
    let (user_id, code) = (used.user_id.clone(), used.code.clone());
    let revoke = RevokeResetRequest {
        user_id: user_id.clone(),
        code: code.clone(),
    };
    let revoked = guichet.reset().revoke_reset(revoke).await;
    revoked.expect("the usual answer");
    let inspect = InspectResetRequest {
        user_id: user_id.clone(),
        code: code.clone(),
    };
    let inspected = guichet.reset().inspect_reset(inspect).await;
    inspected.expect_err("a used code");
    let confirm = ConfirmEmailChangeRequest {
        user_id: user_id.clone(),
        code,
    };
    guichet
        .account()
        .confirm_email_change(confirm)
        .await
        .expect_err("another purpose");
    let issue = IssueResetCodeRequest {
        account_id: user_id.clone(),
        ttl: None,
    };
    let issued = admin.reset().issue_reset_code(issue).await;
    server.remember(&issued.expect("a short code").into_inner().code);
    let change = RequestEmailChangeRequest {
        account_id: user_id.clone(),
        new_email: "lea.martin@ecole.example".into(),
        ..RequestEmailChangeRequest::default()
    };
    admin
        .account()
        .request_email_change(change)
        .await
        .expect("a request");
    let activation = SendActivationRequest {
        account_id: user_id,
        email: String::new(),
    };
    admin
        .account()
        .send_activation(activation)
        .await
        .expect_err("an active account");
}

/// Whatever takes codes away must not bring a used one back.
#[tokio::test]
async fn cve_2026_4325_nothing_brings_a_used_code_back() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let used = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    people::complete(&guichet, &used, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");
    touch_all(&server, &used).await;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    people::reset_outcomes(&server).await;

    let again = people::complete(&guichet, &used, EMAIL, GOOD_PASSWORD).await;

    expect_error(again, Code::FailedPrecondition, "RESET_CODE_INVALID");
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
    server.advance(Duration::from_hours(24 * 60));
    let later = people::complete(&guichet, &used, EMAIL, GOOD_PASSWORD).await;
    expect_error(later, Code::FailedPrecondition, "RESET_CODE_INVALID");
}

async fn is_good(guichet: &Guichet, link: &Link) -> bool {
    let request = InspectResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    guichet.reset().inspect_reset(request).await.is_ok()
}

/// Also CVE-2025-64708: the end is that of the row, not of a job that clears up.
#[tokio::test]
async fn cve_2026_52809_each_kind_of_code_has_a_life_of_its_own_and_it_ends_on_time() {
    let server = Server::builder()
        .env("GUICHET_RESET_TTL", "10m")
        .env("GUICHET_ACTIVATION_TTL", "7d")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    let ana = "ana@ecole.example";
    people::invited(&server, "ana", ana).await;
    let activation = server.mailbox().last(ana, 1).await.link();
    let reset = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;

    // Some seconds pass by themselves between the mail and here.
    server.advance(Duration::from_secs(570));
    assert!(is_good(&guichet, &reset).await);
    server.advance(Duration::from_secs(31));
    assert!(!is_good(&guichet, &reset).await);
    assert!(is_good(&guichet, &activation).await);
    // Seven days but for 640 seconds.
    server.advance(Duration::from_secs(7 * 24 * 3_600 - 640));
    assert!(is_good(&guichet, &activation).await);
    server.advance(Duration::from_secs(50));
    assert!(!is_good(&guichet, &activation).await);
}

/// An invitation that has expired does not come alive by asking for a password.
#[tokio::test]
async fn cve_2023_48220_a_reset_accepts_no_expired_invitation() {
    let server = Server::start().await;
    let ana = "ana@ecole.example";
    let id = people::invited(&server, "ana", ana).await.id;
    let legacy = people::legacy(&server, "ancien", "").await;
    let invitation = server.mailbox().last(ana, 1).await.link();
    server.advance(Duration::from_hours(15 * 24));
    let guichet = server.anyone().await;

    for username in ["ana", "ancien"] {
        people::ask_reset(&server, Identifier::Username(username.into())).await;
    }
    people::reset_outcomes(&server).await;

    let late = people::complete(&guichet, &invitation, ana, OTHER_PASSWORD).await;
    expect_error(late, Code::FailedPrecondition, "RESET_CODE_INVALID");
    assert_eq!(
        people::find(&server, &id).await.state(),
        AccountState::Pending
    );
    let legacy = people::find(&server, &legacy.id).await;
    assert_eq!(legacy.state(), AccountState::Legacy);
}

/// A code confirms the address that it was mailed to, whatever was asked for at the same moment.
#[tokio::test]
async fn cve_2026_32700_a_code_confirms_only_the_address_it_was_mailed_to() {
    let server = Server::start().await;
    let admin = server.admin().await;

    for round in 0..15 {
        let username = format!("mallory.{round}");
        let user_id = people::active(&server, &username, &format!("{username}@evil.example"))
            .await
            .id;
        let own = format!("own.{round}@evil.example");
        let victims = format!("lea.{round}@ecole.example");
        let ask = async |address: &str| {
            let request = RequestEmailChangeRequest {
                account_id: user_id.clone(),
                new_email: address.into(),
                ..RequestEmailChangeRequest::default()
            };
            let asked = admin.account().request_email_change(request).await;
            asked.map(drop)
        };
        let (first, second) = tokio::join!(ask(&own), ask(&victims));
        first.expect("a request");
        second.expect("a request");

        // The mail of a request that another one has overtaken need not leave.
        let sent = async {
            while server.mailbox().of(&own).is_empty() && server.mailbox().of(&victims).is_empty() {
                tokio::time::sleep(POLL).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), sent).await;
        waited.expect("a mail");
        let mails = server.mailbox().of(&own);
        let codes: Vec<String> = mails.iter().flat_map(guichet_tests::Mail::codes).collect();
        let guichet = server.anyone().await;
        let mut confirmed = false;
        for code in codes {
            let request = ConfirmEmailChangeRequest {
                user_id: user_id.clone(),
                code,
            };
            confirmed |= guichet
                .account()
                .confirm_email_change(request)
                .await
                .is_ok();
        }

        let account = people::find(&server, &user_id).await;
        assert_ne!(account.email, victims, "round {round}");
        assert!(!confirmed || account.email == own, "{}", account.email);
    }
}

/// What is taken from the caller can be bent by the caller: these calls say as little as they can.
#[test]
fn calls_without_a_token_name_no_account_but_where_a_code_proves_it() {
    for rpc in rpcs() {
        let texts: Vec<&str> = rpc
            .texts()
            .map(prost_types::FieldDescriptorProto::name)
            .collect();
        let expected: &[&str] = match rpc.name.as_str() {
            "GetPasswordPolicy" => &["locale", "user_id", "code"],
            "CheckPassword" => &["password", "locale", "user_id", "code"],
            "Refresh" | "Logout" => &["refresh_token"],
            "InspectReset" | "RevokeReset" | "ConfirmEmailChange" => &["user_id", "code"],
            "CompleteReset" => &["user_id", "code", "email", "new_password", "device_token"],
            _ => continue,
        };
        assert_eq!(texts, expected, "{}", rpc.name);
    }
}

/// Who is told to wait by a lock is let in by a reset, and by nothing less.
#[tokio::test]
async fn ghsa_3hrr_the_way_by_mail_is_open_whoever_guesses() {
    let server = Server::builder()
        .env("GUICHET_THROTTLE", "on")
        .start()
        .await;
    people::active(&server, "lea", EMAIL).await;
    for _ in 0..6 {
        let wrong = people::sign_in(&server, "lea", "Wrong45+").await;
        wrong.expect_err("a wrong password");
    }
    let locked = people::sign_in(&server, "lea", GOOD_PASSWORD).await;
    let locked = locked.expect_err("a lock");
    assert_eq!(error::reason(&locked), Some(Reason::Throttled));

    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");

    people::tokens(&server, "lea", OTHER_PASSWORD).await;
}
