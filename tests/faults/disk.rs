//! A disk that fails when it is told to (see `disk.c`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use guichet_tests::server::Builder;
use tempfile::TempDir;

/// "No space left on device".
pub(crate) const ENOSPC: i32 = 28;

/// "Read-only file system".
pub(crate) const EROFS: i32 = 30;

/// "Input/output error".
pub(crate) const EIO: i32 = 5;

/// What happens to a write.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// It fails with this error, once.
    Fail(i32),
    /// It and every later one fail with this error.
    Fill(i32),
    /// The process dies instead.
    Kill,
}

/// The disk of one server.
pub(crate) struct Disk {
    dir: TempDir,
    plans: AtomicU32,
}

impl Disk {
    /// Compiles the library that fails.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/faults/disk.c");
        let compiled = Command::new("cc")
            .args(["-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o"])
            .arg(dir.path().join("disk.so"))
            .arg(source)
            .status()
            .expect("a C compiler, which the product's own dependencies need as well");
        assert!(compiled.success(), "{source} does not compile");
        Self {
            dir,
            plans: AtomicU32::new(0),
        }
    }

    /// Puts a server's `SQLite` files on it.
    pub(crate) fn under(&self, server: Builder) -> Builder {
        let library = self.dir.path().join("disk.so");
        server
            .env("LD_PRELOAD", library.display().to_string())
            .env("FAULT_PLAN", self.plan().display().to_string())
            .env("FAULT_FILE", "guichet.db")
    }

    /// Has the `k`th write or sync from now on fail.
    pub(crate) fn arm(&self, k: u32, plan: Plan) {
        let id = self.plans.fetch_add(1, Ordering::Relaxed);
        let action = match plan {
            Plan::Fail(error) => format!("fail:{error}"),
            Plan::Fill(error) => format!("fill:{error}"),
            Plan::Kill => "kill".to_owned(),
        };
        let partial = self.dir.path().join("partial");
        fs::write(&partial, format!("{id} {k} {action}")).expect("a writable directory");
        fs::rename(partial, self.plan()).expect("a writable directory");
    }

    /// Is a good disk again. Tells whether a write was failed meanwhile.
    pub(crate) fn disarm(&self) -> bool {
        fs::remove_file(self.plan()).expect("an armed disk");
        let hit = self.is_hit();
        if hit {
            fs::remove_file(self.hit()).expect("a file");
        }
        hit
    }

    /// Whether a write has been failed.
    pub(crate) fn is_hit(&self) -> bool {
        self.hit().exists()
    }

    fn plan(&self) -> PathBuf {
        self.dir.path().join("plan")
    }

    fn hit(&self) -> PathBuf {
        self.dir.path().join("plan.hit")
    }
}
