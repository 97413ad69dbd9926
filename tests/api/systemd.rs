//! The unit under which systemd keeps Guichet in a sandbox.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use guichet_tests::Server;

/// Of 100: what `systemd-analyze security` may find open.
const MOST_EXPOSED: &str = "15";

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/guichet.service")
}

fn content() -> String {
    fs::read_to_string(unit()).expect("the unit")
}

/// The values of a directive, in order.
fn values<'a>(unit: &'a str, directive: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    let named = lines.filter(|(name, _)| *name == directive);
    named.map(|(_, value)| value).collect()
}

#[test]
fn what_it_may_is_little() {
    let unit = content();
    for (directive, value) in [
        ("ProtectSystem", "strict"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("LimitCORE", "0"),
        ("NoNewPrivileges", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("CapabilityBoundingSet", ""),
        ("SystemCallArchitectures", "native"),
    ] {
        assert_eq!(values(&unit, directive), [value], "{directive}");
    }
    assert_eq!(values(&unit, "ExecStart"), ["/usr/bin/guichet serve"]);
}

#[tokio::test]
async fn every_setting_in_it_exists() {
    let server = Server::builder().prepare();
    let shown = server.cli(&["config"]);
    let shown = String::from_utf8(shown.stdout).expect("text");
    let unit = content();
    let named: BTreeSet<&str> = unit
        .split(|letter: char| letter != '_' && !letter.is_ascii_uppercase())
        .filter(|word| word.starts_with("GUICHET_") && word.len() > "GUICHET_".len())
        .map(|word| word.trim_end_matches("_FILE"))
        .collect();
    assert!(named.contains("GUICHET_DATA_DIR"), "{named:?}");
    for name in named {
        assert!(shown.contains(name), "{name}");
    }
}

/// Where systemd's own tool is at hand: it knows the directives better than we do.
#[test]
fn systemd_understands_it_and_finds_little_open() {
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).output();
        output.map(|output| {
            let both = [&output.stdout[..], &output.stderr[..]].concat();
            (
                output.status.success(),
                String::from_utf8_lossy(&both).into_owned(),
            )
        })
    };
    let unit = unit();
    let unit = unit.to_str().expect("a path");
    let Ok((_, verified)) = analyze(&["verify", "--man=no", unit]) else {
        println!("systemd-analyze is not at hand: only the directives themselves were looked at");
        return;
    };
    // The binary is not installed here.
    let faults = verified
        .lines()
        .filter(|line| line.contains("guichet.service"));
    let faults: Vec<&str> = faults
        .filter(|line| !line.contains("is not executable"))
        .collect();
    assert_eq!(faults, Vec::<&str>::new());
    let limit = format!("--threshold={MOST_EXPOSED}");
    let secure = analyze(&["security", "--offline=yes", "--no-pager", &limit, unit]);
    let (is_secure, told) = secure.expect("it was there a moment ago");
    assert!(is_secure, "{told}");
}
