//! The same functions on stable Rust, in every run of the tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::TARGETS;

/// Inputs of a target in one run: what cargo-fuzz does for hours, for a second.
const CASES: u32 = 300;

/// Seeds of all targets in bytes: they are read by people too.
const MOST_BYTES: u64 = 200 * 1024;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fuzz")
        .join(name)
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder("seeds").join(target)).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

/// Cut-off lines of files, and the endings that a name of a file has.
fn stems(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.map(|file| stem(file.unwrap().path())).collect()
}

#[test]
fn every_seed_holds() {
    let mut bytes = 0;
    for (target, run) in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{target} has no seed");
        for (path, seed) in seeds {
            // A panic tells no name of its own.
            println!("{}", path.display());
            bytes += seed.len() as u64;
            run(&seed);
        }
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of seeds");
}

#[test]
fn every_target_is_one_of_cargo_fuzz() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();

    assert_eq!(stems(&folder("targets")), names);
    assert_eq!(stems(&folder("seeds")), names);
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let call = format!("guichet::fuzzing::{name}(data)");
        let target = folder("targets").join(format!("{name}.rs"));
        assert!(
            fs::read_to_string(target).unwrap().contains(&call),
            "{name}"
        );
    }
}

#[test]
fn whatever_is_sent_the_properties_hold() {
    for (target, run) in TARGETS {
        let seeds: Vec<Vec<u8>> = seeds(target).into_iter().map(|(_, seed)| seed).collect();
        let config = Config {
            cases: CASES,
            failure_persistence: None,
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&input(seeds), |data| {
            run(&data);
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{target}: {failure}");
        }
    }
}

/// Bytes, text, and seeds with some of their bytes replaced by others.
fn input(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let text = "\\PC{0,60}".prop_map(String::into_bytes);
    let splice = (
        any::<prop::sample::Index>(),
        0..4_usize,
        prop::collection::vec(any::<u8>(), 0..4),
    );
    let mutated = (
        prop::sample::select(seeds),
        prop::collection::vec(splice, 1..6),
    )
        .prop_map(|(mut seed, splices)| {
            for (place, removed, added) in splices {
                let place = place.index(seed.len() + 1);
                let end = seed.len().min(place + removed);
                seed.splice(place..end, added);
            }
            seed
        });
    prop_oneof![1 => bytes, 1 => text, 4 => mutated]
}
