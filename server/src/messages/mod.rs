//! `MailService`: which RPC, who may call it, which function carries it out.

use std::sync::Arc;

use guichet_proto::v1::{
    GetMessageRequest, GetMessageResponse, ListMessagesRequest, ListMessagesResponse,
    ReportBounceRequest, ReportBounceResponse, ResendMessageRequest, ResendMessageResponse,
    SendTestMessageRequest, SendTestMessageResponse, mail_service_server::MailService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service, answer_in},
};

pub mod get;
pub mod list;
pub mod report_bounce;
pub mod resend;
pub mod send_test;
mod view;

pub use view::{last_word, state};

/// The service.
#[derive(Clone)]
pub struct Messages(Service);

impl Messages {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self(Service {
            app,
            name: "guichet.v1.MailService",
        })
    }
}

#[async_trait]
impl MailService for Messages {
    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        self.0
            .run(
                "ListMessages",
                Access::Delegate,
                request,
                list::list_messages,
            )
            .await
    }

    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<GetMessageResponse>, Status> {
        self.0
            .run("GetMessage", Access::Delegate, request, get::get_message)
            .await
    }

    async fn resend_message(
        &self,
        request: Request<ResendMessageRequest>,
    ) -> Result<Response<ResendMessageResponse>, Status> {
        self.0
            .write(
                "ResendMessage",
                Access::Delegate,
                request,
                resend::resend_message,
            )
            .await
    }

    async fn report_bounce(
        &self,
        request: Request<ReportBounceRequest>,
    ) -> Result<Response<ReportBounceResponse>, Status> {
        self.0
            .write(
                "ReportBounce",
                Access::Delegate,
                request,
                report_bounce::report_bounce,
            )
            .await
    }

    async fn send_test_message(
        &self,
        request: Request<SendTestMessageRequest>,
    ) -> Result<Response<SendTestMessageResponse>, Status> {
        self.0
            .write(
                "SendTestMessage",
                Access::Admin,
                answer_in(request, |request| &request.locale),
                send_test::send_test_message,
            )
            .await
    }
}
