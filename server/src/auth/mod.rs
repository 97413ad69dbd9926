//! `AuthService`: which RPC, who may call it, which function carries it out.

use std::sync::Arc;

use guichet_proto::v1::{
    CreateApiKeyRequest, CreateApiKeyResponse, GetSigningKeysRequest, GetSigningKeysResponse,
    GetUserInfoRequest, GetUserInfoResponse, IntrospectRequest, IntrospectResponse,
    ListApiKeysRequest, ListApiKeysResponse, ListSessionsRequest, ListSessionsResponse,
    LoginRequest, LoginResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
    RevokeAllSessionsRequest, RevokeAllSessionsResponse, RevokeApiKeyRequest, RevokeApiKeyResponse,
    RevokeSessionRequest, RevokeSessionResponse, auth_service_server::AuthService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service},
};

pub mod api_keys;
pub mod introspect;
pub mod key;
pub mod lockout;
pub mod login;
pub mod logout;
pub mod refresh;
pub mod refresh_token;
pub mod session;
pub mod sessions;
pub mod token;
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
}

#[async_trait]
impl AuthService for Auth {
    async fn login(
        &self,
        request: Request<LoginRequest>,
    ) -> Result<Response<LoginResponse>, Status> {
        self.0
            .run("Login", Access::Public, request, login::login)
            .await
    }

    async fn refresh(
        &self,
        request: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        self.0
            .run("Refresh", Access::Public, request, refresh::refresh)
            .await
    }

    async fn logout(
        &self,
        request: Request<LogoutRequest>,
    ) -> Result<Response<LogoutResponse>, Status> {
        self.0
            .run("Logout", Access::Public, request, logout::logout)
            .await
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
            .run(
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
            .run(
                "RevokeAllSessions",
                Access::Authenticated,
                request,
                sessions::revoke_all_sessions,
            )
            .await
    }

    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        self.0
            .run(
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
            .run(
                "RevokeApiKey",
                Access::Admin,
                request,
                api_keys::revoke_api_key,
            )
            .await
    }
}

#[cfg(test)]
fn test_master_key(digits: &str) -> crate::master_key::MasterKey {
    use crate::config::{DatabaseUrl, Storage};

    let storage = Storage {
        data_dir: "nowhere".into(),
        database: DatabaseUrl::Sqlite("nowhere".into()),
        master_key: Some(digits.repeat(32).into()),
    };
    crate::master_key::MasterKey::load_or_create(&storage).unwrap()
}
