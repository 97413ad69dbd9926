//! What every request needs, opened once.

use std::{path::PathBuf, str::FromStr as _, sync::Arc};

use anyhow::Context as _;
use guichet_migration::MigrationStatus;
use lettre::message::Mailbox;
use sea_orm::DbErr;
use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use crate::{
    auth::{
        good_tokens::GoodTokens,
        key::{self, KeyRing},
    },
    clock::Clock,
    config::{Config, MailUrl, PasswordRules},
    i18n::Locale,
    mail::{letter::Brand, transport::Transport},
    master_key::MasterKey,
    metrics::Metrics,
    password::{
        compromised::{Compromised, Range},
        context::ContextWords,
        cost::Cost,
        demands::Demands,
        hasher::{Hasher, Settings},
        policy::PasswordPolicy,
    },
    refusals::Refusals,
    reset::intake::Intake,
    shares::Streams,
    store::{Store, hash_kind},
    throttle::{self, Turns, own_writes::OwnWrites},
};

/// What a machine whose clock is kept does not reach: somebody should look.
const LARGEST_SKEW_MICROS: u64 = 30_000_000;

/// The product, open.
pub struct App {
    /// Effective configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Time and ids.
    pub clock: Clock,
    /// The key every other key comes from.
    pub master_key: MasterKey,
    /// argon2 on its own threads.
    pub hasher: Hasher,
    /// The operator's rules of new passwords; institutions may ask for more.
    pub policy: PasswordPolicy,
    /// Whom to ask about published passwords.
    pub range: Option<Range>,
    /// Keys that sign and verify access tokens.
    pub keys: KeyRing,
    /// Tokens that those keys have verified.
    pub good_tokens: GoodTokens,
    /// Where mails go.
    pub mail: Transport,
    /// Whom mails come from.
    pub mail_from: Mailbox,
    /// Names and addresses that mails show.
    pub brand: Brand,
    /// Figures for the operator.
    pub metrics: Metrics,
    /// Refusals on their way to the journal.
    pub refusals: Refusals,
    /// How many requests for a mail come from where.
    pub intake: Intake,
    /// Who tries a password at the moment.
    pub turns: Turns,
    /// What people change who are signed in.
    pub own_writes: OwnWrites,
    /// Who has streams open that last.
    pub streams: Streams,
    /// Wakes the workers that decide about reset requests and send mails.
    pub wake: watch::Sender<()>,
    /// Language where nobody asked for one.
    pub locale: Locale,
}

impl App {
    /// Opens everything, creating what an empty data directory lacks.
    pub async fn open(config: Config) -> anyhow::Result<Arc<Self>> {
        let store = Store::connect(&config.storage).await?;
        Self::open_on(store, config, new_metrics()).await
    }

    /// Opens everything on a database that is connected.
    pub async fn open_on(
        store: Store,
        config: Config,
        metrics: Metrics,
    ) -> anyhow::Result<Arc<Self>> {
        // First, so that a start that must fail has made and changed nothing.
        let Decided {
            cost,
            policy,
            range,
            mail_from,
        } = Decided::of(&config)?;
        let master_key = MasterKey::load_or_create(&config.storage)?;
        store.migrate().await?;
        let clock = Clock::new(&config.runtime.clock);
        keep_time(&store, &clock, &metrics).await?;
        let keys = KeyRing::open(
            &store,
            &master_key,
            &clock,
            &config.tokens,
            config.lifetimes.access,
        )
        .await?;

        let settings = Settings {
            cost,
            threads: config.hashing.threads,
            queue: config.hashing.queue,
            waiting: metrics.hash_queue(),
        };
        Ok(Arc::new(Self {
            policy,
            range,
            hasher: Hasher::start(settings)?,
            mail: mail(&config)?,
            mail_from,
            brand: Brand {
                app_name: config.application.name.clone(),
                app_url: config.application.url.to_string(),
                public_url: config.listen.public_url.to_string(),
                time_zone: config.application.time_zone.clone(),
            },
            metrics,
            refusals: Refusals::default(),
            intake: Intake::default(),
            turns: Turns::default(),
            good_tokens: GoodTokens::default(),
            own_writes: OwnWrites::of(&config.throttle),
            streams: Streams::default(),
            wake: watch::Sender::new(()),
            locale: Locale::parse(config.application.locale).unwrap_or(Locale::Fr),
            store,
            clock,
            master_key,
            keys,
            config,
        }))
    }
}

/// What the settings alone decide.
struct Decided {
    cost: Cost,
    policy: PasswordPolicy,
    range: Option<Range>,
    mail_from: Mailbox,
}

impl Decided {
    fn of(config: &Config) -> anyhow::Result<Self> {
        let range_url = config.password.range_url.clone();
        let from = &config.mail.from;
        Ok(Self {
            cost: hash_cost(config)?,
            policy: policy(config).context("GUICHET_PASSWORD_LIST")?,
            range: range_url.map(Range::new).transpose()?,
            mail_from: Mailbox::from_str(from)
                .with_context(|| format!("GUICHET_MAIL_FROM is not an address: {from}"))?,
        })
    }
}

/// Fails where the settings alone would keep a server from starting.
pub fn check(config: &Config) -> anyhow::Result<()> {
    Decided::of(config).map(drop)
}

/// What is seen of a database that nothing was changed in.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Changes of the schema that a server makes when it starts.
    pub pending: usize,
    /// How many counters have refused tries within the last hour; none where the schema is too old to tell.
    pub refusing: Option<u64>,
}

/// Looks at a database as a server that starts finds it, and changes nothing: servers of another version may be using it.
///
/// An older schema may lack what is asked for, which is no fault: whoever starts brings it up first.
pub async fn look(
    store: &Store,
    master_key: Option<&MasterKey>,
    clock: &Clock,
) -> anyhow::Result<Seen> {
    store.check().await?;
    let changes = store.changes().await?;
    let missing = changes
        .iter()
        .filter(|change| change.status() == MigrationStatus::Pending);
    let pending = missing.count();
    keep_time(store, clock, &new_metrics()).await?;
    match key::check(store, master_key).await {
        Err(cause) if pending > 0 && cause.is::<DbErr>() => {}
        checked => checked?,
    }
    let refusing = match throttle::lately_refusing(&store.read, clock.now()).await {
        Err(_) if pending > 0 => None,
        refusing => Some(refusing?),
    };
    Ok(Seen { pending, refusing })
}

/// The figures of a process that has just started.
pub fn new_metrics() -> Metrics {
    Metrics::new(env!("CARGO_PKG_VERSION"))
}

/// Has the clock follow the one that replicas share, and tells how far off this machine's is.
pub async fn keep_time(store: &Store, clock: &Clock, metrics: &Metrics) -> Result<(), DbErr> {
    let Some(reading) = store.time().await? else {
        return Ok(());
    };
    let skew = clock.follow(reading);
    metrics.set_clock_skew(skew);
    if skew.unsigned_abs() > LARGEST_SKEW_MICROS {
        tracing::warn!(
            seconds = skew / 1_000_000,
            "this machine's clock is ahead of the database's, which is followed"
        );
    }
    Ok(())
}

/// Has the hasher know all the kinds of hash that there are, those of other replicas too.
pub async fn learn_hash_kinds(app: &App) -> anyhow::Result<()> {
    let mut kinds = hash_kind::Entity::all(&app.store.read).await?;
    if let Some(new) = app.hasher.kind()
        && kinds.insert(new.clone())
    {
        let txn = app.store.write().await?;
        hash_kind::Entity::note(&txn, [new].into()).await?;
        txn.commit().await?;
    }
    Ok(app.hasher.learn(kinds).await?)
}

/// Where mails go. A folder is made where it is missing.
pub fn mail(config: &Config) -> anyhow::Result<Transport> {
    let data_dir = &config.storage.data_dir;
    let url = match &config.mail.url {
        MailUrl::File(dir) if dir == &data_dir.join("mail") => "file:".to_owned(),
        MailUrl::File(dir) => format!("file:{}", dir.display()),
        MailUrl::Smtp(url) => url.expose_secret().to_owned(),
    };
    Transport::from_url(&url, data_dir).context("GUICHET_MAIL_URL")
}

/// The folder that mails go to, if no server takes them.
pub fn mail_folder(config: &Config) -> Option<PathBuf> {
    let data_dir = &config.storage.data_dir;
    match &config.mail.url {
        MailUrl::File(dir) if dir == &data_dir.join("mail") => Some(dir.clone()),
        MailUrl::File(dir) => Some(data_dir.join(dir)),
        MailUrl::Smtp(_) => None,
    }
}

/// What a hash costs. Less than what is called safe is for tests, so nobody else may reach them (ASVS 5.0, 11.4.2).
fn hash_cost(config: &Config) -> anyhow::Result<Cost> {
    let argon2 = &config.hashing.argon2;
    let cost = Cost::parse(argon2).map_err(|wrong| anyhow::anyhow!("GUICHET_ARGON2: {wrong}"))?;
    if cost.is_below_floor() {
        let address = config.listen.address;
        let problem = format!(
            "GUICHET_ARGON2 is {argon2}, weaker than what OWASP calls safe, for example m=19456,t=2,p=1"
        );
        anyhow::ensure!(
            address.ip().is_loopback(),
            "{problem}: not where other machines reach it, as at GUICHET_LISTEN {address}"
        );
        tracing::warn!("{problem}: for tests only");
    }
    Ok(cost)
}

fn policy(config: &Config) -> anyhow::Result<PasswordPolicy> {
    let PasswordRules {
        profile,
        min_length,
        max_length,
        history,
        ref list,
        ..
    } = config.password;
    let demands = Demands {
        profile: Some(profile),
        min_length,
        history: Some(history),
    };
    let application = &config.application;
    let words = ContextWords::of(["guichet", &application.name, &application.institution_name]);
    let policy = PasswordPolicy::new(demands, max_length).and(Demands::default(), words);
    Ok(match list {
        Some(path) => policy.refusing(Compromised::open(path)?),
        None => policy,
    })
}
