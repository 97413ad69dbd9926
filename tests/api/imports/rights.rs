//! What a right to import is good for, and that an import ends with it.

use std::time::Duration;

use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::{
    AccountState, CreateApiKeyRequest, DeleteInstitutionRequest, ImportAccountsRequest,
    ImportAccountsResponse, ImportBegin, ImportRow, ImportState, RemoveMemberRequest,
    RevokeAllSessionsRequest, RevokeApiKeyRequest,
};
use guichet_client::{Guichet, TokenSource, error};
use guichet_tests::people;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{begin, get, import, lookup, row, verdicts};
use crate::institutions::network::{self, Network, refusal};

/// How long an import may go on after its right has ended, on a slow machine.
const LIMIT: Duration = Duration::from_secs(20);

const HASH: &str = "{SSHA}nsIRB0l6ixZhyfbuMABLyW4AMIJzYWx0";

fn at(institution_id: &str) -> ImportBegin {
    ImportBegin {
        institution_id: institution_id.into(),
        ..begin()
    }
}

/// An import on its way: rows are sent one by one.
struct Open {
    id: String,
    messages: mpsc::Sender<ImportAccountsRequest>,
    answers: Streaming<ImportAccountsResponse>,
    /// Rows that were taken.
    taken: i64,
}

impl Open {
    async fn begin(guichet: &Guichet, begin: ImportBegin) -> Self {
        let (messages, incoming) = mpsc::channel(10);
        let first = ImportAccountsRequest {
            message: Some(Asked::Begin(begin)),
        };
        messages.send(first).await.expect("room");
        let reply = guichet
            .import()
            .import_accounts(ReceiverStream::new(incoming))
            .await;
        let mut answers = reply.expect("a stream").into_inner();
        let told = answers.message().await.expect("an answer").expect("more");
        let Some(Told::Import(job)) = told.message else {
            panic!("the job comes first");
        };
        Self {
            id: job.id,
            messages,
            answers,
            taken: 0,
        }
    }

    /// Sends one more person of this name.
    async fn send(&mut self, name: &str) -> Result<(), Status> {
        let number = self.taken + 1;
        let message = Some(Asked::Row(row(number, &format!("{name}{number}"))));
        // Where it is closed already, the answer tells why.
        let _ = self.messages.send(ImportAccountsRequest { message }).await;
        self.answers.message().await?.expect("an outcome");
        self.taken = number;
        Ok(())
    }

    /// Sends people until one is refused, and returns the reason.
    async fn end(&mut self, name: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let sent = self.send(name).await;
            if sent.is_err() {
                return refusal(sent);
            }
            assert!(Instant::now() < deadline, "{name} imports on and on");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn leave(admin: &Guichet, institution_id: &str, username: &str) {
    let account = lookup(admin, username).await.expect("an account");
    let request = RemoveMemberRequest {
        institution_id: institution_id.into(),
        account_id: account.id,
    };
    let left = admin.institution().remove_member(request).await;
    left.expect("an end");
}

#[tokio::test]
async fn a_director_moves_nobody_who_can_sign_in_to_another_address() {
    let network = Network::start().await;
    network.server.remember(HASH);
    let admin = network.server.admin().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let moved = ImportRow {
        password_hash: HASH.into(),
        email: "lea@ecole.example".into(),
        ..row(1, "lea")
    };
    let old = ImportRow {
        email: "leo@ecole.example".into(),
        ..row(2, "leo")
    };
    let imported = import(&admin, at(&network.school), vec![moved, old]).await;
    imported.expect("an import");

    let elsewhere = |number, name| ImportRow {
        email: format!("{name}@ailleurs.example"),
        ..row(number, name)
    };
    let rows = vec![elsewhere(1, "lea"), elsewhere(2, "leo")];
    let again = import(&director, at(&network.school), rows).await;

    let (_, outcomes) = again.expect("an import");
    let expected = [(1, "REFUSED", "email NOT_ALLOWED"), (2, "UPDATED", "")];
    let expected = expected.map(|(number, verdict, fault)| (number, verdict, fault.to_owned()));
    assert_eq!(verdicts(&outcomes), expected);
    let lea = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(lea.email, "lea@ecole.example");
}

#[tokio::test]
async fn a_director_chooses_nobodys_password() {
    let network = Network::start().await;
    network.server.remember(HASH);
    let admin = network.server.admin().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let people = || vec![row(1, "lea"), row(2, "leo")];
    import(&admin, at(&network.school), people())
        .await
        .expect("an import");

    let chosen = |row: ImportRow| ImportRow {
        display_name: "New".into(),
        password_hash: HASH.into(),
        ..row
    };
    let rows = vec![
        chosen(row(1, "lea")),
        ImportRow {
            display_name: "Léo".into(),
            ..row(2, "leo")
        },
        chosen(row(3, "lou")),
        ImportRow {
            email: "nobody".into(),
            ..chosen(row(4, "liv"))
        },
    ];
    let expected = [
        (1, "REFUSED", "password_hash NOT_ALLOWED"),
        (2, "UPDATED", ""),
        (3, "REFUSED", "password_hash NOT_ALLOWED"),
        (
            4,
            "REFUSED",
            "email INVALID_EMAIL, password_hash NOT_ALLOWED",
        ),
    ]
    .map(|(number, verdict, faults)| (number, verdict, faults.to_owned()));
    let dry = ImportBegin {
        validate_only: true,
        ..at(&network.school)
    };
    for begin in [dry, at(&network.school)] {
        let (_, outcomes) = import(&director, begin, rows.clone())
            .await
            .expect("an import");
        assert_eq!(verdicts(&outcomes), expected);
    }

    let lea = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(
        (lea.state(), lea.display_name.as_str()),
        (AccountState::Legacy, "")
    );
    let signed_in = people::sign_in(&network.server, "lea", "ancien").await;
    assert_eq!(refusal(signed_in), "BAD_CREDENTIALS");
    // The one who moves people may.
    let (_, outcomes) = import(&admin, at(&network.school), rows[..1].to_vec())
        .await
        .expect("an import");
    assert_eq!(verdicts(&outcomes)[0].1, "UPDATED");
}

#[tokio::test]
async fn an_import_ends_with_the_right_to_it() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let dora = network::director(server, "dora", &network.school).await;
    let dirk = network::director(server, "dirk", &network.school).await;
    let request = CreateApiKeyRequest {
        name: "importer".into(),
        role: "admin".into(),
        ttl: None,
    };
    let key = admin.auth().create_api_key(request).await;
    let key = key.expect("a key").into_inner();
    server.remember(&key.key);
    let tokens = TokenSource::bearer(&key.key).expect("a key");
    let system = server.anyone().await.with_tokens(tokens);
    let mut of_dora = Open::begin(&dora, at(&network.school)).await;
    let mut of_dirk = Open::begin(&dirk, at(&network.school)).await;
    let mut of_system = Open::begin(&system, at(&network.school)).await;
    for (open, name) in [
        (&mut of_dora, "a"),
        (&mut of_dirk, "b"),
        (&mut of_system, "c"),
    ] {
        open.send(name).await.expect("a right to it");
    }

    let request = RevokeAllSessionsRequest::default();
    let revoked = dora.auth().revoke_all_sessions(request).await;
    revoked.expect("no sessions");
    leave(&admin, &network.school, "dirk").await;
    let request = RevokeApiKeyRequest {
        api_key_id: key.api_key.expect("it").id,
    };
    admin.auth().revoke_api_key(request).await.expect("it ends");
    let reasons = tokio::join!(of_dora.end("a"), of_dirk.end("b"), of_system.end("c"));

    assert_eq!(
        (&*reasons.0, &*reasons.1, &*reasons.2),
        ("TOKEN_INVALID", "FORBIDDEN", "TOKEN_INVALID")
    );
    for (open, name) in [(&of_dora, "a"), (&of_dirk, "b"), (&of_system, "c")] {
        let job = get(&admin, &open.id).await;
        assert_eq!(
            (job.state(), job.created_count),
            (ImportState::Running, open.taken),
            "what was told stays"
        );
        let refused = format!("{name}{}", open.taken + 1);
        assert_eq!(lookup(&admin, &refused).await, None);
    }
    let resumed = ImportBegin {
        import_id: of_system.id,
        ..ImportBegin::default()
    };
    let rest = vec![row(of_system.taken + 1, "rest")];
    let (job, _) = import(&admin, resumed, rest).await.expect("the rest");
    assert_eq!(job.state(), ImportState::Completed);
}

#[tokio::test]
async fn an_import_goes_on_only_where_its_caller_still_acts() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let dora = lookup(&admin, "dora").await.expect("an account");
    network::appoint(&admin, &network.stranger, &dora.id)
        .await
        .expect("another membership");
    let mut open = Open::begin(&director, at(&network.school)).await;
    open.send("a").await.expect("a right to it");

    leave(&admin, &network.school, "dora").await;
    let resumed = ImportBegin {
        import_id: open.id.clone(),
        ..ImportBegin::default()
    };
    let again = import(&director, resumed, vec![row(2, "lea")]).await;

    let Err(refused) = again else {
        panic!("it goes on in a school of others");
    };
    let told = error::violations(&refused);
    assert_eq!(
        (told[0].field.as_str(), told[0].reason.as_str()),
        ("begin.institution_id", "UNKNOWN_INSTITUTION")
    );
    // The open stream is stopped likewise, as its scope has become another one.
    assert_eq!(open.end("a").await, "INVALID_FIELDS");
    assert_eq!(lookup(&admin, "lea").await, None);
}

#[tokio::test]
async fn nobody_is_imported_into_an_institution_that_has_gone() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let mut open = Open::begin(&admin, at(&network.sibling)).await;
    let request = DeleteInstitutionRequest {
        institution_id: network.sibling.clone(),
        ..DeleteInstitutionRequest::default()
    };
    let deleted = admin.institution().delete_institution(request).await;
    deleted.expect("an empty institution goes");

    assert_eq!(refusal(open.send("a").await), "INVALID_FIELDS");

    assert_eq!(lookup(&admin, "a1").await, None);
    let job = get(&admin, &open.id).await;
    assert_eq!(
        (job.state(), job.last_row_number),
        (ImportState::Running, 0)
    );
}

#[tokio::test]
async fn whoever_opens_an_import_and_says_nothing_is_not_waited_for() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let (_silent, incoming) = mpsc::channel(1);
    let reply = admin
        .import()
        .import_accounts(ReceiverStream::new(incoming))
        .await;
    let mut answers = reply.expect("a stream").into_inner();

    let answer = timeout(LIMIT, answers.message()).await;

    let Err(status) = answer.expect("an answer in time") else {
        panic!("nothing was asked");
    };
    assert!(error::retry_after(&status).is_some(), "{status}");
    assert_eq!(refusal(Err::<(), _>(status)), "OVERLOADED");
}

/// There are four at a time, which all schools share.
#[tokio::test]
async fn a_director_imports_two_files_at_a_time() {
    let network = Network::start().await;
    let director = network::director(&network.server, "dora", &network.school).await;
    let mut first = Open::begin(&director, at(&network.school)).await;
    let _second = Open::begin(&director, at(&network.school)).await;

    let third = import(&director, at(&network.school), vec![row(1, "leo")]).await;

    assert_eq!(refusal(third), "OVERLOADED");
    first.send("lea").await.expect("a row of the first");
    let admin = network.server.admin().await;
    import(&admin, at(&network.school), vec![row(1, "lou")])
        .await
        .expect("an import of somebody else");
}

/// They make accounts themselves, with which more could be imported.
#[tokio::test]
async fn however_many_directors_import_an_administrator_finds_room() {
    let network = Network::start().await;
    let dora = network::director(&network.server, "dora", &network.school).await;
    let dirk = network::director(&network.server, "dirk", &network.school).await;
    let mut first = Open::begin(&dora, at(&network.school)).await;
    let _second = Open::begin(&dora, at(&network.school)).await;
    let _third = Open::begin(&dirk, at(&network.school)).await;

    let fourth = import(&dirk, at(&network.school), vec![row(1, "leo")]).await;

    assert_eq!(refusal(fourth), "OVERLOADED");
    first.send("lea").await.expect("a row of the first");
    let admin = network.server.admin().await;
    import(&admin, at(&network.school), vec![row(1, "lou")])
        .await
        .expect("an import of an administrator");
}
