//! `AccountService`: which function answers which RPC, and who may call it.

use std::{pin::Pin, sync::Arc};

use guichet_proto::v1::{self, account_service_server::AccountService};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service},
    transport::{
        device_cookie,
        session_cookie::{self, Public},
    },
};

pub mod affiliation;
pub mod change_password;
pub mod create;
pub mod current_password;
pub mod delete;
pub mod disable;
pub mod email;
pub mod email_address;
pub mod export;
pub mod fields;
pub mod filter;
pub mod first_reply;
pub mod former_passwords;
pub mod get;
pub mod lifecycle;
pub mod list;
pub mod migrate;
pub mod new_password;
pub mod own_counter;
pub mod purge;
pub mod rank;
pub mod row;
pub mod search;
pub mod state;
pub mod update;
pub mod username;
pub mod view;

/// `guichet.v1.AccountService`.
#[derive(Clone)]
pub struct Accounts(Service);

impl Accounts {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self(Service {
            app,
            name: "guichet.v1.AccountService",
        })
    }
}

type Reply<T> = Result<Response<T>, Status>;

/// A stream of answers as callers see it.
type Told<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[async_trait]
impl AccountService for Accounts {
    async fn create_account(
        &self,
        request: Request<v1::CreateAccountRequest>,
    ) -> Reply<v1::CreateAccountResponse> {
        self.0
            .write(
                "CreateAccount",
                Access::Delegate,
                request,
                create::create_account,
            )
            .await
    }

    async fn get_account(
        &self,
        request: Request<v1::GetAccountRequest>,
    ) -> Reply<v1::GetAccountResponse> {
        self.0
            .run(
                "GetAccount",
                Access::Authenticated,
                request,
                get::get_account,
            )
            .await
    }

    async fn lookup_accounts(
        &self,
        request: Request<v1::LookupAccountsRequest>,
    ) -> Reply<v1::LookupAccountsResponse> {
        self.0
            .run(
                "LookupAccounts",
                Access::Reader,
                request,
                get::lookup_accounts,
            )
            .await
    }

    async fn batch_get_accounts(
        &self,
        request: Request<v1::BatchGetAccountsRequest>,
    ) -> Reply<v1::BatchGetAccountsResponse> {
        self.0
            .run(
                "BatchGetAccounts",
                Access::Reader,
                request,
                get::batch_get_accounts,
            )
            .await
    }

    async fn list_accounts(
        &self,
        request: Request<v1::ListAccountsRequest>,
    ) -> Reply<v1::ListAccountsResponse> {
        self.0
            .run("ListAccounts", Access::Reader, request, list::list_accounts)
            .await
    }

    async fn update_account(
        &self,
        request: Request<v1::UpdateAccountRequest>,
    ) -> Reply<v1::UpdateAccountResponse> {
        self.0
            .write(
                "UpdateAccount",
                Access::Authenticated,
                request,
                update::update_account,
            )
            .await
    }

    async fn disable_account(
        &self,
        request: Request<v1::DisableAccountRequest>,
    ) -> Reply<v1::DisableAccountResponse> {
        self.0
            .write(
                "DisableAccount",
                Access::Delegate,
                request,
                disable::disable_account,
            )
            .await
    }

    async fn enable_account(
        &self,
        request: Request<v1::EnableAccountRequest>,
    ) -> Reply<v1::EnableAccountResponse> {
        self.0
            .write(
                "EnableAccount",
                Access::Delegate,
                request,
                disable::enable_account,
            )
            .await
    }

    async fn unlock_account(
        &self,
        request: Request<v1::UnlockAccountRequest>,
    ) -> Reply<v1::UnlockAccountResponse> {
        self.0
            .write(
                "UnlockAccount",
                Access::Delegate,
                request,
                disable::unlock_account,
            )
            .await
    }

    async fn delete_account(
        &self,
        request: Request<v1::DeleteAccountRequest>,
    ) -> Reply<v1::DeleteAccountResponse> {
        self.0
            .write(
                "DeleteAccount",
                Access::Admin,
                request,
                delete::delete_account,
            )
            .await
    }

    async fn undelete_account(
        &self,
        request: Request<v1::UndeleteAccountRequest>,
    ) -> Reply<v1::UndeleteAccountResponse> {
        self.0
            .write(
                "UndeleteAccount",
                Access::Admin,
                request,
                delete::undelete_account,
            )
            .await
    }

    async fn purge_account(
        &self,
        request: Request<v1::PurgeAccountRequest>,
    ) -> Reply<v1::PurgeAccountResponse> {
        self.0
            .write(
                "PurgeAccount",
                Access::Admin,
                request,
                delete::purge_account,
            )
            .await
    }

    async fn migrate_account(
        &self,
        request: Request<v1::MigrateAccountRequest>,
    ) -> Reply<v1::MigrateAccountResponse> {
        self.0
            .write(
                "MigrateAccount",
                Access::Delegate,
                request,
                migrate::migrate_account,
            )
            .await
    }

    async fn batch_migrate_accounts(
        &self,
        request: Request<v1::BatchMigrateAccountsRequest>,
    ) -> Reply<v1::BatchMigrateAccountsResponse> {
        self.0
            .write(
                "BatchMigrateAccounts",
                Access::Delegate,
                request,
                migrate::batch_migrate_accounts,
            )
            .await
    }

    async fn send_activation(
        &self,
        request: Request<v1::SendActivationRequest>,
    ) -> Reply<v1::SendActivationResponse> {
        self.0
            .write(
                "SendActivation",
                Access::Delegate,
                request,
                migrate::send_activation,
            )
            .await
    }

    async fn change_password(
        &self,
        request: Request<v1::ChangePasswordRequest>,
    ) -> Reply<v1::ChangePasswordResponse> {
        let config = &self.0.app.config;
        let public = Public::of(config.listen.public_url.as_url().scheme());
        let headers = request.metadata().as_ref();
        let keeps_cookies = session_cookie::is_wanted(headers);
        let kept = keeps_cookies
            .then(|| device_cookie::read(headers, public))
            .flatten()
            .unwrap_or_default();
        let mut reply = self
            .0
            .defend(
                "ChangePassword",
                Access::Person,
                request.map(|request| (request, kept)),
                change_password::change_password,
            )
            .await?;
        if keeps_cookies {
            let life = config.lifetimes.device;
            device_cookie::keep_from(&mut reply, public, |reply| &mut reply.device_token, life);
        }
        Ok(reply)
    }

    async fn request_email_change(
        &self,
        request: Request<v1::RequestEmailChangeRequest>,
    ) -> Reply<v1::RequestEmailChangeResponse> {
        self.0
            .write(
                "RequestEmailChange",
                Access::Authenticated,
                request,
                email::request_email_change,
            )
            .await
    }

    async fn confirm_email_change(
        &self,
        request: Request<v1::ConfirmEmailChangeRequest>,
    ) -> Reply<v1::ConfirmEmailChangeResponse> {
        self.0
            .run(
                "ConfirmEmailChange",
                Access::Public,
                request,
                email::confirm_email_change,
            )
            .await
    }

    type ExportAccountDataStream = Told<v1::ExportAccountDataResponse>;

    async fn export_account_data(
        &self,
        request: Request<v1::ExportAccountDataRequest>,
    ) -> Reply<Self::ExportAccountDataStream> {
        let export = self
            .0
            .run(
                "ExportAccountData",
                Access::Authenticated,
                request,
                export::export_account_data,
            )
            .await?;
        let app = self.0.app.clone();
        Ok(export.map(|export| {
            let locale = export.locale;
            let records = ReceiverStream::new(export.records(app));
            let told = records.map(move |record| record.map_err(|error| error.into_status(locale)));
            Box::pin(told) as Told<_>
        }))
    }
}
