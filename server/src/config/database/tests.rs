use super::*;

fn postgres(text: &str) -> Result<String, String> {
    match DatabaseUrl::parse(text, Path::new("data"))? {
        DatabaseUrl::Postgres(url) => Ok(url.expose_secret().to_owned()),
        DatabaseUrl::Sqlite(path) => panic!("{}", path.display()),
    }
}

#[test]
fn sqlite_url_names_a_file() {
    for (text, path) in [
        ("sqlite:", Some("data/guichet.db")),
        ("sqlite://", Some("data/guichet.db")),
        ("sqlite:other.db", Some("other.db")),
        ("sqlite://other.db", Some("other.db")),
        ("sqlite:/var/lib/g.db", Some("/var/lib/g.db")),
        ("sqlite:///var/lib/g.db", Some("/var/lib/g.db")),
        ("sqlite::memory:", None),
        ("sqlite:g.db?mode=ro", None),
    ] {
        let parsed = match DatabaseUrl::parse(text, Path::new("data")) {
            Ok(DatabaseUrl::Sqlite(path)) => Some(path),
            Ok(DatabaseUrl::Postgres(_)) | Err(_) => None,
        };
        assert_eq!(parsed, path.map(PathBuf::from), "{text}");
    }
}

#[test]
fn postgres_url_names_a_host_and_a_database() {
    for (text, right) in [
        ("postgres://me:secret@localhost/guichet", true),
        ("postgresql:///guichet?host=/run/postgresql", true),
        ("postgres://%2Frun%2Fpostgresql/guichet", true),
        ("postgres://localhost?dbname=guichet", true),
        ("postgres:///guichet", false),
        ("postgres://localhost", false),
        ("postgres://localhost/", false),
        ("postgres://localhost/guichet?sslmod=verify-full", false),
        ("postgres://localhost/guichet?sslmode=on", false),
        ("mysql://db/guichet", false),
        ("guichet", false),
    ] {
        let parsed = postgres(text).ok();
        assert_eq!(parsed.as_deref(), right.then_some(text), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_without_a_word_of_the_url() {
    for text in [
        "postgres://me:hunter2?hunter2@db/guichet",
        "postgres://me:hunter2@db/guichet?sslmode=hunter2",
        "postgres://me:hunter2@db/guichet?hunter2=hunter2",
        "postgres://me:hunter2@db:hunter2/guichet",
        "hunter2://me:hunter2@db/guichet",
        "hunter2",
    ] {
        let problem = postgres(text).expect_err(text);
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn another_machine_is_reached_over_tls_that_proves_its_name() {
    for (text, added) in [
        ("postgres://db/g", "?sslmode=verify-full"),
        ("postgres://10.0.0.1/g?port=1", "&sslmode=verify-full"),
        ("postgres://[2001:db8::1]/g", "?sslmode=verify-full"),
        ("postgres://localhost/g?host=db", "&sslmode=verify-full"),
        ("postgres:///g?hostaddr=10.0.0.1", "&sslmode=verify-full"),
        ("postgres://db/g?sslmode=require", ""),
        ("postgres://db/g?sslmode=disable", ""),
        ("postgres://localhost/g", ""),
        ("postgres://127.0.0.1/g?sslmode=prefer", ""),
        ("postgres://[::1]/g", ""),
        ("postgres://db/g?host=/run/postgresql", ""),
    ] {
        assert_eq!(postgres(text), Ok(format!("{text}{added}")));
    }
    for silent in ["allow", "prefer"] {
        let refused = postgres(&format!("postgres://db/g?sslmode={silent}"));
        assert!(refused.expect_err(silent).contains("plain text"));
    }
}

#[test]
fn a_way_that_others_can_read_or_turn_is_warned_of() {
    for (text, warning) in [
        ("postgres://db/g", None),
        ("postgres://db/g?sslmode=disable", Some("plain text")),
        ("postgres://db/g?sslmode=require", Some("whoever answers")),
        (
            "postgres://db/g?sslmode=verify-ca",
            Some("whatever its name"),
        ),
        ("postgres://localhost/g?sslmode=disable", None),
        ("postgres:///g?host=/run/postgresql", None),
        ("sqlite:", None),
    ] {
        let url = DatabaseUrl::parse(text, Path::new("data")).expect(text);
        let told = url.warning().unwrap_or_default();
        assert_eq!(told.is_empty(), warning.is_none(), "{text}: {told}");
        assert!(told.contains(warning.unwrap_or_default()), "{text}: {told}");
    }
}
