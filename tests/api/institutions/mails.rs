//! The mails, and the codes handed over, of who acts for an institution.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use guichet_client::Guichet;
use guichet_client::proto::report_bounce_request::Mail;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    GetMessageRequest, IssueResetCodeRequest, ListMessagesRequest, MailMessage, MessageState,
    ReportBounceRequest, ResendMessageRequest, SendTestMessageRequest,
};
use guichet_tests::{Server, people};
use tonic::Status;

use super::network::{self, Network, refusal};

async fn listed(guichet: &Guichet) -> Vec<MailMessage> {
    let request = ListMessagesRequest::default();
    let reply = guichet.mail().list_messages(request).await;
    reply.expect("a list").into_inner().messages
}

fn recipients(mails: &[MailMessage]) -> BTreeSet<&str> {
    mails.iter().map(|mail| mail.recipient.as_str()).collect()
}

/// Asks for a reset for each of these people, and waits until the mails have left.
async fn mail_to(server: &Server, usernames: &[&str]) -> Vec<MailMessage> {
    for username in usernames {
        people::ask_reset(server, Identifier::Username((*username).into())).await;
    }
    let admin = server.admin().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mails = listed(&admin).await;
        let is_sent = |mail: &MailMessage| mail.state() == MessageState::Sent;
        if mails.len() == usernames.len() && mails.iter().all(is_sent) {
            return mails;
        }
        assert!(Instant::now() < deadline, "not sent: {mails:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Everything that can be done about a mail, and the reasons that it is refused for.
async fn refusals(guichet: &Guichet, mail: &MailMessage) -> [String; 4] {
    let message_id = mail.id.clone();
    let get = GetMessageRequest { message_id };
    let resend = ResendMessageRequest {
        message_id: mail.id.clone(),
    };
    let report = |mail| ReportBounceRequest {
        mail: Some(mail),
        diagnostic: String::new(),
    };
    let by_id = report(Mail::MessageId(mail.id.clone()));
    let by_address = report(Mail::Recipient(mail.recipient.clone()));
    [
        refusal(guichet.mail().get_message(get).await),
        refusal(guichet.mail().resend_message(resend).await),
        refusal(guichet.mail().report_bounce(by_id).await),
        refusal(guichet.mail().report_bounce(by_address).await),
    ]
}

#[tokio::test]
async fn mails_about_people_elsewhere_do_not_exist() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    network::person(server, "in.school", &network.school).await;
    network::person(server, "in.annex", &network.annex).await;
    network::person(server, "in.sibling", &network.sibling).await;
    network::person(server, "in.none", "").await;
    let all = mail_to(server, &["in.school", "in.annex", "in.sibling", "in.none"]).await;

    let own = listed(&director).await;

    let reached = ["in.annex@ecole.example", "in.school@ecole.example"];
    assert_eq!(recipients(&own), BTreeSet::from(reached));
    for mail in all {
        if !reached.contains(&mail.recipient.as_str()) {
            assert_eq!(
                refusals(&director, &mail).await,
                ["NOT_FOUND"; 4],
                "{mail:?}"
            );
        }
    }
    let admin = server.admin().await;
    let states: BTreeSet<i32> = listed(&admin).await.iter().map(|mail| mail.state).collect();
    assert_eq!(states, BTreeSet::from([MessageState::Sent.into()]));
}

#[tokio::test]
async fn a_director_shows_resends_and_reports_what_is_about_their_own_people() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    network::person(server, "in.annex", &network.annex).await;
    let message_id = mail_to(server, &["in.annex"]).await.remove(0).id;

    let get = GetMessageRequest {
        message_id: message_id.clone(),
    };
    let shown = director
        .mail()
        .get_message(get)
        .await
        .expect("a mail")
        .into_inner();
    assert!(shown.text.contains("in.annex"), "{}", shown.text);
    let report = ReportBounceRequest {
        mail: Some(Mail::MessageId(message_id.clone())),
        diagnostic: "550".into(),
    };
    director
        .mail()
        .report_bounce(report)
        .await
        .expect("a report");
    let resend = ResendMessageRequest { message_id };
    director
        .mail()
        .resend_message(resend)
        .await
        .expect("another mail");

    server.mailbox().wait_for("in.annex@ecole.example", 2).await;
    let test = SendTestMessageRequest {
        recipient: "x@ecole.example".into(),
        ..SendTestMessageRequest::default()
    };
    assert_eq!(
        refusal(director.mail().send_test_message(test).await),
        "FORBIDDEN"
    );
}

async fn issue(guichet: &Guichet, account_id: &str) -> Result<(), Status> {
    let request = IssueResetCodeRequest {
        account_id: account_id.into(),
        ttl: None,
    };
    guichet.reset().issue_reset_code(request).await.map(drop)
}

#[tokio::test]
async fn a_code_is_handed_over_to_ones_own_people_and_never_to_who_is_ranked_above() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let own = network::person(server, "in.annex", &network.annex).await.id;
    let elsewhere = network::person(server, "in.sibling", &network.sibling)
        .await
        .id;
    let above = network::person(server, "in.school", &network.school)
        .await
        .id;
    let admin = server.admin().await;
    let appointed = network::appoint(&admin, &network.authority, &above).await;
    appointed.expect("a membership");

    issue(&director, &own).await.expect("a code");

    assert_eq!(refusal(issue(&director, &elsewhere).await), "NOT_FOUND");
    assert_eq!(refusal(issue(&director, &above).await), "FORBIDDEN");
    let message_id = {
        people::ask_reset(server, Identifier::Username("in.school".into())).await;
        server.mailbox().last("in.school@ecole.example", 1).await;
        let mails = listed(&director).await;
        let found = mails.into_iter().find(|mail| mail.account_id == above);
        found.expect("a mail that may be read").id
    };
    let resend = ResendMessageRequest { message_id };
    assert_eq!(
        refusal(director.mail().resend_message(resend).await),
        "FORBIDDEN"
    );
}
