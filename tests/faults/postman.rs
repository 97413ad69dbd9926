//! Brings people their mails, and remembers them all.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guichet_tests::{Link, Mailbox};

/// How often the mail directory is looked at.
const ROUND: Duration = Duration::from_millis(20);

/// What came to one address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letters {
    /// In the order in which they came.
    pub(crate) links: Vec<Link>,
    /// The mails' own ids: a copy has the same.
    pub(crate) ids: HashSet<String>,
    /// Mails with a link, copies included.
    pub(crate) count: usize,
    /// Mails without one: notices.
    pub(crate) others: usize,
}

/// Reads the directory in the background until it is dropped.
pub(crate) struct Postman {
    letters: Arc<Mutex<HashMap<String, Letters>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Postman {
    pub(crate) fn of(mailbox: Mailbox) -> Self {
        let letters = Arc::new(Mutex::new(HashMap::new()));
        let known = letters.clone();
        let task = tokio::spawn(async move {
            let mut seen = HashSet::new();
            loop {
                deliver(&mailbox, &mut seen, &known);
                tokio::time::sleep(ROUND).await;
            }
        });
        Self { letters, task }
    }

    /// What came to this address so far.
    pub(crate) fn letters(&self, address: &str) -> Letters {
        let letters = self.letters.lock().expect("no panic");
        letters.get(address).cloned().unwrap_or_default()
    }
}

impl Drop for Postman {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn deliver(
    mailbox: &Mailbox,
    seen: &mut HashSet<PathBuf>,
    known: &Mutex<HashMap<String, Letters>>,
) {
    for mail in mailbox.new_to(seen) {
        let links = mail.links();
        let mut known = known.lock().expect("no panic");
        let letters = known.entry(mail.to.clone()).or_default();
        if links.is_empty() {
            letters.others += 1;
            continue;
        }
        letters.links.extend(links);
        letters.ids.insert(mail.id());
        letters.count += 1;
    }
}
