//! How long a failed sign-in takes, by what is wrong with it: `cargo bench -p guichet-tests --bench failures`.
//!
//! Nobody, a stopped account, one that is not migrated, a new hash and every form of an old one take turns, in an order
//! that changes, against one server at the default cost. Beside each stands how far its mean is from that of names that
//! nobody has, in standard errors: below 4 it is noise. `-- --rounds N` makes the test sharper.

use std::time::{Duration, Instant};

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{Account, CreateAccountRequest, LoginRequest};
use guichet_tests::{OldHashes, Server, people, release_binary};

/// Longer than a server takes to see what another one has stored.
const SETTLED: Duration = Duration::from_secs(12);

/// A name and how long failing with it has taken, in milliseconds.
struct Case {
    what: String,
    username: String,
    times: Vec<f64>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = arguments.iter().position(|argument| argument == "--rounds");
    let rounds = given.map_or(40, |at| arguments[at + 1].parse().expect("a number"));
    let server = Server::builder()
        .binary(release_binary())
        .env("GUICHET_ARGON2", "m=19456,t=2,p=1")
        .env("GUICHET_CLOCK", "system")
        .start()
        .await;
    let mut cases = cases(&server).await;
    tokio::time::sleep(SETTLED).await;

    let anyone = server.anyone().await;
    for round in 0..=rounds {
        let count = cases.len();
        for turn in 0..count {
            // Another neighbour in each round.
            let case = &mut cases[(turn * (2 * round + 1) + round) % count];
            let request = LoginRequest {
                username: case.username.clone(),
                password: format!("Ancien mot de passe {round}"),
                ..LoginRequest::default()
            };
            let begun = Instant::now();
            let refused = anyone.auth().login(request).await;
            let time = begun.elapsed().as_secs_f64() * 1_000.0;
            refused.expect_err("a wrong password");
            // The first round warms up.
            if round > 0 {
                case.times.push(time);
            }
        }
    }
    print(&cases);
}

async fn cases(server: &Server) -> Vec<Case> {
    people::active(server, "new", "new@ecole.example").await;
    people::disabled(server, "stopped", "stopped@ecole.example").await;
    people::legacy(server, "legacy", "legacy@ecole.example").await;
    let mut cases: Vec<Case> = [
        ("nobody", "nobody"),
        ("nobody, again", "nobody.else"),
        ("new hash", "new"),
        ("stopped", "stopped"),
        ("not migrated", "legacy"),
    ]
    .map(|(what, username)| (what.to_owned(), username.to_owned()))
    .into_iter()
    .map(case)
    .collect();
    for (number, (what, hash)) in OldHashes::all().hashes.into_iter().enumerate() {
        let username = format!("old{number}");
        let request = CreateAccountRequest {
            account: Some(Account {
                username: username.clone(),
                ..Account::default()
            }),
            credential: Some(Credential::PasswordHash(hash)),
            ..CreateAccountRequest::default()
        };
        let created = server.admin().await.account().create_account(request).await;
        created.expect("an account");
        cases.push(case((what, username)));
    }
    cases
}

fn case((what, username): (String, String)) -> Case {
    Case {
        what,
        username,
        times: Vec::new(),
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn print(cases: &[Case]) {
    let nobody = statistics(&cases[0].times);
    println!(
        "{:<32} {:>9} {:>9} {:>9} {:>8}",
        "", "median ms", "mean ms", "s.d. ms", "s.e."
    );
    for case in cases {
        let own = statistics(&case.times);
        let error = (own.variance / own.count + nobody.variance / nobody.count).sqrt();
        println!(
            "{:<32} {:>9.1} {:>9.1} {:>9.2} {:>8.1}",
            case.what,
            own.median,
            own.mean,
            own.variance.sqrt(),
            (own.mean - nobody.mean) / error
        );
    }
}

struct Statistics {
    count: f64,
    median: f64,
    mean: f64,
    variance: f64,
}

fn statistics(times: &[f64]) -> Statistics {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    // A hundredth of outliers at the top is the machine's own business.
    sorted.truncate(sorted.len() - sorted.len() / 100);
    let count = u32::try_from(sorted.len()).map_or(f64::MAX, f64::from);
    let mean = sorted.iter().sum::<f64>() / count;
    let squares = sorted.iter().map(|time| (time - mean).powi(2)).sum::<f64>();
    Statistics {
        count,
        median: sorted[sorted.len() / 2],
        mean,
        variance: squares / (count - 1.0),
    }
}
