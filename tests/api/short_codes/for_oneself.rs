//! Nobody hands a code over to oneself: a stolen session would be worth a password.

use guichet_client::Guichet;
use guichet_client::proto::{Account, IssueResetCodeRequest, UpdateAccountRequest};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error, journal};
use tonic::Code;

use super::try_to_issue;
use crate::institutions::network::{self, Network};

/// Somebody with an administrator's role, signed in.
async fn admin(server: &Server, username: &str) -> (Guichet, String) {
    let account = people::active(server, username, "ada@ecole.example").await;
    let request = UpdateAccountRequest {
        account: Some(Account {
            id: account.id.clone(),
            roles: vec!["admin".into()],
            ..Account::default()
        }),
        update_mask: Some(network::mask(&["roles"])),
    };
    let updated = server.admin().await.account().update_account(request).await;
    updated.expect("an admin");
    (network::signed_in(server, username).await, account.id)
}

#[tokio::test]
async fn whoever_is_signed_in_gets_no_code_for_oneself() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let dora = people::tokens(server, "dora", GOOD_PASSWORD).await;
    let (admin, ada) = admin(server, "ada").await;

    for (guichet, account_id) in [(&director, &dora.account_id), (&admin, &ada)] {
        let request = IssueResetCodeRequest {
            account_id: account_id.clone(),
            ttl: None,
        };
        let refused = guichet.reset().issue_reset_code(request).await;
        expect_error(refused, Code::PermissionDenied, "FORBIDDEN");
    }

    let events = journal::events(server).await;
    assert!(events.iter().all(|event| event.kind != "reset.code_issued"));
    // Somebody else may, for whoever has forgotten the password.
    for account_id in [&dora.account_id, &ada] {
        let issued = try_to_issue(server, account_id, None).await;
        issued.expect("a code");
    }
}
