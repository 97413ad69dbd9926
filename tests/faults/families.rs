//! Refresh tokens and their successors: honest people stay signed in, thieves are noticed, and what has ended has ended.

use std::time::Duration;

use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::{
    CompleteResetRequest, DisableAccountRequest, IntrospectRequest, LogoutRequest, RefreshRequest,
    Tokens,
};
use guichet_client::{Guichet, Reason, TokenSource, error};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::Extent;
use crate::line::Line;
use crate::report::Row;
use crate::world::{Random, servers, store};

/// Honest calls of one race.
const CALLS: usize = 32;

/// Sessions that a thief replays after one and the same wait.
const BATCH: usize = 50;

/// Just beyond the grace of a token that was rotated.
const BEYOND_GRACE: Duration = Duration::from_secs(11);

pub(crate) async fn honest(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(30, 10_000);
    let servers = servers(Server::start().await).await;
    let clients = clients(&servers).await;
    people::active(&servers[0], "lea", "lea@ecole.example").await;
    let mut token = sign_in(&servers[0], "lea").await.refresh_token;
    let mut broken = Vec::new();
    for round in 0..rounds {
        match successor(&clients, &token).await {
            Ok(next) => token = next,
            Err(how) => {
                broken.push(format!("round {round}: {how}"));
                break;
            }
        }
    }
    vec![Row::new(
        format!(
            "{CALLS} Refresh at once with one token, {rounds} generations of one session, {}",
            store(&servers[0])
        ),
        format!("{} calls, 0 signed out", rounds * CALLS),
        "all get the same successor; nobody is signed out",
        broken,
    )]
}

/// The one that all of many calls get.
async fn successor(clients: &[Guichet], token: &str) -> Result<String, String> {
    let mut calls = JoinSet::new();
    for client in clients.iter().cycle().take(CALLS) {
        calls.spawn(refresh(client.clone(), token.to_owned()));
    }
    let mut successors = Vec::new();
    for answer in calls.join_all().await {
        let tokens = answer.map_err(|status| format!("refused: {status}"))?;
        successors.push(tokens.refresh_token);
    }
    successors.dedup();
    match &successors[..] {
        [one] => Ok(one.clone()),
        many => Err(format!("{} successors", many.len())),
    }
}

pub(crate) async fn stolen(extent: Extent) -> Vec<Row> {
    let thefts = extent.of(BATCH, 10_000);
    let servers = servers(Server::start().await).await;
    let clients = clients(&servers).await;
    people::active(&servers[0], "lea", "lea@ecole.example").await;
    let mut broken = Vec::new();
    for _ in 0..thefts / BATCH {
        let mut families = Vec::new();
        for _ in 0..BATCH {
            let stolen = sign_in(&servers[0], "lea").await;
            let current = refresh(clients[0].clone(), stolen.refresh_token.clone()).await;
            families.push((stolen, current.expect("a successor")));
        }
        servers[0].advance(BEYOND_GRACE);
        for (stolen, current) in families {
            if let Err(how) = is_noticed(&servers, &clients, &stolen, &current).await {
                broken.push(how);
            }
        }
    }
    vec![Row::new(
        format!(
            "a token is used again after its grace, {thefts} times, {}",
            store(&servers[0])
        ),
        format!("{thefts} told TOKEN_REUSED"),
        "noticed each time, and nothing of the session is good anywhere afterwards",
        broken,
    )]
}

async fn is_noticed(
    servers: &[Server],
    clients: &[Guichet],
    stolen: &Tokens,
    current: &Tokens,
) -> Result<(), String> {
    let last = clients.last().expect("a server").clone();
    let replayed = refresh(last, stolen.refresh_token.clone()).await;
    let told = replayed.as_ref().err().and_then(error::reason);
    if told != Some(Reason::TokenReused) {
        return Err(format!("a thief is told {told:?}"));
    }
    is_dead(servers, clients, current).await
}

/// What ends a session while its tokens are being renewed.
#[derive(Clone, Copy, Debug)]
enum End {
    Logout,
    CompleteReset,
    DisableAccount,
}

pub(crate) async fn ended(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(10, 1_000);
    let servers = servers(Server::start().await).await;
    let clients = clients(&servers).await;
    let mut rows = Vec::new();
    for end in [End::Logout, End::CompleteReset, End::DisableAccount] {
        let mut broken = Vec::new();
        let mut renewed = 0;
        for round in 0..rounds {
            match race_to_the_end(&servers, &clients, end, round).await {
                Ok(count) => renewed += count,
                Err(how) => broken.push(format!("round {round}: {how}")),
            }
        }
        rows.push(Row::new(
            format!(
                "Refresh beside {end:?}, {rounds} rounds, {}",
                store(&servers[0])
            ),
            format!("{renewed} renewed before it, 0 good after it"),
            "no token of the session is good afterwards",
            broken,
        ));
    }
    rows
}

/// How many calls were answered with tokens, all of which are dead now.
async fn race_to_the_end(
    servers: &[Server],
    clients: &[Guichet],
    end: End,
    round: usize,
) -> Result<usize, String> {
    let username = format!("{end:?}.{round}").to_lowercase();
    let email = format!("{username}@ecole.example");
    let account = people::active(&servers[0], &username, &email).await;
    let first = sign_in(&servers[0], &username).await;
    let link = match end {
        End::CompleteReset => Some(people::reset_link(&servers[0], &email).await),
        _ => None,
    };

    let mut calls = JoinSet::new();
    for client in clients.iter().cycle().take(8) {
        calls.spawn(refresh(client.clone(), first.refresh_token.clone()));
    }
    let ender = clients[round % clients.len()].clone();
    let ended = match end {
        End::Logout => {
            let refresh_token = first.refresh_token.clone();
            let request = LogoutRequest { refresh_token };
            ender.auth().logout(request).await.map(drop)
        }
        End::CompleteReset => {
            let link = link.expect("a link was asked for");
            let request = CompleteResetRequest {
                user_id: link.user_id,
                code: link.code,
                email,
                new_password: OTHER_PASSWORD.to_owned(),
                ..Default::default()
            };
            ender.reset().complete_reset(request).await.map(drop)
        }
        End::DisableAccount => {
            let key = TokenSource::bearer(servers[0].api_key()).expect("a key");
            let account_id = account.id;
            let request = DisableAccountRequest { account_id };
            let admin = ender.with_tokens(key);
            admin.account().disable_account(request).await.map(drop)
        }
    };
    ended.map_err(|status| format!("{end:?} is refused: {status}"))?;

    let mut renewed = 0;
    for answer in calls.join_all().await {
        match answer {
            Ok(tokens) => {
                renewed += 1;
                is_dead(servers, clients, &tokens).await?;
            }
            Err(status) if status.code() == Code::Unauthenticated => {}
            Err(status) => return Err(format!("a renewal is answered {status}")),
        }
    }
    is_dead(servers, clients, &first).await?;
    Ok(renewed)
}

pub(crate) async fn answers_lost(extent: Extent) -> Vec<Row> {
    let renewals = extent.of(40, 2_000);
    let mut random = Random::seeded();
    let servers = servers(Server::start().await).await;
    let mut lines = Vec::new();
    for server in &servers {
        lines.push(Line::before(server).await);
    }
    people::active(&servers[0], "lea", "lea@ecole.example").await;
    let mut token = sign_in(&servers[0], "lea").await.refresh_token;
    let mut broken = Vec::new();
    'renewals: for renewal in 0..renewals {
        // The reply, and sometimes that of the next try.
        let to_lose = u32::try_from(random.below(3)).expect("less than three");
        for line in &lines {
            line.lose(to_lose);
        }
        loop {
            let index = usize::try_from(random.below(lines.len() as u64)).expect("few");
            let client = Guichet::builder(lines[index].url())
                .connect_lazy()
                .expect("a URL");
            match refresh(client, token.clone()).await {
                Ok(tokens) => {
                    token = tokens.refresh_token;
                    break;
                }
                Err(status) if is_lost(&status) => {}
                Err(status) => {
                    broken.push(format!("renewal {renewal}: signed out: {status}"));
                    break 'renewals;
                }
            }
        }
    }
    let lost: u32 = lines.iter().map(Line::lost).sum();
    if lost == 0 {
        broken.push("no answer was lost".to_owned());
    }
    vec![Row::new(
        format!(
            "answers to Refresh lost, asked again, {renewals} renewals, {}",
            store(&servers[0])
        ),
        format!("{lost} answers lost, 0 signed out"),
        "nobody is signed out by a lost answer",
        broken,
    )]
}

/// Whether the connection went, and not the session.
fn is_lost(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled
    )
}

async fn clients(servers: &[Server]) -> Vec<Guichet> {
    let mut clients = Vec::new();
    for server in servers {
        clients.push(server.anyone().await);
    }
    clients
}

/// Nothing written is searched for these tokens afterwards: there are too many of them.
async fn sign_in(server: &Server, username: &str) -> Tokens {
    let reply = people::sign_in(server, username, GOOD_PASSWORD).await;
    match reply.expect("a sign-in").into_inner().outcome {
        Some(Outcome::Tokens(tokens)) => tokens,
        other => panic!("expected tokens, got {other:?}"),
    }
}

async fn refresh(guichet: Guichet, refresh_token: String) -> Result<Tokens, Status> {
    let request = RefreshRequest { refresh_token };
    let reply = guichet.auth().refresh(request).await?;
    Ok(reply.into_inner().tokens.expect("tokens in the reply"))
}

/// Whether neither of two tokens is good on any server.
async fn is_dead(servers: &[Server], clients: &[Guichet], tokens: &Tokens) -> Result<(), String> {
    let key = TokenSource::bearer(servers[0].api_key()).expect("a key");
    for client in clients {
        let renewed = refresh(client.clone(), tokens.refresh_token.clone()).await;
        if renewed.is_ok() {
            return Err("a refresh token is good afterwards".to_owned());
        }
        let request = IntrospectRequest {
            token: tokens.access_token.clone(),
        };
        let asked = client
            .with_tokens(key.clone())
            .auth()
            .introspect(request)
            .await;
        let told = asked.map_err(|status| format!("Introspect is refused: {status}"))?;
        if told.into_inner().active {
            return Err("an access token is good afterwards".to_owned());
        }
    }
    Ok(())
}
