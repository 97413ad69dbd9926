//! Reading the mails that the file transport wrote.

use std::collections::HashSet;
use std::path::PathBuf;

use mail_parser::MessageParser;

use crate::server::POLL;

/// How often the mail directory is looked at before a mail is missed.
const LOOKS: usize = 1_000;

/// The server's mail directory.
pub struct Mailbox {
    dir: PathBuf,
}

/// One mail, taken apart.
#[derive(Debug)]
pub struct Mail {
    /// The address it goes to.
    pub to: String,
    /// Decoded subject.
    pub subject: String,
    /// Decoded text part.
    pub text: String,
    /// Decoded HTML part.
    pub html: String,
    /// The file as it is.
    pub raw: String,
}

/// A link with a code, as it stands on its line of the text part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The account.
    pub user_id: String,
    /// The secret.
    pub code: String,
    /// The whole line.
    pub url: String,
}

impl Mailbox {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Every mail so far, oldest first.
    pub fn all(&self) -> Vec<Mail> {
        self.new_to(&mut HashSet::new())
    }

    /// The mails whose files are not among those `seen`, oldest first. Then they are.
    pub fn new_to(&self, seen: &mut HashSet<PathBuf>) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("a readable directory").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .filter(|path| !seen.contains(path))
            .collect();
        // Their names begin with the time.
        paths.sort();
        seen.extend(paths.iter().cloned());
        paths
            .iter()
            .map(|path| Mail::parse(&std::fs::read(path).expect("a readable mail")))
            .collect()
    }

    /// Every mail to this address so far, oldest first.
    pub fn of(&self, address: &str) -> Vec<Mail> {
        self.all()
            .into_iter()
            .filter(|mail| mail.to == address)
            .collect()
    }

    /// Waits until there are `count` mails to this address.
    pub async fn wait_for(&self, address: &str, count: usize) -> Vec<Mail> {
        // Looks are counted, and not the time: while the whole machine stands still no mail can come.
        for _ in 0..LOOKS {
            let mails = self.of(address);
            assert!(
                mails.len() <= count,
                "{} mails to {address}, not {count}",
                mails.len()
            );
            if mails.len() == count {
                return mails;
            }
            tokio::time::sleep(POLL).await;
        }
        let came: Vec<String> = self.of(address).into_iter().map(|it| it.subject).collect();
        panic!("{} of {count} mails to {address}: {came:?}", came.len());
    }

    /// Waits until the last of `count` mails to this address is there, and returns it.
    pub async fn last(&self, address: &str, count: usize) -> Mail {
        self.wait_for(address, count)
            .await
            .pop()
            .expect("count is at least one")
    }
}

impl Mail {
    /// Its `Message-ID`, which a copy has as well.
    pub fn id(&self) -> String {
        let message = MessageParser::default().parse(self.raw.as_bytes());
        let message = message.expect("it was read before");
        message.message_id().expect("an id").to_owned()
    }

    /// The links that set a password, in the order of the text.
    pub fn links(&self) -> Vec<Link> {
        self.links_to("ResetPassword")
    }

    /// The link "this was not me".
    pub fn revoke_link(&self) -> Link {
        self.links_to("RevokeReset")
            .into_iter()
            .next()
            .expect("a revoke link in the mail")
    }

    /// The one link that sets a password.
    pub fn link(&self) -> Link {
        let [link] = self
            .links()
            .try_into()
            .expect("exactly one link in the mail");
        link
    }

    /// Every code in it, whatever it is for.
    pub fn codes(&self) -> Vec<String> {
        let pages = ["ResetPassword", "RevokeReset", "ConfirmEmail"];
        let links = pages.iter().flat_map(|page| self.links_to(page));
        links.map(|link| link.code).collect()
    }

    /// The links to one of the pages that take a code, in the order of the text.
    pub fn links_to(&self, page: &str) -> Vec<Link> {
        let page = format!("/Account/{page}?");
        self.text
            .lines()
            .filter_map(|line| Link::parse(line.trim_end(), &page))
            .collect()
    }

    fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::default()
            .parse(raw)
            .expect("an RFC 5322 message");
        let to = message
            .to()
            .and_then(|to| to.first())
            .and_then(|to| to.address());
        Self {
            to: to.expect("a recipient").to_owned(),
            subject: message.subject().expect("a subject").to_owned(),
            text: message.body_text(0).expect("a text part").into_owned(),
            html: message.body_html(0).expect("an HTML part").into_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }
}

impl Link {
    /// Only a line that is nothing but the link counts.
    fn parse(line: &str, page: &str) -> Option<Self> {
        let (base, query) = line.split_once(page)?;
        if !base.starts_with("http") || line.contains(' ') {
            return None;
        }
        let (user_id, code) = query.strip_prefix("userId=")?.split_once("&code=")?;
        Some(Self {
            user_id: user_id.to_owned(),
            code: code.to_owned(),
            url: line.to_owned(),
        })
    }
}
