//! Password hashes of other systems: people sign in with their old password, and the database never holds the old hash.

use argon2::{Argon2, PasswordHasher as _};
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{Account, CreateAccountRequest};
use guichet_tests::{OldHashes, Place, Server, expect_error, people};
use tonic::Code;

async fn create(server: &Server, username: &str, hash: &str) {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            ..Account::default()
        }),
        credential: Some(Credential::PasswordHash(hash.into())),
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    created.expect("an account");
}

/// How many stored hashes are still wrapped ones; of a server on a file.
async fn wrapped(server: &Server) -> usize {
    let accounts = Place::of(server).dump().await.remove("account");
    let accounts = accounts.expect("a table").into_iter();
    accounts
        .filter(|row| row.contains("$guichet-wrapped$"))
        .count()
}

#[tokio::test]
async fn the_old_password_opens_the_account_and_its_hash_is_renewed() {
    let server = Server::start().await;
    let OldHashes { password, hashes } = OldHashes::all();
    let foreign = hashes.values().filter(|hash| !hash.contains("$argon2"));
    let foreign: Vec<&String> = foreign.collect();
    for (number, hash) in foreign.iter().enumerate() {
        // It must not be found in anything that the server writes.
        server.remember(hash);
        create(&server, &format!("p{number}"), hash).await;
    }
    if !server.on_postgres() {
        assert_eq!(wrapped(&server).await, foreign.len());
    }

    for number in 0..foreign.len() {
        let username = format!("p{number}");
        let wrong = people::sign_in(&server, &username, "Ancien").await;
        expect_error(wrong, Code::Unauthenticated, "BAD_CREDENTIALS");
        people::tokens(&server, &username, &password).await;
        people::tokens(&server, &username, &password).await;
    }
    if !server.on_postgres() {
        assert_eq!(wrapped(&server).await, 0);
    }
}

#[tokio::test]
async fn the_bytes_that_another_system_hashed_open_the_account_and_then_every_spelling_does() {
    const DECOMPOSED: &str = "E\u{301}te\u{301}45+";
    const COMPOSED: &str = "Été45+";
    let server = Server::start().await;
    server.remember(DECOMPOSED);
    server.remember(COMPOSED);
    let hash = Argon2::default().hash_password(DECOMPOSED.as_bytes());
    create(&server, "lea", &hash.expect("a hash").to_string()).await;

    // The other system would have refused it too.
    let other = people::sign_in(&server, "lea", COMPOSED).await;
    expect_error(other, Code::Unauthenticated, "BAD_CREDENTIALS");
    people::tokens(&server, "lea", DECOMPOSED).await;

    for spelling in [COMPOSED, DECOMPOSED] {
        people::tokens(&server, "lea", spelling).await;
    }
}
