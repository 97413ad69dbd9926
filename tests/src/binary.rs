//! The binary that the tests drive, and the settings that most of them drive it with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Free ports, a data directory and a clock below `dir`, cheap hashes, no throttling.
pub(crate) fn usual_env(dir: &Path) -> BTreeMap<String, String> {
    let path = |name: &str| dir.join(name).display().to_string();
    [
        ("GUICHET_LISTEN", "127.0.0.1:0".to_owned()),
        ("GUICHET_OPS_LISTEN", "127.0.0.1:0".to_owned()),
        ("GUICHET_DATA_DIR", path("data")),
        ("GUICHET_CLOCK", format!("file:{}", path("clock-offset"))),
        ("GUICHET_ARGON2", "m=8,t=1,p=1".to_owned()),
        ("GUICHET_THROTTLE", "off".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// `target/{profile}/guichet`, beside the `deps` directory that the running test is in.
pub fn beside_the_tests() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the running test");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("a test is in target/{profile}/deps");
    let binary = profile.join("guichet");
    assert!(
        binary.exists(),
        "there is no {}: build it first with `cargo build -p guichet --bin guichet`",
        binary.display()
    );
    binary
}

/// Builds the release binary, for a bench, and says where it is.
pub fn release_binary() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "-p", "guichet", "--bin", "guichet"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the release binary was not built");
    beside_the_tests()
}
