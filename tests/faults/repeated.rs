//! Programs that send a call again because no answer came, with the `request_id` of the first time.

use std::time::Duration;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::lookup_accounts_request::Key;
use guichet_client::proto::{
    Account, CreateAccountRequest, CreateInstitutionRequest, Institution, ListInstitutionsRequest,
    LookupAccountsRequest,
};
use guichet_client::{Guichet, TokenSource};
use guichet_tests::Server;
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::Extent;
use crate::line::Line;
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{Random, servers, store, within};

/// How long a mail may take.
const MAIL_LIMIT: Duration = Duration::from_secs(30);

/// The calls that take a `request_id`.
#[derive(Clone, Copy, Debug)]
enum Deed {
    CreateAccount,
    CreateInstitution,
}

/// The reply, byte by byte.
type Answer = Result<Vec<u8>, Status>;

/// Servers, each behind a line that loses answers.
struct Place {
    servers: Vec<Server>,
    lines: Vec<Line>,
    random: Random,
}

pub(crate) async fn calls(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(8, 500);
    let servers = servers(Server::start().await).await;
    let postman = Postman::of(servers[0].mailbox());
    let mut lines = Vec::new();
    for server in &servers {
        lines.push(Line::before(server).await);
    }
    let mut place = Place {
        servers,
        lines,
        random: Random::seeded(),
    };
    let mut broken = Vec::new();
    let (mut sent, mut restarts) = (0, 0);
    for round in 0..rounds {
        let deed = [Deed::CreateAccount, Deed::CreateInstitution][round % 2];
        let restarted = round % 4 >= 2;
        restarts += usize::from(restarted);
        match place.repeat(deed, round, restarted).await {
            Ok(times) => sent += times,
            Err(how) => broken.push(format!("{deed:?}, round {round}: {how}")),
        }
    }
    for round in (0..rounds).step_by(2) {
        let email = format!("{}@ecole.example", name(round));
        let letters = || postman.letters(&email);
        within(MAIL_LIMIT, async || !letters().ids.is_empty()).await;
        if letters().ids.len() != 1 {
            broken.push(format!("{} activations to {email}", letters().ids.len()));
        }
    }
    let lost: u32 = place.lines.iter().map(Line::lost).sum();
    if lost == 0 {
        broken.push("no answer was lost".to_owned());
    }
    vec![Row::new(
        format!(
            "{rounds} calls sent 2 to 10 times with one request_id, {restarts} of them over a kill -9, {}",
            store(&place.servers[0])
        ),
        format!("sent {sent} times, {lost} answers lost"),
        "done once; every answer that comes is the same, to the byte",
        broken,
    )]
}

impl Place {
    /// Sends one call several times, some at once and some over a restart; how often.
    async fn repeat(&mut self, deed: Deed, round: usize, restart: bool) -> Result<usize, String> {
        let times = usize::try_from(2 + self.random.below(9)).expect("at most ten");
        for line in &self.lines {
            line.lose(u32::try_from(self.random.below(3)).expect("less than three"));
        }
        let half = times / 2;
        let first = self.send(deed, round, half);
        if restart {
            // Amid the calls.
            tokio::time::sleep(Duration::from_millis(self.random.below(8))).await;
            let index = round % self.servers.len();
            self.servers[index].restart().await;
            self.lines[index].lead_to(&self.servers[index]);
        }
        let second = self.send(deed, round, times - half);
        let mut answers = [first.join_all().await, second.join_all().await].concat();
        for line in &self.lines {
            line.lose(0);
        }
        // At least one answer comes.
        answers.extend(self.send(deed, round, 1).join_all().await);

        let mut replies = Vec::new();
        for answer in answers {
            match answer {
                Ok(reply) => replies.push(reply),
                Err(status) if is_lost(&status) => {}
                Err(status) => return Err(format!("refused: {status}")),
            }
        }
        replies.dedup();
        if replies.len() != 1 {
            return Err(format!("{} different answers", replies.len()));
        }
        let effects = self.effects(deed, round).await;
        if effects != 1 {
            return Err(format!("done {effects} times"));
        }
        Ok(times + 1)
    }

    /// Sends it so many times at once.
    fn send(&mut self, deed: Deed, round: usize, times: usize) -> JoinSet<Answer> {
        let key = TokenSource::bearer(self.servers[0].api_key()).expect("a key");
        let mut calls = JoinSet::new();
        for _ in 0..times {
            let index = usize::try_from(self.random.below(self.lines.len() as u64)).expect("few");
            let guichet = Guichet::builder(self.lines[index].url()).tokens(key.clone());
            let guichet = guichet.connect_lazy().expect("a URL");
            calls.spawn(async move {
                match deed {
                    Deed::CreateAccount => create_account(&guichet, round).await,
                    Deed::CreateInstitution => create_institution(&guichet, round).await,
                }
            });
        }
        calls
    }

    async fn effects(&self, deed: Deed, round: usize) -> usize {
        let admin = self.servers[0].admin().await;
        match deed {
            Deed::CreateAccount => {
                let request = LookupAccountsRequest {
                    key: Some(Key::Email(format!("{}@ecole.example", name(round)))),
                };
                let found = admin.account().lookup_accounts(request).await;
                found.expect("an answer").into_inner().accounts.len()
            }
            Deed::CreateInstitution => {
                let request = ListInstitutionsRequest {
                    page_size: 1_000,
                    ..ListInstitutionsRequest::default()
                };
                let listed = admin.institution().list_institutions(request).await;
                let listed = listed.expect("an answer").into_inner().institutions;
                let same = |one: &&Institution| one.display_name == name(round);
                listed.iter().filter(same).count()
            }
        }
    }
}

async fn create_account(guichet: &Guichet, round: usize) -> Result<Vec<u8>, Status> {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: name(round),
            email: format!("{}@ecole.example", name(round)),
            ..Account::default()
        }),
        credential: Some(Credential::SendActivation(true)),
        request_id: request_id(round),
        ..CreateAccountRequest::default()
    };
    let reply = guichet.account().create_account(request).await?;
    Ok(reply.into_inner().encode_to_vec())
}

async fn create_institution(guichet: &Guichet, round: usize) -> Result<Vec<u8>, Status> {
    let request = CreateInstitutionRequest {
        institution: Some(Institution {
            display_name: name(round),
            ..Institution::default()
        }),
        request_id: request_id(round),
        ..CreateInstitutionRequest::default()
    };
    let reply = guichet.institution().create_institution(request).await?;
    Ok(reply.into_inner().encode_to_vec())
}

fn name(round: usize) -> String {
    format!("repeated.{round}")
}

fn request_id(round: usize) -> String {
    format!("00000000-0000-4000-8000-{round:012}")
}

/// Whether nobody knows if it was done.
fn is_lost(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded
    )
}
