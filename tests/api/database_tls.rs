//! The database on another machine is reached over TLS, and is the one that it says it is, or nothing is sent.

use std::process::Output;

use guichet_tests::server::Builder;
use guichet_tests::{Certificate, Cluster, Server};

/// This machine too, but not by a loopback address: what holds for every other machine holds for it.
const ELSEWHERE: &str = "0.0.0.0";

/// All of these servers use one database.
const MASTER_KEY: &str = "0f0e0d0c0b0a09080706050403020100f0e0d0c0b0a090807060504030201000";

fn on(url: &str) -> Builder {
    Server::builder()
        .env("GUICHET_MASTER_KEY", MASTER_KEY)
        .env("GUICHET_DATABASE_URL", url)
}

fn expect_refused(checked: &Output, url: &str, reason: &str) {
    let told = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(1), "{url}");
    assert!(told.contains(reason), "{url}: {told}");
    assert_eq!(told.trim().lines().count(), 1, "{url}: {told}");
    assert!(!told.contains("secret"), "{url}: {told}");
}

fn root(certificate: &Certificate) -> String {
    format!("sslrootcert={}", certificate.file().display())
}

#[tokio::test]
async fn a_database_that_proves_its_name_is_used_and_every_connection_is_encrypted() {
    let certificate = Certificate::of(&[ELSEWHERE, "localhost"]);
    let Some(cluster) = Cluster::of_this_run(Some(&certificate)) else {
        return;
    };

    let by_root = on(&cluster.url(ELSEWHERE, &root(&certificate)));
    let trusted = certificate.file();
    let by_system = on(&cluster.url(ELSEWHERE, "")).env("SSL_CERT_FILE", trusted.to_string_lossy());
    let asked_for = format!("sslmode=verify-full&{}", root(&certificate));
    let on_this_machine = on(&cluster.url("localhost", &asked_for));
    for builder in [by_root, by_system, on_this_machine] {
        let server = builder.start().await;

        let (all, encrypted) = cluster.connections();
        assert!(all > 0, "no connection is open");
        assert_eq!(all, encrypted, "a connection is not encrypted");
        assert!(!server.log().contains("sslmode"), "a warning of nothing");
    }
}

#[tokio::test]
async fn a_database_that_is_not_believed_is_not_used() {
    let right = Certificate::of(&[ELSEWHERE]);
    let wrong = Certificate::of(&["db.example"]);
    let Some(stranger) = Cluster::of_this_run(Some(&wrong)) else {
        return;
    };
    let plain = Cluster::of_this_run(None).expect("where one is, another may be");

    for (cluster, parameters, reason) in [
        (&stranger, root(&wrong), "not valid for name"),
        (&stranger, root(&right), "invalid peer certificate"),
        (&stranger, String::new(), "invalid peer certificate"),
        (
            &stranger,
            format!("sslmode=verify-ca&{}", root(&right)),
            "invalid peer certificate",
        ),
        (
            &stranger,
            "sslrootcert=nowhere.pem".to_owned(),
            "can't reach the database",
        ),
        (&plain, root(&right), "server does not support TLS"),
        (
            &plain,
            "sslmode=require".to_owned(),
            "server does not support TLS",
        ),
        (
            &plain,
            format!("sslmode=verify-ca&{}", root(&right)),
            "server does not support TLS",
        ),
        (&plain, "sslmode=prefer".to_owned(), "plain text"),
    ] {
        let url = cluster.url(ELSEWHERE, &parameters);

        expect_refused(&on(&url).check(), &url, reason);
    }
}

#[tokio::test]
async fn what_is_weaker_is_used_where_it_is_asked_for_and_warned_of() {
    let certificate = Certificate::of(&["db.example"]);
    let Some(cluster) = Cluster::of_this_run(Some(&certificate)) else {
        return;
    };
    let by_root = format!("sslmode=verify-ca&{}", root(&certificate));

    for (host, parameters, warning) in [
        (ELSEWHERE, "sslmode=disable", "plain text"),
        (ELSEWHERE, "sslmode=require", "whoever answers is believed"),
        (ELSEWHERE, &by_root, "whatever its name"),
        ("localhost", "", ""),
    ] {
        let url = cluster.url(host, parameters);

        let checked = on(&url).check();

        let told = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{url}: {checked:?}");
        assert!(told.contains(warning), "{url}: {told}");
        assert_eq!(told.contains("sslmode"), !warning.is_empty(), "{told}");
    }
}
