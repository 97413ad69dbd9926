//! Who there is: many of each class, and as many names that nobody has.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use guichet_client::Guichet;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, AccountState, BeginTotpEnrollmentRequest, ConfirmTotpEnrollmentRequest,
    CreateAccountRequest, CreateInstitutionRequest, DeleteAccountRequest, DisableAccountRequest,
    Institution, IssueResetCodeRequest, LoginRequest, login_response::Outcome,
};
use guichet_proto::v1::auth_service_client::AuthServiceClient;
use guichet_tests::people::GOOD_PASSWORD;
use guichet_tests::{OldHashes, Place, Server};
use tokio::task::JoinSet;
use tonic::transport::Endpoint;
use totp_rs::Totp;
use uuid::Uuid;

/// What an account is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Nobody,
    Normal,
    Disabled,
    Deleted,
    Legacy,
    Pending,
    WithoutEmail,
    SharedEmail,
    UnverifiedEmail,
    OldHash(&'static str),
    SecondFactor,
    OtherInstitution,
    /// Somebody holds a short code that an administrator has handed over.
    HandedOver,
    OpenedFromHere,
}

/// Every class of somebody.
pub(crate) const SOMEBODY: [Class; 17] = [
    Class::Normal,
    Class::Disabled,
    Class::Deleted,
    Class::Legacy,
    Class::Pending,
    Class::WithoutEmail,
    Class::SharedEmail,
    Class::UnverifiedEmail,
    Class::OldHash("ASP.NET Identity V2"),
    Class::OldHash("ASP.NET Identity V3, SHA-1"),
    Class::OldHash("ASP.NET Membership, SHA-1"),
    Class::OldHash("bcrypt 2a"),
    Class::OldHash("LDAP SSHA"),
    Class::SecondFactor,
    Class::OtherInstitution,
    Class::HandedOver,
    Class::OpenedFromHere,
];

/// Accounts that are made at the same time: a server with little room for hashes has room for so many.
const AT_ONCE: usize = 2;

/// How long the server may take to send the mails that the accounts bring.
const SETTLED: Duration = Duration::from_mins(1);

/// The network that the questions come from, and another one.
const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 1, 1];

/// What questions are about. All names have one length and one alphabet.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) user_id: String,
}

/// A server and the people on it.
pub(crate) struct World {
    pub(crate) server: Server,
    nobody: Vec<Target>,
    people: Vec<(Class, Vec<Target>)>,
}

impl Class {
    /// A short code is dead after five wrong ones, so more people are needed who have one.
    const fn share(self) -> usize {
        match self {
            Self::HandedOver => 6,
            _ => 1,
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Nobody => "nobody, again".to_owned(),
            Self::OldHash(form) => form.to_owned(),
            Self::Normal => "normal".to_owned(),
            Self::Disabled => "disabled".to_owned(),
            Self::Deleted => "deleted".to_owned(),
            Self::Legacy => "LEGACY".to_owned(),
            Self::Pending => "PENDING".to_owned(),
            Self::WithoutEmail => "no e-mail".to_owned(),
            Self::SharedEmail => "shared e-mail".to_owned(),
            Self::UnverifiedEmail => "unverified e-mail".to_owned(),
            Self::SecondFactor => "second factor".to_owned(),
            Self::OtherInstitution => "other institution".to_owned(),
            Self::HandedOver => "short code handed over".to_owned(),
            Self::OpenedFromHere => "opened from here".to_owned(),
        }
    }
}

impl Target {
    /// A name that nobody has.
    #[expect(
        clippy::disallowed_methods,
        reason = "it must look like an account made now"
    )]
    pub(crate) fn nobody() -> Self {
        let username: String = (0..12).map(|_| fastrand::lowercase()).collect();
        Self {
            email: format!("{username}@ecole.example"),
            username,
            // As those of accounts: the time and then chance.
            user_id: Uuid::now_v7().to_string(),
        }
    }

    /// A text without the names that the question held.
    pub(crate) fn anonymised(&self, text: &str) -> String {
        text.replace(&self.username, "{name}")
            .replace(&self.user_id, "{id}")
    }
}

impl World {
    /// So many of each of these classes.
    pub(crate) async fn inhabited(server: Server, classes: &[Class], of_each: usize) -> Self {
        let admin = server.admin().await;
        let school = institution(&admin, "School").await;
        let other = institution(&admin, "Elsewhere").await;
        let maker = Arc::new(Maker {
            admin,
            anyone: server.anyone().await,
            url: server.url(),
            school,
            other,
            old: OldHashes::all(),
        });
        let mut people = Vec::new();
        for class in classes {
            let mut made: Vec<Target> = Vec::new();
            let wanted = of_each * class.share();
            while made.len() < wanted {
                let mut makers = JoinSet::new();
                for _ in 0..AT_ONCE.min(wanted - made.len()) {
                    let maker = maker.clone();
                    let class = *class;
                    makers.spawn(async move { maker.make(class).await });
                }
                made.extend(makers.join_all().await);
            }
            people.push((*class, made));
        }
        let nobody = (0..of_each).map(|_| Target::nobody()).collect();
        let world = Self {
            server,
            nobody,
            people,
        };
        world.verify_addresses().await;
        world.settle().await;
        world
    }

    /// Has the server measure the kinds of hash that came with the people, as it does at its start and, while it runs,
    /// within seconds: until then, old ones show.
    pub(crate) async fn with_measured_hashes(mut self) -> Self {
        self.server.restart().await;
        self
    }

    /// The class's people, or names that nobody has: other ones than [`World::nobody`].
    pub(crate) fn of(&self, class: Class, number: usize) -> Target {
        if class == Class::Nobody {
            return self.nobody[(number + self.nobody.len() / 2) % self.nobody.len()].clone();
        }
        let people = self.people.iter().find(|(other, _)| *other == class);
        let (_, people) = people.expect("a class of this world");
        people[number % people.len()].clone()
    }

    /// A name that nobody has.
    pub(crate) fn nobody(&self, number: usize) -> Target {
        self.nobody[number % self.nobody.len()].clone()
    }

    pub(crate) fn classes(&self) -> Vec<Class> {
        self.people.iter().map(|(class, _)| *class).collect()
    }

    pub(crate) fn of_each(&self) -> usize {
        self.nobody.len()
    }

    /// As if each had opened a link. On `PostgreSQL` all addresses stay unverified.
    async fn verify_addresses(&self) {
        if self.server.on_postgres() {
            return;
        }
        let unverified = self
            .people
            .iter()
            .find(|(class, _)| *class == Class::UnverifiedEmail);
        let unverified = unverified
            .map(|(_, people)| people.as_slice())
            .unwrap_or_default();
        let names: Vec<String> = unverified
            .iter()
            .map(|target| format!("'{}'", target.username))
            .collect();
        let sql = format!(
            "UPDATE account SET email_verified = 1 WHERE email IS NOT NULL AND username NOT IN ({})",
            names.join(", ")
        );
        Place::of(&self.server).execute(&sql).await;
    }

    /// Waits until no more mails leave.
    pub(crate) async fn settle(&self) {
        let begun = Instant::now();
        let mail = self.server.data_dir().join("mail");
        let sent = || std::fs::read_dir(&mail).map_or(0, Iterator::count);
        let mut before = usize::MAX;
        while before != sent() {
            assert!(begun.elapsed() < SETTLED, "mails still leave");
            before = sent();
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
}

/// Makes accounts.
struct Maker {
    admin: Guichet,
    anyone: Guichet,
    url: String,
    school: String,
    other: String,
    old: OldHashes,
}

impl Maker {
    async fn make(&self, class: Class) -> Target {
        let mut target = Target::nobody();
        if class == Class::WithoutEmail {
            target.email.clear();
        }
        target.user_id = self.create(class, &target).await;
        let account_id = target.user_id.clone();
        match class {
            Class::Disabled => {
                let request = DisableAccountRequest { account_id };
                let done = self.admin.account().disable_account(request).await;
                done.expect("a disabled account");
            }
            Class::Deleted => {
                let request = DeleteAccountRequest {
                    account_id,
                    ..DeleteAccountRequest::default()
                };
                let done = self.admin.account().delete_account(request).await;
                done.expect("a deleted account");
            }
            Class::HandedOver => {
                let request = IssueResetCodeRequest {
                    account_id,
                    ..IssueResetCodeRequest::default()
                };
                let done = self.admin.reset().issue_reset_code(request).await;
                done.expect("a short code");
            }
            Class::SharedEmail => {
                for _ in 0..2 {
                    let sibling = Target {
                        email: target.email.clone(),
                        ..Target::nobody()
                    };
                    self.create(class, &sibling).await;
                }
            }
            Class::OpenedFromHere => drop(self.sign_in(HERE, &target).await),
            Class::SecondFactor => self.enrol(&target).await,
            _ => {}
        }
        if target.email.is_empty() {
            // What is typed for somebody without an address.
            target.email = format!("{}@ecole.example", target.username);
        }
        target
    }

    async fn create(&self, class: Class, target: &Target) -> String {
        let institution_id = match class {
            Class::OtherInstitution => self.other.clone(),
            _ => self.school.clone(),
        };
        let mut account = Account {
            username: target.username.clone(),
            email: target.email.clone(),
            institution_id,
            ..Account::default()
        };
        let credential = match class {
            Class::Legacy => {
                account.set_state(AccountState::Legacy);
                None
            }
            Class::Pending => Some(Credential::SendActivation(true)),
            Class::OldHash(form) => Some(Credential::PasswordHash(self.old.hashes[form].clone())),
            _ => Some(Credential::Password(GOOD_PASSWORD.to_owned())),
        };
        let request = CreateAccountRequest {
            account: Some(account),
            credential,
            ..CreateAccountRequest::default()
        };
        let reply = self.admin.account().create_account(request).await;
        let account = reply.expect("an account").into_inner().account;
        account.expect("it in the reply").id
    }

    async fn sign_in(&self, from: [u8; 4], target: &Target) -> String {
        let endpoint = Endpoint::from_shared(self.url.clone()).expect("an address");
        let endpoint = endpoint.local_address(Some(IpAddr::from(from)));
        let channel = endpoint.connect().await.expect("a connection");
        let request = LoginRequest {
            username: target.username.clone(),
            password: GOOD_PASSWORD.to_owned(),
            ..LoginRequest::default()
        };
        let reply = AuthServiceClient::new(channel).login(request).await;
        match reply.expect("a sign-in").into_inner().outcome {
            Some(Outcome::Tokens(tokens)) => tokens.access_token,
            other => panic!("expected tokens, got {other:?}"),
        }
    }

    async fn enrol(&self, target: &Target) {
        let token = self.sign_in(ELSEWHERE, target).await;
        let tokens = guichet_client::TokenSource::bearer(&token).expect("a token");
        let person = self.anyone.clone().with_tokens(tokens);
        let request = BeginTotpEnrollmentRequest {
            current_password: GOOD_PASSWORD.to_owned(),
        };
        let begun = person.auth().begin_totp_enrollment(request).await;
        let uri = begun.expect("a secret").into_inner().uri;
        let app = Totp::from_url(&uri).expect("an address that apps read");
        let request = ConfirmTotpEnrollmentRequest {
            totp_code: app.generate(now()).to_string(),
        };
        let confirmed = person.auth().confirm_totp_enrollment(request).await;
        confirmed.expect("a second factor");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a telephone asks nobody for the time"
)]
fn now() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

pub(crate) async fn institution(admin: &Guichet, name: &str) -> String {
    let request = CreateInstitutionRequest {
        institution: Some(Institution {
            display_name: name.to_owned(),
            ..Institution::default()
        }),
        ..CreateInstitutionRequest::default()
    };
    let reply = admin.institution().create_institution(request).await;
    let institution = reply.expect("an institution").into_inner().institution;
    institution.expect("it in the reply").id
}

/// Numbers in an order drawn by lot.
pub(crate) fn shuffled(count: usize, random: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    random.shuffle(&mut order);
    order
}
