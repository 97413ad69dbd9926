//! Machines whose clocks are wrong.

use guichet_client::proto::Tokens;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::server::Builder;
use guichet_tests::web::metric;
use guichet_tests::{Mail, Server};

use crate::Extent;
use crate::disk::Disk;
use crate::report::Row;

const EMAIL: &str = "lea@ecole.example";

/// How far the replicas' clocks are off, in seconds: right, five minutes, a day.
const SKEWS: [i32; 5] = [0, 300, -300, 86_400, -86_400];

/// How far off the operator is told that a clock is, in seconds: this, give or take one.
const SKEW: &str = "guichet_clock_skew_seconds";

/// Steps of the one clock of a server on SQLite, in seconds.
const STEPS: [i32; 4] = [0, 600, -600, 0];

pub(crate) async fn is_wrong(_: Extent) -> Vec<Row> {
    let disk = Disk::new();
    let first = with_clock(&disk, 0).start().await;
    if first.on_postgres() {
        vec![replicas_disagree(&disk, first).await]
    } else {
        vec![the_clock_steps(first).await]
    }
}

fn with_clock(disk: &Disk, seconds: i32) -> Builder {
    disk.under(Server::builder())
        .env("GUICHET_CLOCK", "system")
        .env("FAULT_CLOCK_SECONDS", seconds.to_string())
}

/// What one replica hands out, every other honours.
async fn replicas_disagree(disk: &Disk, first: Server) -> Row {
    people::active(&first, "lea", EMAIL).await;
    let mut servers = Vec::new();
    for seconds in SKEWS {
        let wrong = disk.under(first.sibling());
        let wrong = wrong.env("FAULT_CLOCK_SECONDS", seconds.to_string());
        servers.push(wrong.start().await);
    }

    let mut broken = Vec::new();
    for (giver, skew) in servers.iter().zip(SKEWS) {
        let tokens = people::tokens(giver, "lea", GOOD_PASSWORD).await;
        for (taker, other) in servers.iter().zip(SKEWS) {
            if let Err(how) = honours(taker, &tokens).await {
                broken.push(format!("given at {skew} s, taken at {other} s: {how}"));
            }
        }
    }
    for (server, skew) in servers.iter().zip(SKEWS) {
        let told = metric(server, SKEW).await.unwrap_or_default();
        if (told - f64::from(skew)).abs() > 1.0 {
            broken.push(format!("the skew of {skew} s is told as {told}"));
        }
    }
    let issued: Vec<i64> = issue_times(&servers).await;
    let spread = issued
        .iter()
        .max()
        .zip(issued.iter().min())
        .map_or(0, |(last, first)| last - first);
    if spread > 5 {
        broken.push(format!("tokens of the same moment differ by {spread} s"));
    }
    Row::new(
        "clocks of replicas 5 minutes and a day off either way, PostgreSQL",
        format!("every session and link is good everywhere; times of issue within {spread} s"),
        "all judge by the database's clock, and tell how far off theirs is",
        broken,
    )
}

/// What was handed out before a step is good after it.
async fn the_clock_steps(mut server: Server) -> Row {
    people::active(&server, "lea", EMAIL).await;
    let mut tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let mut broken = Vec::new();
    let mut used = Vec::new();
    for (step, seconds) in STEPS.into_iter().enumerate() {
        people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
        let mails = server.mailbox().wait_for(EMAIL, 2 * step + 1).await;
        let mut links = mails.iter().flat_map(Mail::links);
        // Not the last one by its file's name, which begins with a time.
        let link = links
            .find(|link| !used.contains(&link.code))
            .expect("a link");
        used.push(link.code.clone());
        // Not killed: a mail whose sender dies may come twice, and this is about clocks.
        server.stop().await;
        server = server
            .restart_with("FAULT_CLOCK_SECONDS", &seconds.to_string())
            .await;
        if let Err(status) = people::refresh(&server, &tokens.refresh_token).await {
            broken.push(format!("{seconds} s: signed out: {status}"));
        }
        let password = if step % 2 == 0 {
            OTHER_PASSWORD
        } else {
            GOOD_PASSWORD
        };
        let anyone = server.anyone().await;
        if let Err(status) = people::complete(&anyone, &link, EMAIL, password).await {
            broken.push(format!("{seconds} s: a link is dead: {status}"));
        }
        server.mailbox().wait_for(EMAIL, 2 * step + 2).await;
        tokens = people::tokens(&server, "lea", password).await;
    }
    Row::new(
        "the clock steps 10 minutes forward and back, SQLite",
        "sessions and links go on",
        "nothing ends or unlocks by it",
        broken,
    )
}

async fn honours(server: &Server, tokens: &Tokens) -> Result<(), String> {
    let person = server.as_person(&tokens.access_token).await;
    let asked = person
        .auth()
        .get_user_info(guichet_client::proto::GetUserInfoRequest {})
        .await;
    asked.map_err(|status| format!("access token: {status}"))?;
    let renewed = people::refresh(server, &tokens.refresh_token).await;
    renewed
        .map(drop)
        .map_err(|status| format!("refresh token: {status}"))
}

/// When each server says that a token was issued, asked one right after the other.
async fn issue_times(servers: &[Server]) -> Vec<i64> {
    let mut times = Vec::new();
    for server in servers {
        let tokens = people::tokens(server, "lea", GOOD_PASSWORD).await;
        let expires = tokens.access_token_expire_time.expect("an end");
        times.push(expires.seconds);
    }
    times
}
