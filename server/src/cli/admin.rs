//! `guichet admin create`: the first administrator, or another one.

use clap::Subcommand;
use guichet_proto::v1::{Account, CreateAccountRequest, create_account_request::Credential};

use crate::{
    account::create,
    app::App,
    call::Call,
    caller::Caller,
    config::Config,
    error::Error,
    i18n,
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
    let call = Call {
        app: &app,
        caller: Caller::System {
            key_id: uuid::Uuid::nil(),
            role: "admin".to_owned(),
        },
        locale: app.locale,
        client: None,
        deadline: None,
        now: app.clock.now(),
    };
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
        .map_err(|error| say(&error))?;
    let account_id = created.account.unwrap_or_default().id.parse()?;
    let link = outbox::activation_link(&app, account_id, &email)
        .await
        .map_err(|error| say(&error))?;
    // Without a running server nobody else sends the mail now.
    while deliver_one(&app).await.map_err(|error| say(&error))? {}
    println!("{link}");
    Ok(())
}

fn say(error: &Error) -> anyhow::Error {
    let mut parts = vec![i18n::error(i18n::Locale::En, error.reason())];
    if let Error::InvalidFields(violations) = error {
        parts.extend(
            violations
                .iter()
                .map(|wrong| format!("{}: {}.", wrong.field, wrong.reason)),
        );
    }
    anyhow::anyhow!(parts.join(" "))
}
