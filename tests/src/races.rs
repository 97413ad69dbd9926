//! Many calls at the same moment, spread over three replicas.

use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{RefreshRequest, Tokens};
use guichet_client::{Guichet, Reason, error};
use tokio::task::JoinSet;
use tonic::Status;

use crate::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use crate::{Link, Mail, Server};

/// Whom the calls are about.
pub const EMAIL: &str = "lea@ecole.example";

/// Calls of one race.
pub const CALLS: usize = 50;

/// Three servers; Léa can sign in.
pub async fn three(first: Server) -> [Server; 3] {
    people::active(&first, "lea", EMAIL).await;
    let second = first.replica().await;
    let third = first.replica().await;
    [first, second, third]
}

/// Clients without a token, one for each server.
pub async fn clients(servers: &[Server; 3]) -> [Guichet; 3] {
    let [first, second, third] = servers;
    [
        first.anyone().await,
        second.anyone().await,
        third.anyone().await,
    ]
}

/// Makes the same call many times at once, spread over the replicas.
pub async fn race<T, F>(replicas: &[Guichet; 3], call: impl Fn(Guichet) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut calls = JoinSet::new();
    for replica in replicas.iter().cycle().take(CALLS) {
        calls.spawn(call(replica.clone()));
    }
    calls.join_all().await
}

/// Asserts that in each round exactly one of many calls uses a code.
pub async fn complete(first: Server, rounds: usize) {
    let servers = three(first).await;
    let replicas = clients(&servers).await;
    let mut used_before = Vec::new();

    for round in 1..=rounds {
        people::ask_reset(&servers[round % 3], Identifier::Email(EMAIL.into())).await;
        // Each round brings a link and a notice that the password was changed.
        let mails = servers[0].mailbox().wait_for(EMAIL, 2 * round - 1).await;
        // Files of one second are in no order.
        let mut links = mails.iter().flat_map(Mail::links);
        let fresh = links.find(|link| !used_before.contains(&link.code));
        let link: Link = fresh.expect("a link that is not used");
        used_before.push(link.code.clone());

        let answers = race(&replicas, |replica| {
            let link = link.clone();
            async move { people::complete(&replica, &link, EMAIL, OTHER_PASSWORD).await }
        })
        .await;

        let used = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(used, 1, "round {round}");
        for refused in answers.into_iter().filter_map(Result::err) {
            assert_eq!(error::reason(&refused), Some(Reason::ResetCodeInvalid));
        }
        servers[0].mailbox().wait_for(EMAIL, 2 * round).await;
    }
}

/// Asserts that in each round one refresh token has one successor, that the session goes on, and that later reuse ends it.
pub async fn refresh(first: Server, rounds: usize) {
    let servers = three(first).await;
    let replicas = clients(&servers).await;

    for round in 1..=rounds {
        let first = people::tokens(&servers[round % 3], "lea", GOOD_PASSWORD).await;
        let answers = race(&replicas, |replica| {
            renew(replica, first.refresh_token.clone())
        })
        .await;

        let mut successors: Vec<String> = answers
            .into_iter()
            .map(|answer| answer.expect("a successor").refresh_token)
            .collect();
        successors.dedup();
        let [successor] = &successors[..] else {
            panic!("{} successors in round {round}", successors.len());
        };
        people::refresh(&servers[0], successor)
            .await
            .expect("a session that goes on");
        servers[0].advance(Duration::from_secs(11));
        let reused = people::refresh(&servers[1], &first.refresh_token).await;
        let reused = reused.expect_err("a stolen token");
        assert_eq!(error::reason(&reused), Some(Reason::TokenReused));
    }
}

async fn renew(replica: Guichet, token: String) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: token,
    };
    let reply = replica.auth().refresh(request).await?;
    Ok(reply.into_inner().tokens.expect("tokens in the reply"))
}
