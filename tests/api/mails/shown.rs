//! `ListMessages` and `GetMessage`.

use std::collections::HashSet;
use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    DeleteAccountRequest, GetMessageRequest, GetMessageResponse, ListMessagesRequest, MessageKind,
    MessageState, PurgeAccountRequest,
};
use guichet_tests::people;
use guichet_tests::{Server, expect_error};
use tonic::Code;

use super::{EMAIL, ask_move, invited, listed, settled};

const SHARED: &str = "bureau@ecole.example";

async fn get(server: &Server, message_id: &str) -> GetMessageResponse {
    let message_id = message_id.to_owned();
    let admin = server.admin().await;
    let reply = admin
        .mail()
        .get_message(GetMessageRequest { message_id })
        .await;
    reply.expect("a mail").into_inner()
}

#[tokio::test]
async fn a_mail_is_listed_with_what_became_of_it() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::reset_link(&server, EMAIL).await;

    let mails = settled(&server, EMAIL).await;

    let [mail] = mails.as_slice() else {
        panic!("expected one mail: {mails:?}");
    };
    assert_eq!(mail.kind(), MessageKind::Reset);
    assert_eq!(mail.state(), MessageState::Sent);
    assert_eq!(
        (mail.account_id.as_str(), mail.recipient.as_str()),
        (id.as_str(), EMAIL)
    );
    assert_eq!((mail.locale.as_str(), mail.attempts), ("fr", 1));
    assert!(mail.answer.contains(".eml"), "{}", mail.answer);
    assert!(mail.create_time.is_some() && mail.finish_time.is_some());
    assert_eq!((mail.due_time, mail.bounce_time), (None, None));
    let header = server.mailbox().last(EMAIL, 1).await.id();
    assert_eq!(header.split_once('@').expect("a host").0, mail.id);
}

/// A question with some conditions.
fn only(narrow: impl FnOnce(&mut ListMessagesRequest)) -> ListMessagesRequest {
    let mut request = ListMessagesRequest::default();
    narrow(&mut request);
    request
}

#[tokio::test]
async fn each_condition_narrows_the_list() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    people::active(&server, "leo", "leo@ecole.example").await;
    let ana = people::active(&server, "ana", SHARED).await.id;
    people::active(&server, "bob", SHARED).await;
    people::reset_link(&server, EMAIL).await;
    people::reset_link(&server, "leo@ecole.example").await;
    people::ask_reset(&server, Identifier::Email(SHARED.into())).await;
    settled(&server, SHARED).await;
    let all = listed(&server, ListMessagesRequest::default()).await;
    let middle = all[1].create_time;

    for (expected, request) in [
        (3, only(|_| {})),
        (1, only(|all| all.account_id = lea)),
        // One of several at the address.
        (1, only(|all| all.account_id = ana)),
        (1, only(|all| all.recipient = " LEO@Ecole.Example".into())),
        (
            0,
            only(|all| all.recipient = "personne@ecole.example".into()),
        ),
        (3, only(|all| all.set_state(MessageState::Sent))),
        (0, only(|all| all.set_state(MessageState::Bounced))),
        (3, only(|all| all.set_kind(MessageKind::Reset))),
        (0, only(|all| all.set_kind(MessageKind::Test))),
        (2, only(|all| all.start_time = middle)),
        (1, only(|all| all.end_time = middle)),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(listed(&server, request).await.len(), expected, "{shown}");
    }
}

#[tokio::test]
async fn pages_are_newest_first_and_a_token_fits_only_its_question() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    for count in 1..=5 {
        people::ask_reset(&server, Identifier::Username("lea".into())).await;
        server.mailbox().last(EMAIL, count).await;
    }
    let admin = server.admin().await;

    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListMessagesRequest {
            page_size: 2,
            page_token,
            ..ListMessagesRequest::default()
        };
        let page = admin
            .mail()
            .list_messages(request)
            .await
            .expect("a page")
            .into_inner();
        ids.extend(page.messages.into_iter().map(|mail| mail.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        let elsewhere = ListMessagesRequest {
            recipient: EMAIL.into(),
            page_token: page_token.clone(),
            ..ListMessagesRequest::default()
        };
        let refused = admin.mail().list_messages(elsewhere).await;
        expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    }

    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
}

#[tokio::test]
async fn what_is_no_condition_is_refused_all_at_once() {
    let server = Server::start().await;
    let no_time = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let request = ListMessagesRequest {
        account_id: "lea".into(),
        recipient: "lea".into(),
        state: 99,
        kind: -1,
        start_time: no_time,
        end_time: no_time,
        ..ListMessagesRequest::default()
    };

    let refused = server.admin().await.mail().list_messages(request).await;

    let status = expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    let fields: HashSet<String> = guichet_client::error::violations(&status)
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields.len(), 6, "{fields:?}");
}

#[tokio::test]
async fn a_shown_mail_has_its_words_and_none_of_its_codes() {
    let server = Server::start().await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    let (_, activation) = invited(&server, "ana", "ana@ecole.example").await;
    people::reset_link(&server, EMAIL).await;
    ask_move(&server, &account_id, "neuve@ecole.example").await;

    for (address, count) in [
        (EMAIL, 2),
        ("ana@ecole.example", 1),
        ("neuve@ecole.example", 1),
    ] {
        let sent = server.mailbox().wait_for(address, count).await;
        for mail in settled(&server, address).await {
            let shown = get(&server, &mail.id).await;
            let same = |one: &&guichet_tests::Mail| one.id().starts_with(&mail.id);
            let sent = sent.iter().find(same).expect("the mail itself");
            let mut text = sent.text.replace("\r\n", "\n");
            assert!(!sent.codes().is_empty(), "{text}");
            for code in sent.codes() {
                text = text.replace(&code, "…");
            }
            assert_eq!(shown.text.trim_end(), text.trim_end());
            assert_eq!(shown.subject, sent.subject);
            assert_eq!(shown.message, Some(mail));
        }
    }
    // Looking made no code and used none.
    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &activation, "ana@ecole.example", "Tigre45+").await;
    used.expect("an activation");
}

#[tokio::test]
async fn a_mail_is_shown_after_its_use_and_gone_with_its_account() {
    let server = Server::start().await;
    let account_id = people::active(&server, "lea", EMAIL).await.id;
    let link = people::reset_link(&server, EMAIL).await;
    let anyone = server.anyone().await;
    let used = people::complete(&anyone, &link, EMAIL, people::OTHER_PASSWORD).await;
    used.expect("a reset");
    server.mailbox().wait_for(EMAIL, 2).await;
    let mails = settled(&server, EMAIL).await;
    let admin = server.admin().await;

    let delete = DeleteAccountRequest {
        account_id: account_id.clone(),
        ..DeleteAccountRequest::default()
    };
    admin
        .account()
        .delete_account(delete)
        .await
        .expect("a deletion");
    for mail in &mails {
        let shown = get(&server, &mail.id).await;
        assert!(
            shown.text.contains("lea") && !shown.subject.is_empty(),
            "{shown:?}"
        );
    }

    server.advance(Duration::from_secs(1));
    admin
        .account()
        .purge_account(PurgeAccountRequest { account_id })
        .await
        .expect("a purge");
    for mail in mails {
        let request = GetMessageRequest {
            message_id: mail.id,
        };
        let gone = admin.mail().get_message(request).await;
        expect_error(gone, Code::NotFound, "NOT_FOUND");
    }
}
