//! How far the migration has come.

use guichet_client::Guichet;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, AccountState, CreateAccountRequest, DeleteAccountRequest, DisableAccountRequest,
    GetMigrationReportRequest, MigrationCounts,
};
use guichet_tests::Server;
use guichet_tests::people::GOOD_PASSWORD;
use tonic::Status;

use super::network::{self, Network, refusal};

/// Pages of two rows: each institution's name and counts, and the total.
async fn report(
    guichet: &Guichet,
    institution_id: &str,
) -> Result<(Vec<(String, MigrationCounts)>, MigrationCounts), Status> {
    let mut rows = Vec::new();
    let mut totals = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = GetMigrationReportRequest {
            institution_id: institution_id.into(),
            page_size: 2,
            page_token,
        };
        let page = guichet.institution().get_migration_report(request).await?;
        let page = page.into_inner();
        let counted = page.rows.into_iter();
        rows.extend(counted.map(|row| (row.display_name, row.counts.expect("counts"))));
        totals.extend(page.total);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(totals.len(), 1, "on the first page only");
    Ok((rows, totals.remove(0)))
}

async fn create(server: &Server, username: &str, institution_id: &str, state: AccountState) {
    let mut account = Account {
        username: username.into(),
        institution_id: institution_id.into(),
        ..Account::default()
    };
    let with_password = Some(Credential::Password(GOOD_PASSWORD.into()));
    let credential = match state {
        AccountState::Legacy => {
            account.set_state(state);
            None
        }
        AccountState::Pending => {
            account.email = format!("{username}@ecole.example");
            Some(Credential::SendActivation(true))
        }
        _ => with_password,
    };
    let request = CreateAccountRequest {
        account: Some(account),
        credential,
        ..CreateAccountRequest::default()
    };
    let admin = server.admin().await;
    let created = admin.account().create_account(request).await;
    let account_id = created.expect("an account").into_inner().account;
    let account_id = account_id.expect("it in the reply").id;
    match state {
        AccountState::Disabled => {
            let request = DisableAccountRequest { account_id };
            let done = admin.account().disable_account(request).await;
            done.expect("a disabled account");
        }
        AccountState::Deleted => {
            let request = DeleteAccountRequest {
                account_id,
                etag: String::new(),
            };
            let done = admin.account().delete_account(request).await;
            done.expect("a deleted account");
        }
        _ => {}
    }
}

#[tokio::test]
async fn accounts_are_counted_by_institution_and_in_all() {
    use AccountState::{Active, Deleted, Disabled, Legacy, Pending};

    let network = Network::start().await;
    let server = &network.server;
    for (username, institution_id, state) in [
        ("a", &network.school, Legacy),
        ("b", &network.school, Legacy),
        ("c", &network.school, Pending),
        ("d", &network.school, Active),
        ("e", &network.school, Deleted),
        ("f", &network.annex, Disabled),
        ("g", &network.stranger, Active),
        ("h", &String::new(), Active),
    ] {
        create(server, username, institution_id, state).await;
    }
    let school = MigrationCounts {
        legacy: 2,
        pending: 1,
        active: 1,
        disabled: 0,
        without_email: 3,
    };
    let annex = MigrationCounts {
        disabled: 1,
        without_email: 1,
        ..MigrationCounts::default()
    };
    let total = MigrationCounts {
        legacy: 2,
        pending: 1,
        active: 1,
        disabled: 1,
        without_email: 4,
    };
    let none = MigrationCounts::default();

    let admin = server.admin().await;
    let (rows, sum) = report(&admin, &network.authority).await.expect("a report");
    let expected = [
        ("Annex", annex),
        ("Authority", none),
        ("School", school),
        ("Sibling", none),
    ];
    let expected = expected.map(|(name, counts)| (name.to_owned(), counts));
    assert_eq!((rows.as_slice(), sum), (expected.as_slice(), total));

    let (rows, sum) = report(&admin, "").await.expect("a report");
    assert_eq!((rows.len(), sum.active), (5, 2));

    let director = network::director(server, "dora", &network.annex).await;
    let (rows, sum) = report(&director, "").await.expect("a report");
    assert_eq!((rows.len(), sum.active, sum.disabled), (1, 1, 1));
    let above = report(&director, &network.school).await;
    assert_eq!(refusal(above), "NOT_FOUND");
}
