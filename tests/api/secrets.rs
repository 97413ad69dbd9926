//! Nothing that opens an account lies in the data directory or the log.

use std::fs;
use std::path::Path;

use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};

const EMAIL: &str = "lea@ecole.example";

#[tokio::test]
async fn no_secret_is_written_anywhere_but_into_mails() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", EMAIL).await;
    let first = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
    let second = people::refresh(&server, &first.refresh_token)
        .await
        .expect("new tokens");
    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    people::complete(&guichet, &link, EMAIL, "weakpassword")
        .await
        .expect_err("too weak");
    people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD)
        .await
        .expect("a reset");
    let wrong = people::sign_in(&server, "lea.martin", "Mistyped77!").await;
    wrong.expect_err("a wrong password");

    let mut written = vec![("the log".to_owned(), server.log().into_bytes())];
    collect(&server.data_dir(), &mut written);

    // Otherwise the search below might look in the wrong place.
    assert!(
        written
            .iter()
            .any(|(_, content)| contains(content, "lea.martin"))
    );
    for (what, secret) in [
        ("the first password", GOOD_PASSWORD),
        ("the new password", OTHER_PASSWORD),
        ("a refused password", "weakpassword"),
        ("a mistyped password", "Mistyped77!"),
        ("the reset code", &link.code),
        ("the first refresh token", &first.refresh_token),
        ("the second refresh token", &second.refresh_token),
        ("the access token", &second.access_token),
        ("the API key", server.api_key()),
    ] {
        for (place, content) in &written {
            assert!(!contains(content, secret), "{what} is in {place}");
        }
    }
}

/// Every file but the mails, the database's write-ahead log included.
fn collect(dir: &Path, written: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("a readable directory").path();
        if path.ends_with("mail") {
            continue;
        }
        if path.is_dir() {
            collect(&path, written);
        } else {
            let content = fs::read(&path).expect("a readable file");
            written.push((path.display().to_string(), content));
        }
    }
}

fn contains(content: &[u8], text: &str) -> bool {
    content
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
