//! Which tests a source file has.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A file with tests.
pub(super) struct Source {
    text: String,
    language: Language,
}

#[derive(PartialEq, Eq)]
enum Language {
    Rust,
    /// Rust without cargo's harness: each function may be what `main` runs.
    Program,
    TypeScript,
}

/// What `tests/Cargo.toml` says of each target.
#[derive(Deserialize)]
struct Manifest {
    test: Vec<Target>,
    bench: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    path: String,
    harness: Option<bool>,
}

impl Source {
    /// A file that doesn't exist has no tests.
    pub(super) fn read(root: &Path, file: &str) -> Self {
        let language = if Path::new(file).extension().is_some_and(|it| it == "ts") {
            Language::TypeScript
        } else if programs(root).iter().any(|it| file.starts_with(it)) {
            Language::Program
        } else {
            Language::Rust
        };
        Self {
            text: fs::read_to_string(root.join(file)).unwrap_or_default(),
            language,
        }
    }

    /// Whether one of its tests has this name.
    pub(super) fn has_test(&self, name: &str) -> bool {
        match self.language {
            Language::TypeScript => self.calls_test(name),
            Language::Program => self.function(name).is_some(),
            Language::Rust => self.function(name).is_some_and(|at| self.is_test(at)),
        }
    }

    fn calls_test(&self, name: &str) -> bool {
        let quoted = ['"', '\'', '`'].map(|quote| format!("{quote}{name}{quote}"));
        let mut starts = ["test(", "it("].iter().flat_map(|call| {
            self.text
                .match_indices(call)
                .map(|(at, call)| at + call.len())
        });
        starts.any(|at| {
            let title = self.text[at..].trim_start();
            quoted.iter().any(|quoted| title.starts_with(quoted))
        })
    }

    /// The line that declares a function.
    fn function(&self, name: &str) -> Option<usize> {
        let declared = [format!("fn {name}("), format!("fn {name}<")];
        self.text
            .lines()
            .position(|line| declared.iter().any(|it| line.contains(it)))
    }

    /// Whether the attributes above a line make it a test that runs.
    fn is_test(&self, line: usize) -> bool {
        let lines: Vec<&str> = self.text.lines().take(line).map(str::trim).collect();
        let above = lines.iter().rev();
        let attributes: Vec<&&str> = above
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .collect();
        let has = |start: &str| attributes.iter().any(|line| line.starts_with(start));
        (has("#[test]") || has("#[tokio::test")) && !has("#[ignore")
    }
}

/// Where the sources of targets without a harness are, from the top.
fn programs(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("tests/Cargo.toml")).expect("a manifest");
    let manifest: Manifest = toml::from_str(&text).expect("a manifest");
    let targets = manifest.test.into_iter().chain(manifest.bench);
    targets
        .filter(|target| target.harness == Some(false))
        .map(|target| format!("tests/{}", target.path.trim_end_matches("main.rs")))
        .collect()
}

#[test]
fn a_test_is_what_its_attribute_says() {
    let rust = Source {
        text: "#[test]\nfn one() {}\n\n/// Doc.\n#[tokio::test(flavor = \"multi_thread\")]\n// Why.\nasync fn two() {}
               #[test]\n#[ignore = \"slow\"]\nfn three() {}\n\nfn helper() {}\n"
            .to_owned(),
        language: Language::Rust,
    };
    let tests = ["one", "two", "three", "helper", "on"].map(|name| rust.has_test(name));
    assert_eq!(tests, [true, true, false, false, false]);
}

#[test]
fn a_test_in_typescript_is_a_call_with_its_title() {
    let typescript = Source {
        text:
            "test(\"one\", async () => {});\n  test(`${way}: two`, () => {});\ntest(\n  'three',\n)"
                .to_owned(),
        language: Language::TypeScript,
    };
    let tests = ["one", "${way}: two", "three", "four"].map(|name| typescript.has_test(name));
    assert_eq!(tests, [true, true, true, false]);
}
