//! `guichet check`: would it work?

use anyhow::bail;

use crate::{app::App, config::Config, pages, throttle, transport::tls::ServerTls};

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
    let app = App::open(config).await?;
    app.store.check().await?;
    println!("database       ok");
    println!(
        "clock          {}",
        crate::i18n::date_time(crate::i18n::Locale::En, app.clock.now().unix_seconds())
    );
    let refusing = throttle::lately_refusing(&app.store.read, app.clock.now()).await?;
    println!("throttles      {refusing} have refused tries within the last hour");
    match app.mail.probe().await {
        Ok(()) => println!("mail           ok"),
        Err(cause) => bail!("mail: {cause}"),
    }
    Ok(())
}
