//! What administrators learn about mails, and what they do about them.

mod bounces;
mod clock;
mod resent;
mod shown;
mod tested;

use std::time::{Duration, Instant};

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, CreateAccountRequest, ExportAccountDataRequest, ListMessagesRequest, MailMessage,
    MessageState, RequestEmailChangeRequest,
};
use guichet_tests::{Link, Server};

const EMAIL: &str = "lea@ecole.example";

/// The mails that meet a condition, newest first.
async fn listed(server: &Server, request: ListMessagesRequest) -> Vec<MailMessage> {
    let admin = server.admin().await;
    let reply = admin.mail().list_messages(request).await;
    reply.expect("a list").into_inner().messages
}

/// Waits until each mail to `recipient` has left or been given up, and returns them, newest first.
pub(crate) async fn settled(server: &Server, recipient: &str) -> Vec<MailMessage> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let request = ListMessagesRequest {
            recipient: recipient.into(),
            ..ListMessagesRequest::default()
        };
        let mails = listed(server, request).await;
        let is_queued = |mail: &MailMessage| mail.state() == MessageState::Queued;
        if !mails.is_empty() && !mails.iter().any(is_queued) {
            return mails;
        }
        assert!(Instant::now() < deadline, "still queued: {mails:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The types of the events about an account, in order.
async fn events(server: &Server, account_id: &str) -> Vec<String> {
    let request = ExportAccountDataRequest {
        account_id: account_id.into(),
    };
    let admin = server.admin().await;
    let reply = admin.account().export_account_data(request).await;
    let mut records = reply.expect("an export").into_inner();
    let mut types = Vec::new();
    while let Some(record) = records.message().await.expect("a record") {
        if record.section == "event" {
            let event: serde_json::Value =
                serde_json::from_str(&record.json).expect("a JSON object");
            types.push(event["type"].as_str().expect("a type").to_owned());
        }
    }
    types
}

/// Creates an account that waits for its person, and returns its id and the link that it was mailed.
async fn invited(server: &Server, username: &str, email: &str) -> (String, Link) {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            email: email.into(),
            ..Account::default()
        }),
        credential: Some(Credential::SendActivation(true)),
        ..CreateAccountRequest::default()
    };
    let admin = server.admin().await;
    let created = admin.account().create_account(request).await;
    let account = created.expect("a reply").into_inner().account;
    let link = server.mailbox().last(email, 1).await.link();
    (account.expect("an account").id, link)
}

/// Has an administrator ask for another address for an account.
async fn ask_move(server: &Server, account_id: &str, new_email: &str) {
    let request = RequestEmailChangeRequest {
        account_id: account_id.into(),
        new_email: new_email.into(),
        ..RequestEmailChangeRequest::default()
    };
    let admin = server.admin().await;
    let asked = admin.account().request_email_change(request).await;
    asked.expect("a request");
}
