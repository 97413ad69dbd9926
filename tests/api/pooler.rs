//! A pooler before the database, such as `PgBouncer`, lets nobody in who asks at the start for what it doesn't know.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use guichet_tests::Server;

/// What `PgBouncer` accepts without being told (<https://www.pgbouncer.org/config.html>, `track_extra_parameters` and
/// `ignore_startup_parameters`).
const ACCEPTED: [&str; 7] = [
    "user",
    "database",
    "application_name",
    "client_encoding",
    "datestyle",
    "timezone",
    "standard_conforming_strings",
];

/// How long a start may take to say that it can't.
const PATIENCE: Duration = Duration::from_secs(15);

/// One that lets nobody in. Its URL, and the parameters that it was asked for, in lower case.
fn pooler() -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    let (asked, asks) = channel();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(parameters) = refuse(client)
                && asked.send(parameters).is_err()
            {
                return;
            }
        }
    });
    let url = format!("postgres://guichet@{address}/guichet?sslmode=disable");
    (url, asks)
}

/// Reads the startup message and answers with an error (PostgreSQL, 55.7 Message Formats).
fn refuse(mut client: TcpStream) -> io::Result<Vec<String>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let rest = u32::from_be_bytes(length) - 4;
    let mut message = vec![0; usize::try_from(rest).expect("a short message")];
    client.read_exact(&mut message)?;
    // After the protocol's version, names and values in turn.
    let texts = message[4..].split(|byte| *byte == 0);
    let parameters: Vec<String> = texts
        .step_by(2)
        .map(|name| String::from_utf8_lossy(name).to_lowercase())
        .filter(|name| !name.is_empty())
        .collect();

    let unknown = parameters
        .iter()
        .find(|name| !ACCEPTED.contains(&name.as_str()));
    let (code, text) = match unknown {
        Some(name) => ("08P01", format!("unsupported startup parameter: {name}")),
        None => ("28000", "nobody is let in here".to_owned()),
    };
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0");
    let length = u32::try_from(fields.len() + 4).expect("a short message");
    client.write_all(b"E")?;
    client.write_all(&length.to_be_bytes())?;
    client.write_all(fields.as_bytes())?;
    Ok(parameters)
}

#[tokio::test]
async fn nothing_is_asked_for_that_a_pooler_refuses() {
    let (url, asks) = pooler();

    let checked = Server::builder().env("GUICHET_DATABASE_URL", url).check();

    let told = String::from_utf8_lossy(&checked.stderr);
    assert!(told.contains("nobody is let in here"), "{told}");
    let parameters = asks.try_recv().expect("a connection");
    assert!(parameters.contains(&"user".to_owned()), "{parameters:?}");
}

/// It would be waited for without end otherwise, as a database that is not there yet is.
#[tokio::test]
async fn a_start_whose_wish_a_pooler_refuses_ends_and_says_so() {
    let (url, _asks) = pooler();
    let url = format!("{url}&options=-c%20search_path%3Dguichet");
    let server = Server::builder().env("GUICHET_DATABASE_URL", url).prepare();

    let started = server.command().stderr(Stdio::piped()).spawn();

    let mut process = started.expect("the binary starts");
    let deadline = Instant::now() + PATIENCE;
    while process.try_wait().expect("a child").is_none() && Instant::now() < deadline {
        tokio::time::sleep(guichet_tests::server::POLL).await;
    }
    // It is waited for without end if it has not ended by itself.
    let _ = process.kill();
    let ended = process.wait_with_output().expect("a child");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("a pooler before the database"), "{told}");
    assert!(told.contains("options"), "{told}");
}
