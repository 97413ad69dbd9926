//! Gives an account a new password, in the two steps of the journey:
//! `cargo run -p guichet-client --example reset_password -- http://localhost:8080 EMAIL` asks for the mail;
//! `… reset_password -- http://localhost:8080 EMAIL USER_ID CODE` finishes with what its link holds, password on standard input.

use std::error::Error;
use std::io;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{CompleteResetRequest, RequestResetRequest};
use guichet_client::{Guichet, error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [url, email] => ask(url, email).await,
        [url, email, user_id, code] => complete(url, email, user_id, code).await,
        _ => Err("usage: reset_password URL EMAIL [USER_ID CODE]".into()),
    }
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
async fn ask(url: &str, email: &str) -> Result<(), Box<dyn Error>> {
    let guichet = Guichet::connect(url).await?;
    let request = RequestResetRequest {
        identifier: Some(Identifier::Email(email.to_owned())),
        ..Default::default()
    };
    guichet.reset().request_reset(request).await?;

    println!("if {email} is known, a mail is on its way");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
async fn complete(url: &str, email: &str, user_id: &str, code: &str) -> Result<(), Box<dyn Error>> {
    let mut password = String::new();
    io::stdin().read_line(&mut password)?;
    let guichet = Guichet::connect(url).await?;
    let request = CompleteResetRequest {
        user_id: user_id.to_owned(),
        code: code.to_owned(),
        email: email.to_owned(),
        new_password: password.trim_end_matches(['\r', '\n']).to_owned(),
        ..CompleteResetRequest::default()
    };

    match guichet.reset().complete_reset(request).await {
        Ok(reply) => println!("done; sign in as {}", reply.into_inner().username),
        Err(status) => {
            for violation in error::violations(&status) {
                println!("{}: {}", violation.reason, violation.description);
            }
            return Err(status.into());
        }
    }
    Ok(())
}
