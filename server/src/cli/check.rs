//! `guichet check`: would it work? It only looks: before an upgrade, servers of another version use what it looks at.

use std::path::Path;

use anyhow::bail;

use crate::{
    app::{self, Seen},
    clock::Clock,
    config::{Config, DatabaseUrl},
    i18n::{Locale, date_time},
    master_key::MasterKey,
    pages,
    store::Store,
    transport::tls::ServerTls,
};

/// What a first start makes is no fault.
const NOT_YET: &str = "not there yet: `guichet serve` makes";

/// Checks every part and says a line about each.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    println!("configuration  ok");
    for warning in config.warnings() {
        println!("               warning: {warning}");
    }
    if let Some(files) = &config.listen.tls {
        ServerTls::load(&files.certificate, &files.key)?;
        println!("certificate    ok");
    }
    pages::check(&config)?;
    app::check(&config)?;
    let master_key = MasterKey::find(&config.storage)?;
    let clock = Clock::new(&config.runtime.clock);
    let seen = look(&config, master_key.as_ref(), &clock).await?;
    if master_key.is_none() {
        println!("master key     {NOT_YET} it");
    }
    let zone = &config.application.time_zone;
    println!(
        "clock          {}",
        date_time(Locale::En, zone, clock.now().unix_seconds())
    );
    if let Some(refusing) = seen.and_then(|seen| seen.refusing) {
        println!("throttles      {refusing} have refused tries within the last hour");
    }
    check_mail(&config).await
}

/// What there is in the database, if there is one.
#[expect(clippy::print_stdout, reason = "this is the command's answer")]
async fn look(
    config: &Config,
    master_key: Option<&MasterKey>,
    clock: &Clock,
) -> anyhow::Result<Option<Seen>> {
    let Some(store) = Store::connect_to_look(&config.storage).await? else {
        println!("database       {NOT_YET} {}", to_be_made(config)?);
        return Ok(None);
    };
    let seen = app::look(&store, master_key, clock).await;
    store.close().await?;
    let seen = seen?;
    println!("database       ok");
    if seen.pending > 0 {
        println!(
            "schema         {} changes are pending: `guichet serve` makes them, or `guichet migrate up`",
            seen.pending
        );
    }
    Ok(Some(seen))
}

/// The file that a first start makes. The data directory and what that lies in are made with it, other folders are not.
fn to_be_made(config: &Config) -> anyhow::Result<String> {
    let shown = config.storage.database.shown();
    if let DatabaseUrl::Sqlite(path) = &config.storage.database {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let is_made =
            |folder: &Path| config.storage.data_dir.starts_with(folder) || folder.is_dir();
        if !folder.is_none_or(is_made) {
            bail!("there is no folder for the database {shown}");
        }
    }
    Ok(shown)
}

#[expect(clippy::print_stdout, reason = "this is the command's answer")]
async fn check_mail(config: &Config) -> anyhow::Result<()> {
    if let Some(folder) = app::mail_folder(config)
        && !folder.exists()
    {
        println!("mail           {NOT_YET} {}", folder.display());
        return Ok(());
    }
    match app::mail(config)?.probe().await {
        Ok(()) => println!("mail           ok"),
        Err(cause) => bail!("mail: {cause}"),
    }
    Ok(())
}
