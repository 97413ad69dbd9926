//! The work whose steps fail, and what must hold afterwards.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, ChangePasswordRequest, ConfirmEmailChangeRequest, CreateAccountRequest,
    GetUserInfoRequest, InspectResetRequest, LookupAccountsRequest, RequestEmailChangeRequest,
    RequestResetRequest, Tokens,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};
use tonic::Status;

use crate::world::within;

/// How long a mail may take.
const MAIL_LIMIT: Duration = Duration::from_secs(20);

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
    deed: Deed,
    username: String,
    email: String,
    account_id: String,
    tokens: Option<Tokens>,
    link: Option<Link>,
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

    fn new_email(&self) -> String {
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

    /// Whether the deed is done or not done, as it was answered, and can be done again.
    pub(crate) async fn check(
        &mut self,
        server: &Server,
        outcome: Result<(), Status>,
    ) -> Result<(), String> {
        if let Err(status) = &outcome {
            let may_be_lost = matches!(
                status.code(),
                tonic::Code::Unavailable | tonic::Code::Unknown | tonic::Code::Cancelled
            );
            ensure(may_be_lost, &format!("answered {status}"))?;
        }
        let done = outcome.is_ok();
        match self.deed {
            Deed::CompleteReset => self.check_reset(server, done).await,
            Deed::RequestReset => self.check_request(server, done).await,
            Deed::Refresh => {
                // Once more with the same token: the reply was lost, or never was.
                let again = people::refresh(server, &self.refresh_token()).await;
                let again = again.map_err(|status| format!("signed out: {status}"))?;
                let next = people::refresh(server, &again.refresh_token).await;
                next.map(drop)
                    .map_err(|status| format!("no successor: {status}"))
            }
            Deed::Register => self.check_registration(server).await,
            Deed::SignIn => {
                let again = people::sign_in(server, &self.username, GOOD_PASSWORD).await;
                again
                    .map(drop)
                    .map_err(|status| format!("no sign-in: {status}"))
            }
            Deed::ChangePassword => self.check_change(server, done).await,
            Deed::ConfirmEmail => self.check_email(server, done).await,
            Deed::RotateKeys => self.check_keys(server).await,
        }
    }

    fn refresh_token(&self) -> String {
        let tokens = self.tokens.as_ref().expect("somebody who is signed in");
        tokens.refresh_token.clone()
    }

    fn link(&self) -> &Link {
        self.link.as_ref().expect("a link")
    }

    async fn complete(&self, server: &Server) -> Result<(), Status> {
        let anyone = server.anyone().await;
        people::complete(&anyone, self.link(), &self.email, OTHER_PASSWORD)
            .await
            .map(drop)
    }

    async fn request(&self, server: &Server) -> Result<(), Status> {
        let request = RequestResetRequest {
            identifier: Some(Identifier::Username(self.username.clone())),
            ..RequestResetRequest::default()
        };
        server
            .anyone()
            .await
            .reset()
            .request_reset(request)
            .await
            .map(drop)
    }

    fn mails(&self, server: &Server) -> usize {
        server.mailbox().of(&self.email).len()
    }

    async fn register(&self, server: &Server) -> Result<(), Status> {
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
            .admin()
            .await
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

    async fn change_password(&self, server: &Server) -> Result<(), Status> {
        let tokens = self.tokens.as_ref().expect("somebody who is signed in");
        let request = ChangePasswordRequest {
            current_password: GOOD_PASSWORD.to_owned(),
            new_password: OTHER_PASSWORD.to_owned(),
        };
        let person = server.as_person(&tokens.access_token).await;
        person.account().change_password(request).await.map(drop)
    }

    async fn confirm(&self, server: &Server) -> Result<(), Status> {
        let request = ConfirmEmailChangeRequest {
            user_id: self.account_id.clone(),
            code: self.link().code.clone(),
        };
        server
            .anyone()
            .await
            .account()
            .confirm_email_change(request)
            .await
            .map(drop)
    }

    /// Either the old password, a live link and a live session, or the new one, and neither.
    async fn check_reset(&self, server: &Server, done: bool) -> Result<(), String> {
        let is_new = self.opens(server, OTHER_PASSWORD).await;
        ensure(
            self.opens(server, GOOD_PASSWORD).await != is_new,
            "both passwords, or none",
        )?;
        ensure(is_new || !done, "an acknowledged password is lost")?;
        ensure(
            self.is_link_live(server).await != is_new,
            "the link is half used",
        )?;
        let session = people::refresh(server, &self.refresh_token()).await;
        ensure(session.is_ok() != is_new, "sessions are half ended")?;
        if !is_new {
            let again = self.complete(server).await;
            again.map_err(|status| format!("not possible again: {status}"))?;
        }
        // The link, and the notice of the change.
        let noticed = within(MAIL_LIMIT, async || self.mails(server) >= 2).await;
        ensure(noticed, "no notice of the change")
    }

    async fn check_request(&self, server: &Server, done: bool) -> Result<(), String> {
        if !done {
            let again = self.request(server).await;
            again.map_err(|status| format!("not possible again: {status}"))?;
        }
        let mailed = within(MAIL_LIMIT, async || {
            // A mail whose sender has died is taken over when its lease has ended.
            server.advance(Duration::from_secs(1));
            self.mails(server) > 0
        });
        ensure(mailed.await, "accepted, and not mailed")?;
        let mails = server.mailbox().of(&self.email);
        for link in mails.iter().flat_map(guichet_tests::Mail::links) {
            ensure(is_live(server, &link).await, "mailed, and of no use")?;
        }
        Ok(())
    }

    async fn check_registration(&self, server: &Server) -> Result<(), String> {
        let again = self.register(server).await;
        again.map_err(|status| format!("not possible again: {status}"))?;
        let request = LookupAccountsRequest {
            key: Some(Key::Email(self.email.clone())),
        };
        let found = server
            .admin()
            .await
            .account()
            .lookup_accounts(request)
            .await;
        let found = found.map_err(|status| status.to_string())?.into_inner();
        ensure(found.accounts.len() == 1, "not exactly one account")?;
        ensure(
            self.opens(server, GOOD_PASSWORD).await,
            "an account that nobody can open",
        )
    }

    async fn check_change(&self, server: &Server, done: bool) -> Result<(), String> {
        let is_new = self.opens(server, OTHER_PASSWORD).await;
        ensure(
            self.opens(server, GOOD_PASSWORD).await != is_new,
            "both passwords, or none",
        )?;
        ensure(is_new || !done, "an acknowledged password is lost")?;
        if !is_new {
            let again = self.change_password(server).await;
            again.map_err(|status| format!("not possible again: {status}"))?;
        }
        let noticed = within(MAIL_LIMIT, async || self.mails(server) > 0).await;
        ensure(noticed, "no notice of the change")
    }

    async fn check_email(&self, server: &Server, done: bool) -> Result<(), String> {
        let account = people::find(server, &self.account_id).await;
        let is_new = account.email == self.new_email();
        ensure(is_new || account.email == self.email, "another address")?;
        ensure(account.email_verified == is_new, "half verified")?;
        ensure(is_new || !done, "an acknowledged address is lost")?;
        ensure(
            self.confirm(server).await.is_ok() != is_new,
            "the code is half used",
        )
    }

    async fn check_keys(&self, server: &Server) -> Result<(), String> {
        let fresh = people::tokens(server, &self.username, GOOD_PASSWORD).await;
        let known = self.tokens.as_ref().expect("somebody who is signed in");
        for tokens in [known, &fresh] {
            let person = server.as_person(&tokens.access_token).await;
            let asked = person.auth().get_user_info(GetUserInfoRequest {}).await;
            asked.map_err(|status| format!("a token is refused: {status}"))?;
        }
        Ok(())
    }

    async fn opens(&self, server: &Server, password: &str) -> bool {
        people::sign_in(server, &self.username, password)
            .await
            .is_ok()
    }

    async fn is_link_live(&self, server: &Server) -> bool {
        is_live(server, self.link()).await
    }
}

async fn is_live(server: &Server, link: &Link) -> bool {
    let request = InspectResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    server
        .anyone()
        .await
        .reset()
        .inspect_reset(request)
        .await
        .is_ok()
}

fn ensure(is_so: bool, otherwise: &str) -> Result<(), String> {
    if is_so {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
