//! People who use the product while it is hurt, each with an account of their own, and who remember what they were
//! answered: what was acknowledged must be there afterwards, what is unknown may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::login_response::Outcome;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, CompleteResetRequest, CreateAccountRequest, LoginRequest, RefreshRequest,
    RequestResetRequest, Tokens,
};
use guichet_client::{Reason, error};
use guichet_tests::Link;
use guichet_tests::people::GOOD_PASSWORD;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::postman::Postman;
use crate::world::{Door, Random};

/// How long a mail may take when everything works again.
const MAIL_LIMIT: Duration = Duration::from_mins(1);

/// How long after a lost reply the same refresh token is surely still good: well within the 10 s of the server.
const GRACE: Duration = Duration::from_secs(6);

/// What became of a call.
enum Answer<T> {
    Yes(T),
    No(Status),
    /// Nobody knows: it may have been carried out.
    Unknown,
}

fn answer<T>(result: Result<tonic::Response<T>, Status>) -> Answer<T> {
    match result {
        Ok(reply) => Answer::Yes(reply.into_inner()),
        Err(status) => match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                Answer::Unknown
            }
            _ => Answer::No(status),
        },
    }
}

/// What everybody together has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Calls that were answered.
    pub(crate) answered: usize,
    /// Calls that nobody knows of whether they were carried out.
    pub(crate) unknown: usize,
    /// Resets carried to the end.
    pub(crate) resets: usize,
    /// Mails that came more than once.
    pub(crate) copies: usize,
    /// Promises that were broken.
    pub(crate) broken: Vec<String>,
}

/// People at work.
pub(crate) struct Crowd {
    people: JoinSet<Person>,
    stop: Arc<AtomicBool>,
    came_through: Arc<AtomicBool>,
}

impl Crowd {
    /// Gives so many people an account and has them begin.
    pub(crate) async fn start(
        door: &Door,
        postman: &Arc<Postman>,
        count: usize,
        random: &mut Random,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let came_through = Arc::new(AtomicBool::new(false));
        let mut people = JoinSet::new();
        for index in 0..count {
            let mut person = Person::new(index, door.clone(), postman.clone(), random.fork());
            person.arrive().await;
            let stop = stop.clone();
            let came_through = came_through.clone();
            people.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    person.act(&stop).await;
                    came_through.fetch_or(person.seen.resets > 0, Ordering::Relaxed);
                }
                person
            });
        }
        Self {
            people,
            stop,
            came_through,
        }
    }

    /// Lets them work on until somebody has carried a reset to the end. On a slow machine a few hurts are over before
    /// the first mail is read, and would have hurt nobody.
    async fn until_one_came_through(&self) {
        let deadline = Instant::now() + MAIL_LIMIT;
        while !self.came_through.load(Ordering::Relaxed) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Has everybody finish, with the servers in good health, and look at what they have.
    pub(crate) async fn finish(self) -> Seen {
        self.until_one_came_through().await;
        self.stop.store(true, Ordering::Relaxed);
        let mut seen = Seen::default();
        for mut person in self.people.join_all().await {
            person.look_back().await;
            seen.answered += person.seen.answered;
            seen.unknown += person.seen.unknown;
            seen.resets += person.seen.resets;
            seen.copies += person.seen.copies;
            seen.broken.append(&mut person.seen.broken);
        }
        if seen.resets == 0 {
            seen.broken.push("nobody came through".to_owned());
        }
        seen
    }
}

struct Person {
    username: String,
    email: String,
    door: Door,
    postman: Arc<Postman>,
    random: Random,
    /// One of them opens the account.
    passwords: Vec<String>,
    /// The current refresh token.
    token: Option<String>,
    /// Requests for a reset that were accepted.
    accepted: usize,
    /// Requests for a reset that may have been.
    perhaps: usize,
    /// So that each password is another one.
    chosen: usize,
    seen: Seen,
}

impl Person {
    fn new(index: usize, door: Door, postman: Arc<Postman>, random: Random) -> Self {
        Self {
            username: format!("person.{index}"),
            email: format!("person.{index}@ecole.example"),
            door,
            postman,
            random,
            passwords: vec![GOOD_PASSWORD.to_owned()],
            token: None,
            accepted: 0,
            perhaps: 0,
            chosen: 0,
            seen: Seen::default(),
        }
    }

    async fn arrive(&mut self) {
        let request = CreateAccountRequest {
            account: Some(Account {
                username: self.username.clone(),
                email: self.email.clone(),
                ..Account::default()
            }),
            credential: Some(Credential::Password(GOOD_PASSWORD.to_owned())),
            ..CreateAccountRequest::default()
        };
        let admin = self.door.enter_as_admin(&mut self.random);
        let created = admin.account().create_account(request).await;
        created.expect("an account, before anything goes wrong");
    }

    async fn act(&mut self, stop: &AtomicBool) {
        match self.random.below(4) {
            0 | 1 => self.reset(stop).await,
            2 => self.sign_in().await,
            _ => self.refresh().await,
        }
        // A server that is away is not asked again at once.
        tokio::time::sleep(Duration::from_millis(self.random.below(20))).await;
    }

    /// Counts an answer.
    fn note<T>(&mut self, answer: Answer<T>) -> Answer<T> {
        match answer {
            Answer::Unknown => self.seen.unknown += 1,
            _ => self.seen.answered += 1,
        }
        answer
    }

    fn broken(&mut self, how: &str) {
        self.seen.broken.push(format!("{}: {how}", self.username));
    }

    /// From "I forgot my password" to a new one.
    async fn reset(&mut self, stop: &AtomicBool) {
        let known = self.postman.letters(&self.email).links.len();
        let request = RequestResetRequest {
            identifier: Some(Identifier::Username(self.username.clone())),
            ..RequestResetRequest::default()
        };
        let asked = self
            .door
            .enter(&mut self.random)
            .reset()
            .request_reset(request)
            .await;
        match self.note(answer(asked)) {
            Answer::Yes(_) => self.accepted += 1,
            Answer::Unknown => {
                self.perhaps += 1;
                return;
            }
            Answer::No(status) => return self.broken(&format!("no reset may be asked: {status}")),
        }
        let Some(link) = self.next_link(known, stop).await else {
            return;
        };
        self.complete(&link).await;
    }

    /// The link of a mail beyond those known.
    async fn next_link(&mut self, known: usize, stop: &AtomicBool) -> Option<Link> {
        let deadline = Instant::now() + MAIL_LIMIT;
        while !stop.load(Ordering::Relaxed) {
            let links = self.postman.letters(&self.email).links;
            if links.len() > known {
                return links.last().cloned();
            }
            if Instant::now() > deadline {
                self.broken("a request was accepted, and no mail came");
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    async fn complete(&mut self, link: &Link) {
        self.chosen += 1;
        let password = format!("Babou{:04}+", self.chosen);
        match self.use_link(link, &password).await {
            Answer::Yes(()) => {
                self.seen.resets += 1;
                self.passwords = vec![password];
                self.token = None;
                self.use_again(link).await;
            }
            Answer::Unknown => {
                self.passwords.push(password);
                self.token = None;
            }
            // A completion whose reply was lost has ended every other code.
            Answer::No(status) if error::reason(&status) == Some(Reason::ResetCodeInvalid) => {}
            Answer::No(status) => self.broken(&format!("a good link is refused: {status}")),
        }
    }

    /// Nobody may use a link twice, whatever has died in between.
    async fn use_again(&mut self, link: &Link) {
        if let Answer::Yes(()) = self.use_link(link, "Tilou93!").await {
            self.broken("a link was used twice");
        }
    }

    async fn use_link(&mut self, link: &Link, password: &str) -> Answer<()> {
        let request = CompleteResetRequest {
            user_id: link.user_id.clone(),
            code: link.code.clone(),
            email: self.email.clone(),
            new_password: password.to_owned(),
            ..CompleteResetRequest::default()
        };
        let used = self
            .door
            .enter(&mut self.random)
            .reset()
            .complete_reset(request)
            .await;
        match self.note(answer(used)) {
            Answer::Yes(_) => Answer::Yes(()),
            Answer::No(status) => Answer::No(status),
            Answer::Unknown => Answer::Unknown,
        }
    }

    async fn sign_in(&mut self) {
        for password in self.passwords.clone() {
            let request = LoginRequest {
                username: self.username.clone(),
                password,
                device_name: String::new(),
                ..LoginRequest::default()
            };
            let opened = self
                .door
                .enter(&mut self.random)
                .auth()
                .login(request)
                .await;
            match self.note(answer(opened)) {
                Answer::Yes(reply) => {
                    let Some(Outcome::Tokens(tokens)) = reply.outcome else {
                        return self.broken("a sign-in without tokens");
                    };
                    self.token = Some(tokens.refresh_token);
                    return;
                }
                Answer::Unknown => return,
                Answer::No(_) => {}
            }
        }
        self.broken("no password that was acknowledged opens the account");
    }

    /// Tries until it is answered: a lost reply must sign nobody out.
    async fn refresh(&mut self) {
        let Some(token) = self.token.clone() else {
            return;
        };
        let started = Instant::now();
        while started.elapsed() < GRACE {
            let request = RefreshRequest {
                refresh_token: token.clone(),
            };
            let renewed = self
                .door
                .enter(&mut self.random)
                .auth()
                .refresh(request)
                .await;
            match self.note(answer(renewed)) {
                Answer::Yes(reply) => {
                    self.token = reply
                        .tokens
                        .map(|Tokens { refresh_token, .. }| refresh_token);
                    return;
                }
                Answer::Unknown => tokio::time::sleep(Duration::from_millis(50)).await,
                Answer::No(status) => {
                    self.token = None;
                    return self.broken(&format!("a live session is refused: {status}"));
                }
            }
        }
        self.token = None;
    }

    /// Everything works again: is all of it there?
    async fn look_back(&mut self) {
        let deadline = Instant::now() + MAIL_LIMIT;
        while self.postman.letters(&self.email).ids.len() < self.accepted
            && Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let letters = self.postman.letters(&self.email);
        let (mails, accepted, perhaps) = (letters.ids.len(), self.accepted, self.perhaps);
        if mails < accepted || mails > accepted + perhaps {
            self.broken(&format!(
                "{mails} mails for {accepted} requests, and perhaps {perhaps} more"
            ));
        }
        self.seen.copies = letters.count - mails;
        self.sign_in().await;
        self.refresh().await;
    }
}
