//! People from another system: verdicts, dry runs, cuts, and taking it all back; over gRPC and on the command line.

mod admitted;
mod begun;
mod files;
mod old_network;
mod reset;
mod rights;
mod scope;
mod undone;
mod verdicts;

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::{
    Account, GetImportRequest, Import, ImportAccountsRequest, ImportBegin, ImportOutcome,
    ImportRow, ImportVerdict, ListImportsRequest, LookupAccountsRequest, UpdateAccountRequest,
};
use guichet_tests::Server;
use tonic::Status;

use crate::institutions::network;

/// A new import from a system called `old`.
fn begin() -> ImportBegin {
    ImportBegin {
        source: "old".into(),
        ..ImportBegin::default()
    }
}

fn row(number: i64, username: &str) -> ImportRow {
    ImportRow {
        number,
        username: username.into(),
        external_id: format!("x-{username}"),
        ..ImportRow::default()
    }
}

/// Imports rows, and returns the job at the end and what became of them.
async fn import(
    guichet: &Guichet,
    begin: ImportBegin,
    rows: Vec<ImportRow>,
) -> Result<(Import, Vec<ImportOutcome>), Status> {
    let first = ImportAccountsRequest {
        message: Some(Asked::Begin(begin)),
    };
    let rows = rows.into_iter().map(|row| ImportAccountsRequest {
        message: Some(Asked::Row(row)),
    });
    let messages: Vec<_> = std::iter::once(first).chain(rows).collect();
    let reply = guichet
        .import()
        .import_accounts(tokio_stream::iter(messages))
        .await?;
    let mut answers = reply.into_inner();
    let mut jobs = Vec::new();
    let mut outcomes = Vec::new();
    while let Some(answer) = answers.message().await? {
        match answer.message.expect("it is always set") {
            Told::Import(job) => jobs.push(job),
            Told::Outcome(outcome) => outcomes.push(outcome),
        }
    }
    assert_eq!(jobs.len(), 2, "one at the beginning and one at the end");
    Ok((jobs.pop().expect("two"), outcomes))
}

/// The verdicts, and the faults of the refused ones.
fn verdicts(outcomes: &[ImportOutcome]) -> Vec<(i64, &'static str, String)> {
    let verdict = |outcome: &ImportOutcome| match outcome.verdict() {
        ImportVerdict::Unspecified => "UNSPECIFIED",
        ImportVerdict::Created => "CREATED",
        ImportVerdict::Updated => "UPDATED",
        ImportVerdict::Unchanged => "UNCHANGED",
        ImportVerdict::Refused => "REFUSED",
    };
    let faults = |outcome: &ImportOutcome| {
        let faults = outcome.faults.iter();
        let told: Vec<_> = faults
            .map(|fault| format!("{} {}", fault.column, fault.reason))
            .collect();
        told.join(", ")
    };
    outcomes
        .iter()
        .map(|outcome| (outcome.row_number, verdict(outcome), faults(outcome)))
        .collect()
}

async fn lookup(guichet: &Guichet, username: &str) -> Option<Account> {
    let request = LookupAccountsRequest {
        key: Some(Key::Username(username.into())),
    };
    let reply = guichet.account().lookup_accounts(request).await;
    reply.expect("an answer").into_inner().accounts.pop()
}

/// Has a person shown under another name.
async fn rename(guichet: &Guichet, username: &str, display_name: &str) {
    let account = lookup(guichet, username).await.expect("an account");
    let request = UpdateAccountRequest {
        account: Some(Account {
            display_name: display_name.into(),
            ..account
        }),
        update_mask: Some(network::mask(&["display_name"])),
    };
    let renamed = guichet.account().update_account(request).await;
    renamed.expect("a change");
}

async fn get(guichet: &Guichet, id: &str) -> Import {
    let request = GetImportRequest {
        import_id: id.into(),
    };
    let reply = guichet.import().get_import(request).await;
    reply
        .expect("a job")
        .into_inner()
        .import
        .expect("it in the reply")
}

async fn newest(admin: &Guichet) -> Option<Import> {
    let jobs = admin
        .import()
        .list_imports(ListImportsRequest::default())
        .await;
    jobs.expect("jobs").into_inner().imports.into_iter().next()
}

/// Begins to import a file of so many rows, and kills the command in the middle.
async fn cut_off(server: &Server, path: &str, rows: usize) {
    let admin = server.admin().await;
    let mut begun = server
        .command()
        .args(["import", path])
        .spawn()
        .expect("the binary runs");
    while newest(&admin)
        .await
        .is_none_or(|job| job.created_count == 0)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.kill().expect("a child can be killed");
    begun.wait().expect("a child can be waited for");
    let cut = newest(&admin).await.expect("a job").created_count;
    assert!(
        (1..i64::try_from(rows).expect("a small number")).contains(&cut),
        "it was cut off in the middle, not at {cut}"
    );
}
