//! Calls with one bad text or several, and what they might have changed.

use std::collections::BTreeSet;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, ApiKey, CreateAccountRequest, CreateApiKeyRequest, ListAccountsRequest,
    ListApiKeysRequest, LoginRequest, MigrateAccountRequest, RemindUsernamesRequest,
    RequestEmailChangeRequest, RequestResetRequest, UpdateAccountRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

/// A server with an imported account, and with Léa, who is signed in.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) admin: Guichet,
    lea: Guichet,
    lea_id: String,
    legacy_id: String,
}

/// What a refused request might have changed.
pub(super) type Kept = (Vec<Account>, Vec<ApiKey>, usize);

impl World {
    pub(super) async fn new() -> Self {
        let server = Server::start().await;
        let lea_id = people::active(&server, "lea.martin", EMAIL).await.id;
        let legacy_id = people::legacy(&server, "leo.martin", "").await.id;
        let tokens = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
        Self {
            admin: server.admin().await,
            lea: server.as_person(&tokens.access_token).await,
            server,
            lea_id,
            legacy_id,
        }
    }

    pub(super) async fn kept(&self) -> Kept {
        let request = ListAccountsRequest::default();
        let listed = self.admin.account().list_accounts(request).await;
        let accounts = listed.expect("a page").into_inner().accounts;
        let listed = self.admin.auth().list_api_keys(ListApiKeysRequest {}).await;
        let keys = listed.expect("the keys").into_inner().api_keys;
        let requests = people::reset_outcomes(&self.server).await.len();
        (accounts, keys, requests)
    }

    /// Mails leave in the order of their causes, so one that ought not to be would lie before the last one here.
    pub(super) async fn assert_unchanged(&self, before: Kept) {
        assert_eq!(self.kept().await, before);
        people::ask_reset(&self.server, Identifier::Username("lea.martin".into())).await;
        self.server.mailbox().last(EMAIL, 1).await;
        assert_eq!(self.server.mailbox().all().len(), 1);
    }

    pub(super) async fn create(&self, account: Account, credential: Option<Credential>) -> Faults {
        let request = CreateAccountRequest {
            account: Some(account),
            credential,
            ..CreateAccountRequest::default()
        };
        faults(self.admin.account().create_account(request).await)
    }

    pub(super) async fn update(&self, account: Account) -> Faults {
        let paths = [
            "username",
            "display_name",
            "locale",
            "external_id",
            "roles",
            "attributes",
        ];
        let request = UpdateAccountRequest {
            account: Some(Account {
                id: self.lea_id.clone(),
                ..account
            }),
            update_mask: Some(FieldMask {
                paths: paths.map(str::to_owned).to_vec(),
            }),
        };
        faults(self.admin.account().update_account(request).await)
    }

    pub(super) async fn migrate(&self, email: &str, locale: &str) -> Faults {
        let request = MigrateAccountRequest {
            account_id: self.legacy_id.clone(),
            email: email.into(),
            locale: locale.into(),
        };
        faults(self.admin.account().migrate_account(request).await)
    }

    pub(super) async fn change_email(&self, new_email: &str) -> Faults {
        let request = RequestEmailChangeRequest {
            new_email: new_email.into(),
            current_password: GOOD_PASSWORD.into(),
            ..RequestEmailChangeRequest::default()
        };
        faults(self.lea.account().request_email_change(request).await)
    }

    pub(super) async fn remind(&self, email: &str) -> Faults {
        let request = RemindUsernamesRequest {
            email: email.into(),
            locale: String::new(),
        };
        faults(self.lea.reset().remind_usernames(request).await)
    }

    pub(super) async fn ask(&self, identifier: Identifier, return_url: &str) -> Faults {
        let request = RequestResetRequest {
            identifier: Some(identifier),
            return_url: return_url.into(),
            ..RequestResetRequest::default()
        };
        faults(self.lea.reset().request_reset(request).await)
    }

    pub(super) async fn make_key(&self, name: &str, role: &str) -> Faults {
        let request = CreateApiKeyRequest {
            name: name.into(),
            role: role.into(),
            ttl: None,
        };
        faults(self.admin.auth().create_api_key(request).await)
    }

    pub(super) async fn sign_in(&self, username: &str, device_name: &str) -> Faults {
        let request = LoginRequest {
            username: username.into(),
            password: GOOD_PASSWORD.into(),
            device_name: device_name.into(),
            ..LoginRequest::default()
        };
        faults(self.lea.auth().login(request).await)
    }
}

/// Field and reason of each.
pub(super) type Faults = BTreeSet<(String, String)>;

pub(super) fn faults<T>(result: Result<Response<T>, Status>) -> Faults {
    let status = expect_error(result, Code::InvalidArgument, "INVALID_FIELDS");
    let violations = error::violations(&status).into_iter();
    violations
        .map(|violation| {
            assert!(!violation.description.is_empty(), "{}", violation.field);
            (violation.field, violation.reason)
        })
        .collect()
}

pub(super) fn told<'a>(faults: impl IntoIterator<Item = (&'a str, &'a str)>) -> Faults {
    let faults = faults.into_iter();
    faults
        .map(|(field, reason)| (field.to_owned(), reason.to_owned()))
        .collect()
}
