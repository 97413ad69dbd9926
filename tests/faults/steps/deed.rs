//! The work whose steps fail, and what must hold afterwards.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use guichet_client::TokenSource;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, ChangePasswordRequest, ConfirmEmailChangeRequest, CreateAccountRequest,
    RequestEmailChangeRequest, RequestResetRequest, Tokens,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};
use tonic::Status;

use crate::world::within;

/// How long a mail may take.
pub(super) const MAIL_LIMIT: Duration = Duration::from_secs(20);

/// What people and administrators do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    CompleteReset,
    RequestReset,
    Refresh,
    Register,
    SignIn,
    ChangePassword,
    ConfirmEmail,
    RotateKeys,
}

/// The most important first.
pub(crate) const DEEDS: [Deed; 8] = [
    Deed::CompleteReset,
    Deed::RequestReset,
    Deed::Refresh,
    Deed::Register,
    Deed::SignIn,
    Deed::ChangePassword,
    Deed::ConfirmEmail,
    Deed::RotateKeys,
];

/// Each trial is about somebody else.
static TRIALS: AtomicU32 = AtomicU32::new(0);

/// One deed by one person, in good health until it begins.
pub(crate) struct Trial {
    pub(super) deed: Deed,
    pub(super) username: String,
    pub(super) email: String,
    pub(super) account_id: String,
    pub(super) tokens: Option<Tokens>,
    pub(super) link: Option<Link>,
}

impl Trial {
    pub(crate) async fn prepare(server: &Server, deed: Deed) -> Self {
        let number = TRIALS.fetch_add(1, Ordering::Relaxed);
        let username = format!("trial.{number}");
        let email = format!("{username}@ecole.example");
        let mut trial = Self {
            deed,
            account_id: String::new(),
            tokens: None,
            link: None,
            username,
            email,
        };
        if !matches!(deed, Deed::Register) {
            let account = people::active(server, &trial.username, &trial.email).await;
            trial.account_id = account.id;
            let tokens = people::tokens(server, &trial.username, GOOD_PASSWORD).await;
            trial.tokens = Some(tokens);
        }
        match deed {
            Deed::CompleteReset => trial.link = Some(trial.ask_link(server).await),
            Deed::ConfirmEmail => trial.link = Some(trial.ask_confirmation(server).await),
            _ => {}
        }
        trial
    }

    async fn ask_link(&self, server: &Server) -> Link {
        people::reset_link(server, &self.email).await
    }

    async fn ask_confirmation(&self, server: &Server) -> Link {
        let request = RequestEmailChangeRequest {
            account_id: self.account_id.clone(),
            new_email: self.new_email(),
            ..RequestEmailChangeRequest::default()
        };
        let asked = server
            .admin()
            .await
            .account()
            .request_email_change(request)
            .await;
        asked.expect("an administrator may ask");
        let mail = server.mailbox().last(&self.new_email(), 1).await;
        let code = mail.codes().pop().expect("a code");
        Link {
            user_id: self.account_id.clone(),
            url: String::new(),
            code,
        }
    }

    pub(super) fn new_email(&self) -> String {
        format!("new.{}", self.email)
    }

    /// Does the deed, and waits for what the worker makes of it, unless something was `hit`.
    pub(crate) async fn act(
        &mut self,
        server: &Server,
        hit: impl Fn() -> bool,
    ) -> Result<(), Status> {
        match self.deed {
            Deed::CompleteReset => self.complete(server).await,
            Deed::RequestReset => {
                self.request(server).await?;
                within(MAIL_LIMIT, async || hit() || self.mails(server) > 0).await;
                Ok(())
            }
            Deed::Refresh => people::refresh(server, &self.refresh_token())
                .await
                .map(drop),
            Deed::Register => self.register(server).await,
            Deed::SignIn => people::sign_in(server, &self.username, GOOD_PASSWORD)
                .await
                .map(drop),
            Deed::ChangePassword => self.change_password(server).await,
            Deed::ConfirmEmail => self.confirm(server).await,
            Deed::RotateKeys => {
                let rotated = server.cli(&["keys", "rotate"]);
                if rotated.status.success() {
                    Ok(())
                } else {
                    let said = String::from_utf8_lossy(&rotated.stderr);
                    Err(Status::unavailable(said))
                }
            }
        }
    }

    pub(super) fn refresh_token(&self) -> String {
        let tokens = self.tokens.as_ref().expect("somebody who is signed in");
        tokens.refresh_token.clone()
    }

    pub(super) fn link(&self) -> &Link {
        self.link.as_ref().expect("a link")
    }

    pub(super) async fn complete(&self, server: &Server) -> Result<(), Status> {
        let anyone = server.connect().await?;
        people::complete(&anyone, self.link(), &self.email, OTHER_PASSWORD)
            .await
            .map(drop)
    }

    pub(super) async fn request(&self, server: &Server) -> Result<(), Status> {
        let request = RequestResetRequest {
            identifier: Some(Identifier::Username(self.username.clone())),
            ..RequestResetRequest::default()
        };
        server
            .connect()
            .await?
            .reset()
            .request_reset(request)
            .await
            .map(drop)
    }

    pub(super) fn mails(&self, server: &Server) -> usize {
        server.mailbox().of(&self.email).len()
    }

    pub(super) async fn register(&self, server: &Server) -> Result<(), Status> {
        let request = CreateAccountRequest {
            account: Some(Account {
                username: self.username.clone(),
                email: self.email.clone(),
                ..Account::default()
            }),
            credential: Some(Credential::Password(GOOD_PASSWORD.to_owned())),
            request_id: self.request_id(),
            ..CreateAccountRequest::default()
        };
        server
            .connect()
            .await?
            .with_tokens(bearer(server.api_key()))
            .account()
            .create_account(request)
            .await
            .map(drop)
    }

    /// The same at every try.
    fn request_id(&self) -> String {
        let number: u64 = self.username["trial.".len()..].parse().expect("a number");
        format!("00000000-0000-4000-8000-{number:012}")
    }

    pub(super) async fn change_password(&self, server: &Server) -> Result<(), Status> {
        let tokens = self.tokens.as_ref().expect("somebody who is signed in");
        let request = ChangePasswordRequest {
            current_password: GOOD_PASSWORD.to_owned(),
            new_password: OTHER_PASSWORD.to_owned(),
        };
        let person = server
            .connect()
            .await?
            .with_tokens(bearer(&tokens.access_token));
        person.account().change_password(request).await.map(drop)
    }

    pub(super) async fn confirm(&self, server: &Server) -> Result<(), Status> {
        let request = ConfirmEmailChangeRequest {
            user_id: self.account_id.clone(),
            code: self.link().code.clone(),
        };
        server
            .connect()
            .await?
            .account()
            .confirm_email_change(request)
            .await
            .map(drop)
    }
}

fn bearer(token: &str) -> TokenSource {
    TokenSource::bearer(token).expect("a token")
}
