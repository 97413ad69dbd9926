//! `ResetService`: which RPC, who may call it, which function carries it out.

use std::sync::Arc;

use guichet_proto::v1::{
    CheckPasswordRequest, CheckPasswordResponse, CompleteResetRequest, CompleteResetResponse,
    GetPasswordPolicyRequest, GetPasswordPolicyResponse, InspectResetRequest, InspectResetResponse,
    IssueResetCodeRequest, IssueResetCodeResponse, ListResetRequestsRequest,
    ListResetRequestsResponse, RemindUsernamesRequest, RemindUsernamesResponse,
    RequestResetRequest, RequestResetResponse, RevokeResetRequest, RevokeResetResponse,
    reset_service_server::ResetService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service, answer_in},
    transport::{
        device_cookie,
        session_cookie::{self, Public},
    },
};

mod admission;
mod code;
pub mod complete;
pub mod decide;
pub mod inspect;
pub mod intake;
pub mod issue;
pub mod list;
pub mod not_me;
pub mod policy;
mod refused;
pub mod renew;
pub mod request;
pub mod revoke;
mod short;
mod trace;

/// The service.
#[derive(Clone)]
pub struct Resets(Service);

impl Resets {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self(Service {
            app,
            name: "guichet.v1.ResetService",
        })
    }
}

#[async_trait]
impl ResetService for Resets {
    async fn get_password_policy(
        &self,
        request: Request<GetPasswordPolicyRequest>,
    ) -> Result<Response<GetPasswordPolicyResponse>, Status> {
        self.0
            .run(
                "GetPasswordPolicy",
                Access::Recognised,
                answer_in(request, |request| &request.locale),
                policy::get_password_policy,
            )
            .await
    }

    async fn check_password(
        &self,
        request: Request<CheckPasswordRequest>,
    ) -> Result<Response<CheckPasswordResponse>, Status> {
        self.0
            .run(
                "CheckPassword",
                Access::Public,
                answer_in(request, |request| &request.locale),
                policy::check_password,
            )
            .await
    }

    async fn request_reset(
        &self,
        request: Request<RequestResetRequest>,
    ) -> Result<Response<RequestResetResponse>, Status> {
        self.0
            .run(
                "RequestReset",
                Access::Public,
                answer_in(request, |request| &request.locale),
                request::request_reset,
            )
            .await
    }

    async fn inspect_reset(
        &self,
        request: Request<InspectResetRequest>,
    ) -> Result<Response<InspectResetResponse>, Status> {
        self.0
            .run(
                "InspectReset",
                Access::Public,
                request,
                inspect::inspect_reset,
            )
            .await
    }

    async fn complete_reset(
        &self,
        request: Request<CompleteResetRequest>,
    ) -> Result<Response<CompleteResetResponse>, Status> {
        let config = &self.0.app.config;
        let public = Public::of(config.listen.public_url.as_url().scheme());
        let keeps_cookies = session_cookie::is_wanted(request.metadata().as_ref());
        let request = device_cookie::fill(request, public, |request| &mut request.device_token);
        let mut reply = self
            .0
            .run(
                "CompleteReset",
                Access::Public,
                request,
                complete::complete_reset,
            )
            .await?;
        if keeps_cookies {
            let life = config.lifetimes.device;
            device_cookie::keep_from(&mut reply, public, |reply| &mut reply.device_token, life);
        }
        Ok(reply)
    }

    async fn revoke_reset(
        &self,
        request: Request<RevokeResetRequest>,
    ) -> Result<Response<RevokeResetResponse>, Status> {
        self.0
            .run("RevokeReset", Access::Public, request, revoke::revoke_reset)
            .await
    }

    async fn remind_usernames(
        &self,
        request: Request<RemindUsernamesRequest>,
    ) -> Result<Response<RemindUsernamesResponse>, Status> {
        self.0
            .run(
                "RemindUsernames",
                Access::Public,
                answer_in(request, |request| &request.locale),
                request::remind_usernames,
            )
            .await
    }

    async fn issue_reset_code(
        &self,
        request: Request<IssueResetCodeRequest>,
    ) -> Result<Response<IssueResetCodeResponse>, Status> {
        self.0
            .write(
                "IssueResetCode",
                Access::Delegate,
                request,
                issue::issue_reset_code,
            )
            .await
    }

    async fn list_reset_requests(
        &self,
        request: Request<ListResetRequestsRequest>,
    ) -> Result<Response<ListResetRequestsResponse>, Status> {
        self.0
            .run(
                "ListResetRequests",
                Access::Delegate,
                request,
                list::list_reset_requests,
            )
            .await
    }
}
