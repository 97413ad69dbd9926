//! Signs in and shows who that is:
//! `cargo run -p guichet-client --example login -- http://localhost:8080 USERNAME`, password on standard input.

use std::error::Error;
use std::io;

use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{GetUserInfoRequest, LoginRequest};
use guichet_client::{Guichet, Reason, Session, TokenSource, error};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(username)) = (arguments.next(), arguments.next()) else {
        return Err("usage: login URL USERNAME".into());
    };
    // Not an argument: every program on the machine can read those.
    let mut password = String::new();
    io::stdin().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();

    let guichet = Guichet::connect(url).await?;
    let request = LoginRequest {
        username,
        password,
        device_name: "login example".into(),
        ..LoginRequest::default()
    };
    let reply = match guichet.auth().login(request).await {
        Ok(reply) => reply.into_inner(),
        Err(status) if error::reason(&status) == Some(Reason::EmailNotUsername) => {
            return Err("sign in with the username, not the e-mail address".into());
        }
        Err(status) => return Err(status.into()),
    };
    let Some(Outcome::Tokens(tokens)) = reply.outcome else {
        return Err("this account asks for a second step".into());
    };

    let person = guichet.with_tokens(TokenSource::session(Session::new(tokens)));
    let info = person
        .auth()
        .get_user_info(GetUserInfoRequest {})
        .await?
        .into_inner();
    println!("signed in as {} ({})", info.username, info.account_id);
    Ok(())
}
