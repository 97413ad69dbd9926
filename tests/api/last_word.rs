//! Who has the last word about an account that somebody took over, or was given a code for.

use guichet_client::proto::{
    AccountState, AddMemberRequest, ChangePasswordRequest, CreateInstitutionRequest, Institution,
    ListMessagesRequest, MailMessage, MessageKind, MessageState, ResendMessageRequest,
    SendActivationRequest, UpdateAccountRequest,
};
use guichet_client::{Reason, error};
use guichet_tests::browser::Browser;
use guichet_tests::door::Door;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::smtp::{Mode, SmtpServer};
use guichet_tests::{Link, Mail, Server, expect_error};
use prost_types::FieldMask;
use tonic::Code;

use super::not_me::{DONE, ELSEWHERE, EMAIL, THIEF, Theft, notice, press};

#[tokio::test]
async fn who_changes_the_address_twice_gets_no_answer_that_undoes_the_first_owners() {
    const HIS_OTHER: &str = "voleur@encore.example";
    let theft = Theft::begin().await;
    for address in [THIEF, HIS_OTHER] {
        theft.asks_for(address).await;
        theft.confirms(address).await;
    }
    let hers = theft.server.mailbox().wait_for(EMAIL, 2).await;
    // To confirm, changed, asked for, changed.
    let his = theft.server.mailbox().wait_for(THIEF, 4).await;

    let mut browser = Browser::new(&theft.server, "fr");
    let page = browser
        .open(&notice(his, "a changé").revoke_link().url)
        .await;
    browser.submit(&page, "revoke-reset", &[]).await;
    let account = people::find(&theft.server, &theft.account_id).await;
    assert_eq!(account.email, THIEF);

    press(&theft.server, &notice(hers, "a changé").revoke_link(), DONE).await;
    theft.is_over(3).await;
}

#[tokio::test]
async fn an_app_that_a_thief_added_goes_after_another_notice_was_answered() {
    let theft = Theft::begin().await;
    let elsewhere = Door::from(&theft.server, ELSEWHERE).await;
    let signed_in = elsewhere.enter("lea", GOOD_PASSWORD).await;
    signed_in.expect("a thief");
    let new_place = theft.server.mailbox().last(EMAIL, 1).await;
    theft.adds_an_app().await;
    let added = theft.server.mailbox().last(EMAIL, 2).await;

    press(&theft.server, &new_place.revoke_link(), DONE).await;
    press(&theft.server, &added.revoke_link(), DONE).await;

    // Signing in with the new password alone is part of it.
    theft.is_over(4).await;
}

#[tokio::test]
async fn an_app_that_was_added_under_a_strange_address_goes_with_the_address() {
    let theft = Theft::begin().await;
    theft.asks_for(THIEF).await;
    theft.confirms(THIEF).await;
    theft.adds_an_app().await;
    let hers = theft.server.mailbox().wait_for(EMAIL, 2).await;

    press(&theft.server, &notice(hers, "a changé").revoke_link(), DONE).await;

    theft.is_over(3).await;
}

/// A director who is deceived, or is the thief, may correct the address of an account that has no password. But this one has
/// been opened by the address that it has.
#[tokio::test]
async fn an_address_that_is_corrected_after_somebody_opened_the_account_by_it_comes_back() {
    let server = Server::start().await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let chosen = people::complete(&anyone, &link, EMAIL, OTHER_PASSWORD).await;
    chosen.expect("an address that is verified");
    let mails = server.mailbox().wait_for(EMAIL, 2).await;
    press(&server, &notice(mails, "a été modifié").revoke_link(), DONE).await;
    server.mailbox().wait_for(EMAIL, 3).await;

    let request = SendActivationRequest {
        account_id: account_id.clone(),
        email: THIEF.into(),
    };
    let admin = server.admin().await;
    let corrected = admin.account().send_activation(request).await;
    corrected.expect("another address");

    let his = server.mailbox().last(THIEF, 1).await.link();
    let hers = server.mailbox().wait_for(EMAIL, 4).await;
    let old: Vec<Link> = hers.iter().flat_map(Mail::links).collect();
    press(&server, &notice(hers, "a changé").revoke_link(), DONE).await;
    let account = people::find(&server, &account_id).await;
    assert_eq!(account.email, EMAIL);
    let refused = people::complete(&anyone, &his, THIEF, OTHER_PASSWORD).await;
    refused.expect_err("a dead link");
    let mails = server.mailbox().wait_for(EMAIL, 5).await;
    let mut fresh = mails.iter().flat_map(Mail::links);
    let fresh = fresh.find(|link| !old.contains(link)).expect("a link");
    let chosen = people::complete(&anyone, &fresh, EMAIL, GOOD_PASSWORD).await;
    chosen.expect("a new password");
}

/// The mail to the thief's address.
async fn confirmation(server: &Server) -> MailMessage {
    let request = ListMessagesRequest::default();
    let reply = server.admin().await.mail().list_messages(request).await;
    let mails = reply.expect("a list").into_inner().messages;
    let kind = MessageKind::ConfirmEmail;
    let mut found = mails.into_iter().filter(|mail| mail.kind() == kind);
    found.next().expect("a mail to confirm with")
}

#[tokio::test]
async fn a_mail_that_waits_makes_no_code_after_the_act_that_kills_codes() {
    let smtp = SmtpServer::start(Mode::Defer).await;
    let server = Server::builder().env("GUICHET_MAIL_URL", smtp.url());
    let theft = Theft::at(server.start().await).await;
    theft.asks_for(THIEF).await;
    assert_eq!(
        confirmation(&theft.server).await.state(),
        MessageState::Queued
    );

    let lea = people::tokens(&theft.server, "lea", GOOD_PASSWORD).await;
    let lea = theft.server.as_person(&lea.access_token).await;
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.into(),
        new_password: OTHER_PASSWORD.into(),
    };
    let changed = lea.account().change_password(request).await;
    changed.expect("a changed password");

    let given_up = confirmation(&theft.server).await;
    assert_eq!(given_up.state(), MessageState::Dead);
    let request = ResendMessageRequest {
        message_id: given_up.id,
    };
    let again = theft
        .server
        .admin()
        .await
        .mail()
        .resend_message(request)
        .await;
    expect_error(again, Code::FailedPrecondition, "STATE");
}

/// A code for somebody's account, as a director hands it over.
async fn handed_over(server: &Server, account_id: &str) -> Link {
    Link {
        user_id: account_id.into(),
        code: people::short_code(server, account_id).await,
        url: String::new(),
    }
}

async fn is_dead(server: &Server, code: &Link) {
    let anyone = server.anyone().await;
    let refused = people::complete(&anyone, code, EMAIL, OTHER_PASSWORD).await;
    let refused = refused.expect_err("a dead code");
    assert_eq!(error::reason(&refused), Some(Reason::ResetCodeInvalid));
}

#[tokio::test]
async fn a_code_that_was_handed_over_dies_when_the_person_rises_or_moves() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let account = people::active(&server, "lea", EMAIL).await;
    let school = CreateInstitutionRequest {
        institution: Some(Institution {
            display_name: "École".into(),
            ..Institution::default()
        }),
        ..CreateInstitutionRequest::default()
    };
    let school = admin.institution().create_institution(school).await;
    let school = school.expect("a school").into_inner().institution;
    let institution_id = school.expect("it in the reply").id;
    let changes = |path: &str| {
        let mut changed = account.clone();
        changed.etag.clear();
        match path {
            "roles" => changed.roles = vec!["user".into(), "service".into()],
            _ => changed.institution_id.clone_from(&institution_id),
        }
        UpdateAccountRequest {
            account: Some(changed),
            update_mask: Some(FieldMask {
                paths: vec![path.into()],
            }),
        }
    };

    for path in ["roles", "institution_id"] {
        let code = handed_over(&server, &account.id).await;
        let updated = admin.account().update_account(changes(path)).await;
        updated.expect("a changed account");
        is_dead(&server, &code).await;
    }

    let code = handed_over(&server, &account.id).await;
    let request = AddMemberRequest {
        institution_id,
        account_id: account.id.clone(),
        ..AddMemberRequest::default()
    };
    let added = admin.institution().add_member(request).await;
    added.expect("a director");
    is_dead(&server, &code).await;
    let account = people::find(&server, &account.id).await;
    assert_eq!(account.state(), AccountState::Active);
}
