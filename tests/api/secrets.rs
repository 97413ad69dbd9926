//! Nothing that opens an account lies in the database, in a file or in the log. Every server of the other tests is
//! searched in the same way when its test is over.

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

    let written = server.written();

    // Otherwise the search below might look in the wrong place.
    assert!(written.place_of("lea.martin").is_some());
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
        assert_eq!(written.place_of(secret), None, "{what}");
    }
}
