//! `guichet admin create`: the first administrator, or another one.

use clap::Subcommand;
use guichet_proto::v1::{Account, CreateAccountRequest, create_account_request::Credential};

use crate::{
    account::create,
    app::App,
    config::Config,
    outbox::{self, deliver::deliver_one},
};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Makes an administrator and mails the link to choose a password.
    Create {
        /// What the administrator signs in with.
        #[arg(long)]
        username: String,
        /// Where the link goes.
        #[arg(long)]
        email: String,
    },
}

/// Carries out the action.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Create { username, email } = action;
    let app = App::open(config).await?;
    let call = super::call(&app);
    let account = Account {
        username,
        email: email.clone(),
        roles: vec!["admin".to_owned()],
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        credential: Some(Credential::SendActivation(true)),
        ..CreateAccountRequest::default()
    };
    let created = create::create_account(&call, request)
        .await
        .map_err(|error| super::say(&error))?;
    let account_id = created.account.unwrap_or_default().id.parse()?;
    let link = outbox::activation_link(&app, account_id, &email)
        .await
        .map_err(|error| super::say(&error))?;
    println!("{link}");
    send_mails(&app).await;
    Ok(())
}

/// Without a running server nobody else sends the mail now. The account is made and its link shown, whatever becomes of it.
#[expect(clippy::print_stderr, reason = "stdout is for the answer")]
async fn send_mails(app: &App) {
    loop {
        match deliver_one(app).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return eprintln!("warning: no mail sent: {:#}", super::say(&error)),
        }
    }
}
