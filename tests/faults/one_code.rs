//! Many use one code at the same moment, or use it, change the password and disown the link: one outcome, and never two.

use std::sync::Arc;
use std::time::Duration;

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    ChangePasswordRequest, CompleteResetRequest, InspectResetRequest, RequestResetRequest,
    RevokeResetRequest,
};
use guichet_client::{Guichet, Reason, TokenSource, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Link, Server};
use tokio::task::JoinSet;
use tonic::Status;

use crate::Extent;
use crate::postman::Postman;
use crate::report::Row;
use crate::world::{self, servers, store, within};

/// Calls of one race.
const CALLS: usize = 64;

const MAIL_LIMIT: Duration = Duration::from_secs(20);

/// What somebody who changes the password chooses.
const CHANGED: &str = "Tilou0001+";

/// What somebody who uses a link chooses.
const COMPLETED: &str = "Tilou0002+";

/// Somebody with two links and a session.
struct Person {
    username: String,
    email: String,
    session: Guichet,
    links: [Link; 2],
}

/// Servers, a client of each, and the mails that they send.
struct Place {
    servers: Vec<Server>,
    clients: Vec<Guichet>,
    postman: Arc<Postman>,
}

pub(crate) async fn used_by_many(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(10, 1_000);
    let place = Place::open().await;
    let mut broken = Vec::new();
    for round in 0..rounds {
        if let Err(how) = use_by_many(&place, round).await {
            broken.push(format!("round {round}: {how}"));
        }
    }
    vec![Row::new(
        format!(
            "{CALLS} CompleteReset at once with one code and {CALLS} passwords, {rounds} rounds, {}",
            store(&place.servers[0])
        ),
        format!("{} calls, 1 success in each round", rounds * CALLS),
        "one success; its password opens the account; every other code is dead; one notice",
        broken,
    )]
}

pub(crate) async fn contested(extent: Extent) -> Vec<Row> {
    let rounds = extent.of(15, 1_000);
    let place = Place::open().await;
    let mut broken = Vec::new();
    let mut completed = 0;
    for round in 0..rounds {
        match contest(&place, round).await {
            Ok(was_completed) => completed += usize::from(was_completed),
            Err(how) => broken.push(format!("round {round}: {how}")),
        }
    }
    vec![Row::new(
        format!(
            "CompleteReset, ChangePassword and RevokeReset at once, {rounds} rounds, {}",
            store(&place.servers[0])
        ),
        format!("completed {completed} times, changed the other times"),
        "one of the two passwords; every code is dead; one notice",
        broken,
    )]
}

async fn use_by_many(place: &Place, round: usize) -> Result<(), String> {
    let person = place.person(&format!("many.{round}")).await;
    let mut calls = JoinSet::new();
    for (number, client) in (0..CALLS).zip(place.clients.iter().cycle()) {
        let request = person.completion(&format!("Babou{number:04}+"));
        let client = client.clone();
        calls.spawn(async move {
            let password = request.new_password.clone();
            client
                .reset()
                .complete_reset(request)
                .await
                .map(|_| password)
        });
    }
    let mut winners = Vec::new();
    for answer in calls.join_all().await {
        match answer {
            Ok(password) => winners.push(password),
            Err(status) if error::reason(&status) == Some(Reason::ResetCodeInvalid) => {}
            Err(status) => return Err(format!("a loser is told {status}")),
        }
    }
    let [winner] = &winners[..] else {
        return Err(format!("{} successes", winners.len()));
    };
    place.is_settled(&person, winner).await
}

/// Whether it was the completion that won.
async fn contest(place: &Place, round: usize) -> Result<bool, String> {
    let person = place.person(&format!("contested.{round}")).await;
    let client = |index: usize| place.clients[(round + index) % place.clients.len()].clone();
    // Each of the three begins first in turn.
    let delay = |index: usize| Duration::from_millis(2 * ((round + index) % 3) as u64);

    let (user, revoker) = (client(0), client(1));
    let request = person.completion(COMPLETED);
    let completion = async {
        tokio::time::sleep(delay(0)).await;
        user.reset().complete_reset(request).await.map(drop)
    };
    let request = ChangePasswordRequest {
        current_password: GOOD_PASSWORD.to_owned(),
        new_password: CHANGED.to_owned(),
    };
    let change = async {
        tokio::time::sleep(delay(1)).await;
        person
            .session
            .account()
            .change_password(request)
            .await
            .map(drop)
    };
    let request = RevokeResetRequest {
        user_id: person.links[0].user_id.clone(),
        code: person.links[0].code.clone(),
    };
    let revocation = async {
        tokio::time::sleep(delay(2)).await;
        revoker.reset().revoke_reset(request).await.map(drop)
    };
    let (completed, changed, revoked) = tokio::join!(completion, change, revocation);

    revoked.map_err(|status| format!("disowning it is answered {status}"))?;
    match (completed, changed) {
        (Ok(()), Err(status)) => {
            expected(&status, &[Reason::BadCredentials, Reason::TokenInvalid])?;
            place.is_settled(&person, COMPLETED).await?;
            Ok(true)
        }
        (Err(status), Ok(())) => {
            expected(&status, &[Reason::ResetCodeInvalid])?;
            place.is_settled(&person, CHANGED).await?;
            Ok(false)
        }
        both => Err(format!("completed and changed: {both:?}")),
    }
}

fn expected(status: &Status, reasons: &[Reason]) -> Result<(), String> {
    let told = error::reason(status);
    if told.is_some_and(|told| reasons.contains(&told)) {
        Ok(())
    } else {
        Err(format!("the loser is told {status}"))
    }
}

impl Place {
    async fn open() -> Self {
        let servers = servers(Server::start().await).await;
        let mut clients = Vec::new();
        for server in &servers {
            clients.push(server.anyone().await);
        }
        let postman = Arc::new(Postman::of(servers[0].mailbox()));
        Self {
            servers,
            clients,
            postman,
        }
    }

    async fn person(&self, username: &str) -> Person {
        let email = format!("{username}@ecole.example");
        people::active(&self.servers[0], username, &email).await;
        let tokens = people::tokens(&self.servers[0], username, GOOD_PASSWORD).await;
        let token = TokenSource::bearer(&tokens.access_token).expect("a token");
        let last = self.clients.last().expect("a server");
        let mut links = Vec::new();
        for wanted in 1..=2 {
            let request = RequestResetRequest {
                identifier: Some(Identifier::Username(username.to_owned())),
                ..RequestResetRequest::default()
            };
            let asked = last.reset().request_reset(request).await;
            asked.expect("always the same reply");
            let came = within(MAIL_LIMIT, async || {
                self.postman.letters(&email).links.len() == wanted
            });
            assert!(came.await, "no mail to {email}");
            links = self.postman.letters(&email).links;
        }
        Person {
            username: username.to_owned(),
            session: last.with_tokens(token),
            links: links.try_into().expect("two links"),
            email,
        }
    }

    /// Whether this password alone opens the account, no code is good, and one notice came.
    async fn is_settled(&self, person: &Person, password: &str) -> Result<(), String> {
        for (typed, opens) in [
            (password, true),
            (GOOD_PASSWORD, false),
            ("Babou9999+", false),
        ] {
            let tried = people::sign_in(&self.servers[0], &person.username, typed).await;
            if tried.is_ok() != opens {
                return Err(format!("a password opens it: {}, not {opens}", !opens));
            }
        }
        for link in &person.links {
            let request = InspectResetRequest {
                user_id: link.user_id.clone(),
                code: link.code.clone(),
            };
            if self.clients[0].reset().inspect_reset(request).await.is_ok() {
                return Err("a code is good afterwards".to_owned());
            }
        }
        let notices = || self.postman.letters(&person.email).others;
        if !world::within(MAIL_LIMIT, async || notices() > 0).await {
            return Err("no notice".to_owned());
        }
        match notices() {
            1 => Ok(()),
            more => Err(format!("{more} notices")),
        }
    }
}

impl Person {
    fn completion(&self, password: &str) -> CompleteResetRequest {
        CompleteResetRequest {
            user_id: self.links[0].user_id.clone(),
            code: self.links[0].code.clone(),
            email: self.email.clone(),
            new_password: password.to_owned(),
            ..Default::default()
        }
    }
}
