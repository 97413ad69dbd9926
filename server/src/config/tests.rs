use super::*;

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::ExposeSecret;

/// The contract's table "Configuration": variable and fixed default.
const CONTRACT: [(&str, &str); 26] = [
    ("GUICHET_LISTEN", "127.0.0.1:8080"),
    ("GUICHET_OPS_LISTEN", "127.0.0.1:9090"),
    ("GUICHET_PUBLIC_URL", "http://localhost:8080"),
    ("GUICHET_DATA_DIR", "guichet-data"),
    ("GUICHET_DATABASE_URL", "sqlite:"),
    ("GUICHET_MAIL_URL", "file:"),
    ("GUICHET_MAIL_FROM", "Guichet <no-reply@localhost>"),
    ("GUICHET_APP_NAME", "Guichet"),
    ("GUICHET_APP_URL", ""),
    ("GUICHET_RETURN_URLS", ""),
    ("GUICHET_CORS_ORIGINS", ""),
    ("GUICHET_LOCALE", "fr"),
    ("GUICHET_MASTER_KEY", ""),
    ("GUICHET_TLS_CERT", ""),
    ("GUICHET_TLS_KEY", ""),
    ("GUICHET_ARGON2", "m=19456,t=2,p=1"),
    ("GUICHET_HASH_THREADS", ""),
    ("GUICHET_HASH_QUEUE", ""),
    ("GUICHET_ACCESS_TTL", "10m"),
    ("GUICHET_REFRESH_TTL", "30d"),
    ("GUICHET_RESET_TTL", "24h"),
    ("GUICHET_ACTIVATION_TTL", "14d"),
    ("GUICHET_AUDIENCE", "guichet"),
    ("GUICHET_TOKEN_ALGORITHM", "ES256"),
    ("GUICHET_REFLECTION", "on"),
    ("GUICHET_THROTTLE", "on"),
];

fn load(variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    load_with(None, variables)
}

fn load_with(file: Option<&Path>, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let environment = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()));

    Config::load(file, environment)
}

fn errors(file: Option<&Path>, variables: &[(&str, &str)]) -> Vec<String> {
    let errors = load_with(file, variables).unwrap_err();

    errors.to_string().lines().map(str::to_owned).collect()
}

fn shown<'a>(loaded: &'a Loaded, name: &str) -> (&'a str, String) {
    let entry = loaded
        .entries
        .iter()
        .find(|entry| entry.setting.name == name)
        .unwrap();

    (&entry.value, entry.origin.to_string())
}

fn file(content: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("guichet.toml");
    std::fs::write(&path, content).unwrap();

    (directory, path)
}

#[test]
fn contract_names_are_there_with_their_defaults() {
    for (name, default) in CONTRACT {
        let setting = settings().find(|setting| setting.name == name);
        assert_eq!(
            setting.map(|setting| setting.default),
            Some(default),
            "{name}"
        );
    }
}

#[test]
fn table_is_complete_and_read_whole() {
    let loaded = load(&[]).unwrap();
    let read: Vec<&str> = loaded
        .entries
        .iter()
        .map(|entry| entry.setting.name)
        .collect();
    let read_once: BTreeSet<&str> = read.iter().copied().collect();
    let table: BTreeSet<&str> = settings().map(|setting| setting.name).collect();

    assert_eq!(read_once, table);
    assert_eq!(read.len(), table.len(), "a setting is read twice");
    for setting in settings() {
        assert!(setting.name.starts_with("GUICHET_"), "{}", setting.name);
        assert!(!setting.meaning.contains(['\n', '|']), "{}", setting.name);
        assert!(!setting.example.is_empty(), "{}", setting.name);
        assert_eq!(
            setting.default.is_empty(),
            !setting.default_in_words.is_empty(),
            "{}",
            setting.name
        );
    }
}

#[test]
fn every_example_is_right() {
    for setting in settings().filter(|setting| setting.secrecy != Secrecy::Secret) {
        let variables = match setting.name {
            "GUICHET_TLS_CERT" | "GUICHET_TLS_KEY" => continue,
            name => [(name, setting.example)],
        };
        if let Err(errors) = load(&variables) {
            panic!("{errors}");
        }
    }
}

#[test]
fn defaults_have_the_contracts_values() {
    let Config {
        listen,
        storage,
        mail,
        application,
        lifetimes,
        tokens,
        hashing,
        ..
    } = load(&[]).unwrap().config;

    assert_eq!(listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(listen.cors_origins, ["http://localhost:8080"]);
    assert!(listen.tls.is_none());
    assert!(
        matches!(storage.database, DatabaseUrl::Sqlite(path) if path == Path::new("guichet-data/guichet.db"))
    );
    assert!(matches!(mail.url, MailUrl::File(path) if path == Path::new("guichet-data/mail")));
    assert_eq!(
        application.url.as_str(),
        "http://localhost:8080/Account/Login"
    );
    assert_eq!(application.return_urls, [application.url]);
    assert_eq!(lifetimes.access, Duration::from_mins(10));
    assert_eq!(lifetimes.activation, Duration::from_hours(14 * 24));
    assert_eq!(tokens.algorithm, TokenAlgorithm::Es256);
    assert_eq!(hashing.queue, 64 * hashing.threads);
}

#[test]
fn environment_goes_before_file_and_file_before_default() {
    let (_directory, path) =
        file("# ours\nlocale = \"nl\"\naccess_ttl = \"5m\"\nreflection = false\n");
    let loaded = load_with(Some(&path), &[("GUICHET_LOCALE", "de"), ("PATH", "/bin")]).unwrap();

    assert_eq!(loaded.config.application.locale, "de");
    assert_eq!(loaded.config.lifetimes.access, Duration::from_mins(5));
    assert!(!loaded.config.listen.reflection);

    assert_eq!(
        shown(&loaded, "GUICHET_LOCALE"),
        ("de", "environment".to_owned())
    );
    assert_eq!(
        shown(&loaded, "GUICHET_ACCESS_TTL"),
        ("5m", format!("{}:3", path.display()))
    );
    assert_eq!(
        shown(&loaded, "GUICHET_THROTTLE"),
        ("on", "default".to_owned())
    );
}

#[test]
fn file_takes_numbers_and_lists() {
    let (_directory, path) = file(
        "max_connections = 99\nreturn_urls = [\n  \"https://a.example.org/\",\n  \"https://b.example.org/\",\n]\n",
    );
    let config = load_with(Some(&path), &[]).unwrap().config;

    assert_eq!(config.limits.max_connections, 99);
    assert_eq!(config.application.return_urls.len(), 3);
}

#[test]
fn all_errors_are_told_at_once_one_line_each() {
    let (_directory, path) = file("lisen = \"x\"\nlocale = 'es'\n[tokens]\n");
    let shown = path.display();

    let told = errors(
        Some(&path),
        &[
            ("GUICHET_ACESS_TTL", "5m"),
            ("GUICHET_LISTEN", "local\nhost"),
            ("GUICHET_MASTER_KEY", "hunter2"),
            ("GUICHET_TLS_CERT", "tls.crt"),
        ],
    );

    let expected = [
        format!("tokens ({shown}:3): settings stand at the top of the file, not in a table"),
        format!("lisen ({shown}:1): there is no such setting; the nearest is listen"),
        "GUICHET_ACESS_TTL (environment): there is no such setting; the nearest is GUICHET_ACCESS_TTL".to_owned(),
        "GUICHET_LISTEN (environment): \"local\\nhost\" is not an IP address with a port; right would be, for example, 127.0.0.1:8080".to_owned(),
        "GUICHET_TLS_KEY (default): a certificate needs its private key; right would be, for example, /etc/guichet/tls.key".to_owned(),
        "GUICHET_MASTER_KEY (environment): the value is not 64 hexadecimal digits; right would be, for example, the output of `openssl rand -hex 32`".to_owned(),
        format!("locale ({shown}:2): \"es\" is none of fr, en, nl, de; right would be, for example, fr"),
    ];
    assert_eq!(BTreeSet::from_iter(told), BTreeSet::from(expected));
}

#[test]
fn file_that_cannot_be_understood_is_an_error_with_its_line() {
    let (_directory, path) = file("locale = \"fr\"\nlisten = \n");
    let told = errors(Some(&path), &[]);

    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("guichet.toml:2): the file is not TOML"),
        "{}",
        told[0]
    );

    let told = errors(Some(Path::new("/nowhere/guichet.toml")), &[]);
    assert!(told[0].starts_with("--config (/nowhere/guichet.toml:1): the file cannot be read"));
}

#[test]
fn file_keys_are_lower_case_and_without_prefix() {
    for key in ["Locale", "LOCALE", "GUICHET_LOCALE", "guichet_locale"] {
        let (_directory, path) = file(&format!("{key} = \"en\"\n"));
        let told = errors(Some(&path), &[]);

        assert!(told[0].contains("there is no such setting"), "{told:?}");
    }
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    for (variables, at_fault) in [
        (vec![("GUICHET_TLS_KEY", "tls.key")], "GUICHET_TLS_CERT"),
        (
            vec![("GUICHET_KEY_ROTATION", "20m")],
            "GUICHET_KEY_PUBLISH_AHEAD",
        ),
        (
            vec![("GUICHET_THROTTLE_MAX_DELAY", "29s")],
            "GUICHET_THROTTLE_MAX_DELAY",
        ),
        (
            vec![("GUICHET_THROTTLE_FREE_FAILURES", "21")],
            "GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES",
        ),
        (
            vec![("GUICHET_PASSWORD_MIN_LENGTH", "7")],
            "GUICHET_PASSWORD_MIN_LENGTH",
        ),
        (
            vec![
                ("GUICHET_PASSWORD_PROFILE", "strict"),
                ("GUICHET_PASSWORD_MIN_LENGTH", "12"),
            ],
            "GUICHET_PASSWORD_MIN_LENGTH",
        ),
        (
            vec![("GUICHET_PASSWORD_MAX_LENGTH", "63")],
            "GUICHET_PASSWORD_MAX_LENGTH",
        ),
    ] {
        let told = errors(None, &variables);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(at_fault), "{told:?}");
    }
}

#[test]
fn a_proxy_that_anybody_may_be_is_refused() {
    for everybody in ["0.0.0.0/0", "::/0", "10.0.0.7, 203.0.113.9/0"] {
        let told = errors(None, &[("GUICHET_TRUSTED_PROXIES", everybody)]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("GUICHET_TRUSTED_PROXIES"), "{told:?}");
        assert!(told[0].contains("is every address there is"), "{told:?}");
    }
}

#[test]
fn nothing_in_a_variable_means_not_set() {
    let loaded = load(&[("GUICHET_APP_URL", ""), ("GUICHET_MASTER_KEY", "")]).unwrap();

    assert_eq!(shown(&loaded, "GUICHET_APP_URL").1, "default");
    assert!(loaded.config.storage.master_key.is_none());
    assert_eq!(errors(None, &[("GUICHET_LOCALE", "")]).len(), 1);
}

#[test]
fn secret_may_come_from_a_file() {
    let key = "0f".repeat(32);
    let (_directory, path) = file(&format!("{key}\n"));
    let path = path.to_str().unwrap();
    let loaded = load(&[("GUICHET_MASTER_KEY_FILE", path)]).unwrap();
    let (_other_directory, config) = file(&format!("master_key_file = \"{path}\"\n"));
    assert!(
        load_with(Some(&config), &[])
            .unwrap()
            .config
            .storage
            .master_key
            .is_some()
    );

    let loaded_key = loaded.config.storage.master_key.as_ref().unwrap();
    assert_eq!(loaded_key.expose_secret(), key);
    let origin = format!("content of {path}");
    assert_eq!(shown(&loaded, "GUICHET_MASTER_KEY"), ("(hidden)", origin));

    let told = errors(
        None,
        &[
            ("GUICHET_MASTER_KEY", &key),
            ("GUICHET_MASTER_KEY_FILE", path),
        ],
    );
    assert_eq!(
        told,
        [
            "GUICHET_MASTER_KEY_FILE (environment): GUICHET_MASTER_KEY and GUICHET_MASTER_KEY_FILE are both set; keep one of them"
        ]
    );
    let told = errors(None, &[("GUICHET_DATABASE_URL_FILE", "/nowhere/url")]);
    assert!(
        told[0].contains("the file /nowhere/url cannot be read"),
        "{told:?}"
    );
    let told = errors(None, &[("GUICHET_LOCALE_FILE", path)]);
    assert!(told[0].contains("there is no such setting"), "{told:?}");
}

#[test]
fn errors_never_quote_a_secret() {
    for variable in ["GUICHET_DATABASE_URL", "GUICHET_MAIL_URL"] {
        let told = errors(None, &[(variable, "ftp://me:hunter2@db/guichet")]);
        assert!(!told[0].contains("hunter2"), "{told:?}");
    }
}

#[test]
fn unsafe_choices_are_warned_about() {
    let longest = [("GUICHET_RESET_TTL", "24h"), ("GUICHET_ACCESS_TTL", "60m")];
    for safe in [&[][..], &longest] {
        let warnings = load(safe).unwrap().config.warnings();
        assert_eq!(warnings, Vec::<String>::new());
    }

    for (variable, value) in [
        ("GUICHET_THROTTLE", "off"),
        ("GUICHET_CLOCK", "file:offset"),
        ("GUICHET_PUBLIC_URL", "http://id.example.org"),
        ("GUICHET_RESET_TTL", "25h"),
        ("GUICHET_ACCESS_TTL", "61m"),
    ] {
        let warnings = load(&[(variable, value)]).unwrap().config.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with(variable), "{warnings:?}");
    }
}
