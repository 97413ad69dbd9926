//! What must hold after a deed whose steps failed.

use std::time::Duration;

use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::{GetUserInfoRequest, InspectResetRequest, LookupAccountsRequest};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server};
use tonic::Status;

use super::deed::{Deed, MAIL_LIMIT, Trial};
use crate::world::within;

impl Trial {
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
