//! One of two servers that are asked the same, and its answers in a form that can be compared.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};

use guichet_client::proto as v1;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::lookup_accounts_request::Key as LookupKey;
use guichet_client::proto::{Account, Institution};
use guichet_client::{Guichet, error};
use guichet_tests::Server;
use prost_types::FieldMask;
use tonic::{Response, Status};

use super::deed::{Deed, Key};

/// Pages of a list that are followed.
const PAGES: usize = 4;

/// A UUID as text.
const ID_LENGTH: usize = 36;

pub(crate) struct Side {
    pub(super) admin: Guichet,
    /// Accounts and institutions in the order in which they were made; an id of nothing for numbers beyond.
    accounts: Vec<Account>,
    pub(super) institutions: Vec<Institution>,
    refresh_tokens: HashMap<usize, String>,
    /// The number of each id, in the order in which they were seen.
    seen: HashMap<String, usize>,
}

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

impl Side {
    pub(crate) async fn of(server: &Server) -> Self {
        Self {
            admin: server.admin().await,
            accounts: Vec::new(),
            institutions: Vec::new(),
            refresh_tokens: HashMap::new(),
            seen: HashMap::new(),
        }
    }

    pub(super) fn account(&self, number: usize) -> String {
        let account = self.accounts.get(number);
        account.map_or(NOBODY.to_owned(), |account| account.id.clone())
    }

    pub(super) fn institution(&self, number: usize) -> String {
        let institution = self.institutions.get(number);
        institution.map_or(NOBODY.to_owned(), |institution| institution.id.clone())
    }

    pub(super) fn perhaps_institution(&self, number: Option<usize>) -> String {
        number
            .map(|number| self.institution(number))
            .unwrap_or_default()
    }

    /// Does it, and tells the answer without what is by chance.
    pub(crate) async fn answer(&mut self, deed: &Deed) -> String {
        let said = self.carry_out(deed).await;
        self.plain(&said)
    }

    async fn carry_out(&mut self, deed: &Deed) -> String {
        match deed {
            Deed::CreateAccount { .. } => self.create_account(deed).await,
            Deed::UpdateAccount { .. } => self.update_account(deed).await,
            Deed::ListAccounts { .. } => self.list_accounts(deed).await,
            Deed::ListInstitutions { .. } => self.list_institutions(deed).await,
            Deed::CreateInstitution { .. } => self.create_institution(deed).await,
            Deed::Login { account, password } => self.login(*account, password).await,
            Deed::Refresh(account) => self.refresh(*account).await,
            other => self.ask_about_accounts(other).await,
        }
    }

    async fn ask_about_accounts(&self, deed: &Deed) -> String {
        let mut accounts = self.admin.account();
        match deed {
            Deed::GetAccount(number) => {
                let account_id = self.account(*number);
                let request = v1::GetAccountRequest { account_id };
                told(accounts.get_account(request).await)
            }
            Deed::Lookup(key) => {
                let key = Some(match key.clone() {
                    Key::Username(name) => LookupKey::Username(name),
                    Key::Email(email) => LookupKey::Email(email),
                    Key::ExternalId(id) => LookupKey::ExternalId(id),
                });
                let request = v1::LookupAccountsRequest { key };
                told(accounts.lookup_accounts(request).await)
            }
            Deed::Sessions(number) => {
                let request = v1::ListSessionsRequest {
                    account_id: self.account(*number),
                };
                told(self.admin.auth().list_sessions(request).await)
            }
            Deed::CheckPassword(password) => {
                let request = v1::CheckPasswordRequest {
                    password: password.clone(),
                    ..Default::default()
                };
                told(self.admin.reset().check_password(request).await)
            }
            other => self.move_account(other).await,
        }
    }

    async fn move_account(&self, deed: &Deed) -> String {
        let mut accounts = self.admin.account();
        match deed {
            Deed::Disable(number) => {
                let account_id = self.account(*number);
                let request = v1::DisableAccountRequest { account_id };
                told(accounts.disable_account(request).await)
            }
            Deed::Enable(number) => {
                let account_id = self.account(*number);
                let request = v1::EnableAccountRequest { account_id };
                told(accounts.enable_account(request).await)
            }
            Deed::Delete(number) => {
                let request = v1::DeleteAccountRequest {
                    account_id: self.account(*number),
                    ..Default::default()
                };
                told(accounts.delete_account(request).await)
            }
            Deed::Undelete(number) => {
                let account_id = self.account(*number);
                let request = v1::UndeleteAccountRequest { account_id };
                told(accounts.undelete_account(request).await)
            }
            Deed::Purge(number) => {
                let account_id = self.account(*number);
                let request = v1::PurgeAccountRequest { account_id };
                told(accounts.purge_account(request).await)
            }
            other => self.ask_about_institutions(other).await,
        }
    }

    async fn create_account(&mut self, deed: &Deed) -> String {
        let Deed::CreateAccount {
            username,
            email,
            display_name,
            external_id,
            attribute,
            institution,
            password,
        } = deed
        else {
            unreachable!("it was looked at before");
        };
        let request = v1::CreateAccountRequest {
            account: Some(Account {
                username: username.clone(),
                email: email.clone(),
                display_name: display_name.clone(),
                external_id: external_id.clone(),
                attributes: attributes(attribute),
                institution_id: self.perhaps_institution(*institution),
                ..Default::default()
            }),
            credential: password.map(|password| Credential::Password(password.to_owned())),
            ..Default::default()
        };
        let reply = self.admin.account().create_account(request).await;
        if let Ok(reply) = &reply {
            self.accounts.extend(reply.get_ref().account.clone());
        }
        told(reply)
    }

    async fn update_account(&mut self, deed: &Deed) -> String {
        let Deed::UpdateAccount {
            account,
            display_name,
            external_id,
            attribute,
            with_etag,
        } = deed
        else {
            unreachable!("it was looked at before");
        };
        let paths: Vec<&str> = [
            display_name.as_ref().map(|_| "display_name"),
            external_id.as_ref().map(|_| "external_id"),
            attribute.as_ref().map(|_| "attributes"),
        ]
        .into_iter()
        .flatten()
        .collect();
        // What was read when the account was made or last changed: perhaps it is stale.
        let known = self.accounts.get(*account);
        let etag = known.filter(|_| *with_etag).map(|known| known.etag.clone());
        let request = v1::UpdateAccountRequest {
            account: Some(Account {
                id: self.account(*account),
                display_name: display_name.clone().unwrap_or_default(),
                external_id: external_id.clone().unwrap_or_default(),
                attributes: attribute.as_deref().map(attributes).unwrap_or_default(),
                etag: etag.unwrap_or_default(),
                ..Default::default()
            }),
            update_mask: mask(&paths),
        };
        let reply = self.admin.account().update_account(request).await;
        if let Ok(reply) = &reply
            && let Some(changed) = &reply.get_ref().account
        {
            self.accounts[*account] = changed.clone();
        }
        told(reply)
    }

    async fn list_accounts(&mut self, deed: &Deed) -> String {
        let Deed::ListAccounts {
            filter,
            order_by,
            page_size,
            institution,
        } = deed
        else {
            unreachable!("it was looked at before");
        };
        let mut request = v1::ListAccountsRequest {
            institution_id: self.perhaps_institution(*institution),
            filter: filter.clone(),
            order_by: (*order_by).to_owned(),
            page_size: *page_size,
            page_token: String::new(),
        };
        let mut said = String::new();
        for _ in 0..PAGES {
            let page = self.admin.account().list_accounts(request.clone()).await;
            let next = page.as_ref().ok();
            let next = next.map(|page| page.get_ref().next_page_token.clone());
            said += &told(page);
            match next {
                Some(token) if !token.is_empty() => request.page_token = token,
                _ => break,
            }
        }
        said
    }

    async fn login(&mut self, account: usize, password: &str) -> String {
        let known = self.accounts.get(account);
        let username = known.map_or("nobody".to_owned(), |known| known.username.clone());
        let request = v1::LoginRequest {
            username,
            password: password.to_owned(),
            device_name: "tests".to_owned(),
            ..Default::default()
        };
        let reply = self.admin.auth().login(request).await;
        if let Ok(reply) = &reply
            && let Some(Outcome::Tokens(tokens)) = &reply.get_ref().outcome
        {
            let token = tokens.refresh_token.clone();
            self.refresh_tokens.insert(account, token);
        }
        told(reply)
    }

    async fn refresh(&mut self, account: usize) -> String {
        let known = self.refresh_tokens.get(&account).cloned();
        let request = v1::RefreshRequest {
            refresh_token: known.unwrap_or_default(),
        };
        let reply = self.admin.auth().refresh(request).await;
        if let Ok(reply) = &reply
            && let Some(tokens) = &reply.get_ref().tokens
        {
            let token = tokens.refresh_token.clone();
            self.refresh_tokens.insert(account, token);
        }
        told(reply)
    }

    /// Without what each side makes by chance: ids become numbers, times and what is sealed are left out.
    fn plain(&mut self, said: &str) -> String {
        let without_times = left_out(said, "Timestamp {", "}");
        let without_etags = left_out(&without_times, "etag: \"", "\"");
        let rest = left_out(&without_etags, "next_page_token: \"", "\"");
        let mut plain = String::new();
        let mut rest = rest.as_str();
        while let Some(first) = rest.chars().next() {
            if let Some(id) = rest.get(..ID_LENGTH).filter(|text| is_id(text)) {
                let next = self.seen.len();
                let number = self.seen.entry(id.to_owned()).or_insert(next);
                write!(plain, "#{number}").expect("memory");
                rest = &rest[ID_LENGTH..];
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        plain
    }
}

fn is_id(text: &str) -> bool {
    let is_part = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.bytes().enumerate().all(is_part)
}

/// What stands between `begin` and the next `end` is left out, unless it is nothing.
fn left_out(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (between, after) = part.split_once(end).unwrap_or((part, ""));
        let shown = if between.is_empty() { "" } else { "…" };
        write!(rest, "{begin}{shown}{end}{after}").expect("memory");
    }
    rest
}

pub(super) fn told<T: Debug>(answer: Result<Response<T>, Status>) -> String {
    match answer {
        Ok(reply) => format!("{:?}", reply.into_inner()),
        Err(status) => format!(
            "refused: {:?} {:?} {} {:?}",
            status.code(),
            error::reason(&status),
            status.message(),
            error::violations(&status)
        ),
    }
}

/// One, because their order is by chance.
fn attributes(value: &str) -> HashMap<String, String> {
    HashMap::from([("key".to_owned(), value.to_owned())])
}

#[expect(clippy::unnecessary_wraps, reason = "as requests have it")]
pub(super) fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    })
}
