//! Resets, mails and imports.

use guichet_client::proto;
use guichet_client::proto::import_accounts_request::Message;
use guichet_client::proto::report_bounce_request::Mail;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::Link;
use guichet_tests::people::{self, OTHER_PASSWORD};

use super::Story;

impl Story {
    /// Ana, who asks for a reset.
    pub(super) async fn resets(&mut self) -> String {
        let (admin, anyone) = (self.admin.clone(), self.server.anyone().await);
        people::active(&self.server, "ana", "ana@ecole.example").await;
        self.forget().await;
        people::ask_reset(&self.server, Identifier::Email("ana@ecole.example".into())).await;
        self.listen_for("RequestReset", "reset.decided").await;
        let link: Link = self
            .server
            .mailbox()
            .last("ana@ecole.example", 1)
            .await
            .link();
        let request = proto::RemindUsernamesRequest {
            email: "ana@ecole.example".into(),
            ..proto::RemindUsernamesRequest::default()
        };
        let asked = anyone.reset().remind_usernames(request).await;
        asked.expect("always the same reply");
        self.listen_for("RemindUsernames", "reset.decided").await;
        call!(
            self,
            anyone,
            reset,
            revoke_reset,
            RevokeResetRequest {
                user_id: link.user_id.clone(),
                code: link.code,
            }
        );
        let issued = call!(
            self,
            admin,
            reset,
            issue_reset_code,
            IssueResetCodeRequest {
                account_id: link.user_id.clone(),
            }
        );
        self.server.remember(&issued.code);
        call!(
            self,
            anyone,
            reset,
            complete_reset,
            CompleteResetRequest {
                user_id: link.user_id.clone(),
                code: issued.code,
                email: "ana@ecole.example".into(),
                new_password: OTHER_PASSWORD.into(),
            }
        );

        link.user_id
    }

    pub(super) async fn mails(&mut self, account_id: String) {
        let admin = self.admin.clone();
        let listed = proto::ListMessagesRequest {
            account_id,
            ..proto::ListMessagesRequest::default()
        };
        let listed = admin.mail().list_messages(listed).await;
        let mails = listed.expect("mails").into_inner().messages;
        let sent = mails
            .iter()
            .find(|mail| mail.kind() == proto::MessageKind::Reset);
        let message_id = sent.expect("the mail with the link").id.clone();
        call!(
            self,
            admin,
            mail,
            report_bounce,
            ReportBounceRequest {
                mail: Some(Mail::MessageId(message_id.clone())),
            }
        );
        call!(
            self,
            admin,
            mail,
            resend_message,
            ResendMessageRequest { message_id }
        );
        call!(
            self,
            admin,
            mail,
            send_test_message,
            SendTestMessageRequest {
                recipient: "operator@ecole.example".into(),
            }
        );
    }

    pub(super) async fn import(&mut self) {
        let begin = proto::ImportBegin {
            source: "old".into(),
            ..proto::ImportBegin::default()
        };
        let row = proto::ImportRow {
            number: 1,
            username: "imported".into(),
            ..proto::ImportRow::default()
        };
        let messages = [Message::Begin(begin), Message::Row(row)];
        let messages = messages.map(|message| proto::ImportAccountsRequest {
            message: Some(message),
        });
        self.forget().await;
        let reply = self
            .admin
            .import()
            .import_accounts(tokio_stream::iter(messages))
            .await;
        let mut answers = reply.expect("an import").into_inner();
        let mut import_id = String::new();
        while let Some(answer) = answers.message().await.expect("an answer") {
            if let Some(proto::import_accounts_response::Message::Import(job)) = answer.message {
                import_id = job.id;
            }
        }
        self.listen("ImportAccounts").await;
        let admin = self.admin.clone();
        call!(
            self,
            admin,
            import,
            undo_import,
            UndoImportRequest { import_id }
        );
    }
}
