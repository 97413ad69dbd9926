//! `AuthService`: which RPC, who may call it, which function carries it out.

use std::sync::Arc;

use guichet_proto::v1::{
    BeginTotpEnrollmentRequest, BeginTotpEnrollmentResponse, ConfirmTotpEnrollmentRequest,
    ConfirmTotpEnrollmentResponse, ContinueLoginRequest, ContinueLoginResponse,
    CreateApiKeyRequest, CreateApiKeyResponse, GenerateRecoveryCodesRequest,
    GenerateRecoveryCodesResponse, GetSigningKeysRequest, GetSigningKeysResponse,
    GetUserInfoRequest, GetUserInfoResponse, IntrospectRequest, IntrospectResponse,
    ListApiKeysRequest, ListApiKeysResponse, ListSessionsRequest, ListSessionsResponse,
    LoginRequest, LoginResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
    RemoveTotpRequest, RemoveTotpResponse, RevokeAllSessionsRequest, RevokeAllSessionsResponse,
    RevokeApiKeyRequest, RevokeApiKeyResponse, RevokeSessionRequest, RevokeSessionResponse, Tokens,
    auth_service_server::AuthService, continue_login_response::Outcome as Continued,
    login_response::Outcome,
};
use tonic::{Code, Request, Response, Status, async_trait, metadata::MetadataMap};

use crate::{
    account::{current_password, row},
    app::App,
    call::{Access, Call, Service},
    caller::Caller,
    error::Error,
    store::account,
    transport::{
        device_cookie,
        session_cookie::{self, Public},
    },
};

pub mod api_keys;
pub(crate) mod challenge;
pub mod continue_login;
pub mod device;
pub mod good_tokens;
pub mod introspect;
pub mod key;
pub mod lockout;
pub mod login;
pub mod logout;
pub mod master_rotation;
mod new_place;
pub mod recovery_codes;
pub mod refresh;
pub mod refresh_token;
mod second_factor;
pub mod session;
pub mod sessions;
pub mod token;
pub mod totp;
pub mod user_info;

/// The service.
#[derive(Clone)]
pub struct Auth(Service);

impl Auth {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self(Service {
            app,
            name: "guichet.v1.AuthService",
        })
    }

    fn public(&self) -> Public {
        Public::of(self.0.app.config.listen.public_url.as_url().scheme())
    }

    fn keep_cookie(&self, metadata: &mut MetadataMap, refresh_token: &str) {
        let life = self.0.app.config.lifetimes.refresh;
        session_cookie::keep(metadata.as_mut(), self.public(), refresh_token, life);
    }

    fn keep_cookies(&self, metadata: &mut MetadataMap, [refresh, device]: &[String; 2]) {
        self.keep_cookie(metadata, refresh);
        let life = self.0.app.config.lifetimes.device;
        device_cookie::keep(metadata.as_mut(), self.public(), device, life);
    }

    /// Whether a call is about the token in the cookie. What becomes of another one is no matter for the browser.
    fn is_about_cookie(&self, metadata: &MetadataMap, refresh_token: &str) -> bool {
        let headers = metadata.as_ref();
        let kept = session_cookie::read(headers, self.public());
        session_cookie::is_wanted(headers) && kept.is_some_and(|kept| kept == refresh_token)
    }

    /// Has the browser forget a refresh token that is good for nothing any more.
    fn drop_dead_cookie(&self, mut refusal: Status, is_about_cookie: bool) -> Status {
        if is_about_cookie && refusal.code() == Code::Unauthenticated {
            session_cookie::forget(refusal.metadata_mut().as_mut(), self.public());
        }
        refusal
    }
}

/// The refresh token and the device's, which a browser keeps out of the scripts' sight.
fn take_secrets(tokens: &mut Tokens) -> [String; 2] {
    [&mut tokens.refresh_token, &mut tokens.device_token].map(std::mem::take)
}

#[async_trait]
impl AuthService for Auth {
    async fn login(
        &self,
        request: Request<LoginRequest>,
    ) -> Result<Response<LoginResponse>, Status> {
        let keeps_cookies = session_cookie::is_wanted(request.metadata().as_ref());
        let request =
            device_cookie::fill(request, self.public(), |request| &mut request.device_token);
        let request = session_cookie::fill(request, self.public(), |request| {
            &mut request.replaced_refresh_token
        });
        let mut reply = self
            .0
            .run("Login", Access::Public, request, login::login)
            .await?;
        if keeps_cookies && let Some(Outcome::Tokens(tokens)) = &mut reply.get_mut().outcome {
            let secrets = take_secrets(tokens);
            self.keep_cookies(reply.metadata_mut(), &secrets);
        }
        Ok(reply)
    }

    async fn continue_login(
        &self,
        request: Request<ContinueLoginRequest>,
    ) -> Result<Response<ContinueLoginResponse>, Status> {
        let keeps_cookies = session_cookie::is_wanted(request.metadata().as_ref());
        let mut reply = self
            .0
            .run(
                "ContinueLogin",
                Access::Public,
                request,
                continue_login::continue_login,
            )
            .await?;
        if keeps_cookies && let Some(Continued::Tokens(tokens)) = &mut reply.get_mut().outcome {
            let secrets = take_secrets(tokens);
            self.keep_cookies(reply.metadata_mut(), &secrets);
        }
        Ok(reply)
    }

    async fn refresh(
        &self,
        request: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        let request =
            session_cookie::fill(request, self.public(), |request| &mut request.refresh_token);
        let is_about_cookie =
            self.is_about_cookie(request.metadata(), &request.get_ref().refresh_token);
        let mut reply = self
            .0
            .run("Refresh", Access::Public, request, refresh::refresh)
            .await
            .map_err(|refusal| self.drop_dead_cookie(refusal, is_about_cookie))?;
        if is_about_cookie && let Some(tokens) = &mut reply.get_mut().tokens {
            let token = std::mem::take(&mut tokens.refresh_token);
            self.keep_cookie(reply.metadata_mut(), &token);
        }
        Ok(reply)
    }

    async fn logout(
        &self,
        request: Request<LogoutRequest>,
    ) -> Result<Response<LogoutResponse>, Status> {
        let request =
            session_cookie::fill(request, self.public(), |request| &mut request.refresh_token);
        let is_about_cookie =
            self.is_about_cookie(request.metadata(), &request.get_ref().refresh_token);
        let mut reply = self
            .0
            .run("Logout", Access::Public, request, logout::logout)
            .await
            .map_err(|refusal| self.drop_dead_cookie(refusal, is_about_cookie))?;
        if is_about_cookie {
            session_cookie::forget(reply.metadata_mut().as_mut(), self.public());
        }
        Ok(reply)
    }

    async fn introspect(
        &self,
        request: Request<IntrospectRequest>,
    ) -> Result<Response<IntrospectResponse>, Status> {
        self.0
            .run(
                "Introspect",
                Access::Authenticated,
                request,
                introspect::introspect,
            )
            .await
    }

    async fn get_signing_keys(
        &self,
        request: Request<GetSigningKeysRequest>,
    ) -> Result<Response<GetSigningKeysResponse>, Status> {
        self.0
            .run(
                "GetSigningKeys",
                Access::Public,
                request,
                key::get_signing_keys,
            )
            .await
    }

    async fn get_user_info(
        &self,
        request: Request<GetUserInfoRequest>,
    ) -> Result<Response<GetUserInfoResponse>, Status> {
        self.0
            .run(
                "GetUserInfo",
                Access::Person,
                request,
                user_info::get_user_info,
            )
            .await
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        self.0
            .run(
                "ListSessions",
                Access::Authenticated,
                request,
                sessions::list_sessions,
            )
            .await
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        self.0
            .defend(
                "RevokeSession",
                Access::Authenticated,
                request,
                sessions::revoke_session,
            )
            .await
    }

    async fn revoke_all_sessions(
        &self,
        request: Request<RevokeAllSessionsRequest>,
    ) -> Result<Response<RevokeAllSessionsResponse>, Status> {
        self.0
            .defend(
                "RevokeAllSessions",
                Access::Authenticated,
                request,
                sessions::revoke_all_sessions,
            )
            .await
    }

    async fn begin_totp_enrollment(
        &self,
        request: Request<BeginTotpEnrollmentRequest>,
    ) -> Result<Response<BeginTotpEnrollmentResponse>, Status> {
        self.0
            .write(
                "BeginTotpEnrollment",
                Access::Person,
                request,
                totp::begin_totp_enrollment,
            )
            .await
    }

    async fn confirm_totp_enrollment(
        &self,
        request: Request<ConfirmTotpEnrollmentRequest>,
    ) -> Result<Response<ConfirmTotpEnrollmentResponse>, Status> {
        self.0
            .write(
                "ConfirmTotpEnrollment",
                Access::Person,
                request,
                totp::confirm_totp_enrollment,
            )
            .await
    }

    async fn remove_totp(
        &self,
        request: Request<RemoveTotpRequest>,
    ) -> Result<Response<RemoveTotpResponse>, Status> {
        self.0
            .write(
                "RemoveTotp",
                Access::Authenticated,
                request,
                totp::remove_totp,
            )
            .await
    }

    async fn generate_recovery_codes(
        &self,
        request: Request<GenerateRecoveryCodesRequest>,
    ) -> Result<Response<GenerateRecoveryCodesResponse>, Status> {
        self.0
            .write(
                "GenerateRecoveryCodes",
                Access::Person,
                request,
                recovery_codes::generate_recovery_codes,
            )
            .await
    }

    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        self.0
            .write(
                "CreateApiKey",
                Access::Admin,
                request,
                api_keys::create_api_key,
            )
            .await
    }

    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        self.0
            .run(
                "ListApiKeys",
                Access::Admin,
                request,
                api_keys::list_api_keys,
            )
            .await
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<RevokeApiKeyResponse>, Status> {
        self.0
            .defend(
                "RevokeApiKey",
                Access::Admin,
                request,
                api_keys::revoke_api_key,
            )
            .await
    }
}

/// The caller's own account, once its password has proved that it is no thief who asks.
async fn own_account(call: &Call<'_>, password: &str) -> Result<account::Model, Error> {
    let Caller::Person { account_id, .. } = call.caller else {
        return Err(Error::Forbidden);
    };
    if password.is_empty() {
        return Err(Error::field("current_password", "REQUIRED"));
    }
    let account = row::find(&call.app.store.read, account_id).await?;
    current_password::verify(call, &account, password).await?;
    Ok(account)
}

#[cfg(test)]
fn test_master_key(digits: &str) -> crate::master_key::MasterKey {
    use crate::config::{DatabaseUrl, Storage};

    let storage = Storage {
        data_dir: "nowhere".into(),
        database: DatabaseUrl::Sqlite("nowhere".into()),
        master_key: Some(digits.repeat(32).into()),
        previous_master_key: None,
    };
    crate::master_key::MasterKey::load_or_create(&storage).unwrap()
}
