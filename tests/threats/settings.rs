//! Settings that are wrong stop the start: nothing is ever allowed because something could not be read.

use guichet_tests::Server;
use serde_json::Value;

/// Settings that are text, of which nearly any is right.
const TEXTS: [&str; 9] = [
    "GUICHET_AUDIENCE",
    "GUICHET_APP_NAME",
    "GUICHET_INSTITUTION_NAME",
    "GUICHET_INSTITUTION_CONTACT",
    "GUICHET_HELP_DE",
    "GUICHET_HELP_EN",
    "GUICHET_HELP_FR",
    "GUICHET_HELP_NL",
    "GUICHET_DATA_DIR",
];

fn settings(server: &Server) -> Vec<Value> {
    let shown = server.cli(&["config", "--json"]);
    assert!(
        shown.status.success(),
        "{}",
        String::from_utf8_lossy(&shown.stderr)
    );
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    shown.as_array().expect("a list").clone()
}

/// Auth.js let everybody in when a check could not be configured.
#[test]
fn ghsa_8fpg_no_setting_that_cannot_be_read_is_passed_over() {
    let server = Server::builder().prepare();
    let settings = settings(&server);
    assert!(settings.len() > 40, "{settings:?}");

    for setting in settings {
        let name = setting["name"].as_str().expect("a name");
        if TEXTS.contains(&name) {
            continue;
        }
        for nonsense in ["\u{1}!", "-1 or so"] {
            let checked = server.command().env(name, nonsense).arg("check").output();
            let checked = checked.expect("the binary runs");
            assert_eq!(checked.status.code(), Some(1), "{name}={nonsense}");
            let told = String::from_utf8_lossy(&checked.stderr);
            assert!(told.contains("GUICHET_"), "{name}: {told}");
        }
    }
    let misspelt = Server::builder().env("GUICHET_THROTLE", "on").check();
    assert_eq!(misspelt.status.code(), Some(1));
}

/// Hashes that are quick to guess are for tests, which nobody reaches from elsewhere.
#[test]
fn asvs_11_4_2_hashes_below_the_floor_are_refused_where_others_reach_them() {
    let start = |listen: &str, cost: &str| {
        let builder = Server::builder().env("GUICHET_LISTEN", listen);
        let builder = builder.env("GUICHET_ARGON2", cost);
        builder.check()
    };
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        for weak in ["m=8,t=1,p=1", "m=19456,t=1,p=1", "m=12287,t=3,p=1"] {
            let refused = start(listen, weak);
            assert_eq!(refused.status.code(), Some(1), "{listen} {weak}");
            let told = String::from_utf8_lossy(&refused.stderr);
            assert!(told.contains("GUICHET_ARGON2"), "{told}");
            assert!(told.contains(weak), "{told}");
        }
        let allowed = start(listen, "m=19456,t=2,p=1");
        assert!(allowed.status.success(), "{listen}");
    }
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let warned = start(listen, "m=8,t=1,p=1");
        assert!(warned.status.success(), "{listen}");
    }
}

/// Changing one of these is a decision, not an accident.
const DEFAULTS: [(&str, &str); 22] = [
    ("GUICHET_ARGON2", "m=19456,t=2,p=1"),
    ("GUICHET_ACCESS_TTL", "10m"),
    ("GUICHET_REFRESH_TTL", "30d"),
    ("GUICHET_REFRESH_ABSOLUTE_TTL", "90d"),
    // The contract's; NIST SP 800-63B-4 section 4.2.1.2 allows no more.
    ("GUICHET_RESET_TTL", "24h"),
    ("GUICHET_ACTIVATION_TTL", "14d"),
    ("GUICHET_TOKEN_ALGORITHM", "ES256"),
    ("GUICHET_KEY_ROTATION", "90d"),
    ("GUICHET_KEY_PUBLISH_AHEAD", "20m"),
    ("GUICHET_THROTTLE", "on"),
    ("GUICHET_THROTTLE_FREE_FAILURES", "5"),
    ("GUICHET_THROTTLE_BASE_DELAY", "30s"),
    ("GUICHET_THROTTLE_MAX_DELAY", "1h"),
    ("GUICHET_THROTTLE_ACCOUNT_FREE_FAILURES", "20"),
    ("GUICHET_THROTTLE_NETWORK_FAILURES", "60"),
    ("GUICHET_THROTTLE_NETWORK_INTERVAL", "1s"),
    ("GUICHET_THROTTLE_RESET_REQUESTS", "3"),
    ("GUICHET_THROTTLE_RESET_INTERVAL", "1h"),
    ("GUICHET_MAX_MESSAGE", "64KiB"),
    ("GUICHET_MAX_CONNECTIONS", "4096"),
    ("GUICHET_MAX_CONNECTIONS_PER_ADDRESS", "256"),
    ("GUICHET_MAX_DEADLINE", "10s"),
];

#[test]
fn the_defaults_are_those_that_were_decided() {
    let settings = settings(&Server::builder().prepare());

    for (name, expected) in DEFAULTS {
        let shown = settings.iter().find(|setting| setting["name"] == name);
        let shown = shown.unwrap_or_else(|| panic!("{name} is not shown"));
        assert_eq!(shown["default"], expected, "{name}");
    }
}
