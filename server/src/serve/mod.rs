//! `guichet serve`: sockets, services, worker, and an orderly end.

use std::{fs, io::IsTerminal as _, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    app::{self, App},
    config::Config,
    metrics::{self, Metrics, Port},
    pages,
    readiness::Readiness,
    store::{self, account},
    transport::{
        limits::{Limits, server_builder},
        listener::Listener,
        ops,
        router::combine,
        shutdown::Shutdown,
        tls::ServerTls,
    },
    worker,
};

use self::{calls::SERVICES, log::Log};

mod calls;
mod log;
mod questions;

/// How long the worker may take to finish what it has begun.
const WORKER_END: Duration = Duration::from_secs(3);

/// Runs the product until it is asked to end.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let log = Log::start(&config.runtime);
    let shutdown = Shutdown::on_signals()?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    pages::check(&config)?;
    let metrics = app::new_metrics();
    tokio::spawn(metrics::delay::watch(metrics.clone()));
    tokio::spawn(log.watch(metrics.clone()));
    let readiness = Readiness::new(shutdown.clone());
    let operations = Listener::bind(config.listen.ops_address, Port::Operations)
        .await
        .with_context(|| format!("can't listen on {}", config.listen.ops_address))?;
    let ops_address = operations.local_addr().to_string();
    store::create_data_dir(&config.storage.data_dir)?;
    tell_address(&config.storage.data_dir, "ops-listen", &ops_address)?;
    let ops = serve_ops(
        readiness.clone(),
        operations,
        shutdown.clone(),
        metrics.clone(),
    );
    // Until the database is there, nobody is let in: a refused connection sends callers to another replica.
    let Some(store) = readiness.await_database(&config.storage).await? else {
        return Ok(());
    };
    let app = App::open_on(store, config, metrics).await?;
    app::learn_hash_kinds(&app).await?;
    if app.master_key.is_pending() {
        tracing::warn!(
            "the previous master key is still in force: once every server has both, run `guichet keys rotate-master`"
        );
    }
    serve_calls(&app, &shutdown, &readiness, &ops_address).await?;
    ops.await??;
    Ok(())
}

/// Serves the public port, and has the worker run, until the end is asked for.
async fn serve_calls(
    app: &Arc<App>,
    shutdown: &Shutdown,
    readiness: &Readiness,
    ops_address: &str,
) -> anyhow::Result<()> {
    let config = &app.config;
    let public = Listener::bind(config.listen.address, Port::Public)
        .await
        .with_context(|| format!("can't listen on {}", config.listen.address))?
        .introduced_by(config.listen.proxies.introducers());
    let public_address = public.local_addr().to_string();

    let (health, health_service) = tonic_health::server::health_reporter();
    tell_health(&health, ServingStatus::Serving).await;
    let calls = calls::routes(app, shutdown)?.add_service(health_service);
    let policy = calls::policy(app)?;
    let limits = limits(config);
    let tls = config
        .listen
        .tls
        .as_ref()
        .map(|files| ServerTls::load(&files.certificate, &files.key));
    let incoming = public.incoming(
        &limits,
        tls.transpose()?,
        shutdown.kill_switch(),
        &app.metrics,
    );
    let server = server_builder(&limits).serve_with_incoming_shutdown(
        combine(calls, pages(app), &policy).prepare(),
        incoming,
        shutdown.draining(),
    );

    let stop_worker = CancellationToken::new();
    let worker = tokio::spawn(worker::run(app.clone(), stop_worker.clone()));
    tell_address(&config.storage.data_dir, "listen", &public_address)?;
    greet(app, &public_address, ops_address).await?;
    readiness.serve(app.store.clone());

    shutdown
        .supervise(server, tell_end(health), config.limits.drain_timeout)
        .await?;
    stop_worker.cancel();
    // A mail server that hangs must not hold the end up: the lease lets another try later.
    drop(tokio::time::timeout(WORKER_END, worker).await);
    Ok(())
}

async fn tell_health(health: &HealthReporter, status: ServingStatus) {
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}

/// Says so to whoever asks, and lets go of those who watch: their streams would hold the end up.
async fn tell_end(mut health: HealthReporter) {
    tell_health(&health, ServingStatus::NotServing).await;
    for service in SERVICES {
        health.clear_service_status(service).await;
    }
    tell_health(&health, ServingStatus::NotServing).await;
}

fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.limits.max_connections,
        connections_per_address: config.limits.max_connections_per_address,
        connections_from_loopback: config.limits.max_connections,
        ..Limits::default()
    }
}

fn serve_ops(
    readiness: Readiness,
    listener: Listener,
    shutdown: Shutdown,
    metrics: Metrics,
) -> tokio::task::JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move {
        let router = ops::router(metrics.clone(), move || {
            let readiness = readiness.clone();
            async move { readiness.check().await }
        });
        ops::serve(listener, router, shutdown.kill_switch(), &metrics).await
    })
}

/// What gateways and password managers look for (RFC 8615).
fn well_known() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/change-password", get(change_password))
}

/// Everything that is not a call.
fn pages(app: &Arc<App>) -> Router {
    pages::observed(app.clone(), well_known().merge(pages::router(app)))
}

/// Where password managers send people (W3C, A Well-Known URL for Changing Passwords).
async fn change_password() -> Response {
    let target = [(header::LOCATION, "/Account/ForgotPassword")];
    (StatusCode::FOUND, target).into_response()
}

async fn jwks(State(app): State<Arc<App>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, app.keys.jwks(app.clock.now())).into_response()
}

async fn discovery(State(app): State<Arc<App>>) -> Response {
    let issuer = app.config.listen.public_url.to_string();
    let document = serde_json::json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "id_token_signing_alg_values_supported": ["ES256", "EdDSA"],
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
    });
    (
        [(header::CONTENT_TYPE, "application/json")],
        document.to_string(),
    )
        .into_response()
}

/// Writes a bound address where scripts look for it, whole or not at all.
fn tell_address(data_dir: &Path, name: &str, address: &str) -> anyhow::Result<()> {
    let partial = data_dir.join(format!("{name}.partial"));
    fs::write(&partial, address)?;
    fs::rename(&partial, data_dir.join(name))?;
    Ok(())
}

/// Says where everything is, and to a newcomer what comes next.
#[expect(clippy::print_stdout, reason = "the first screen is for a person")]
async fn greet(app: &App, public: &str, operations: &str) -> anyhow::Result<()> {
    tracing::info!(
        public,
        operations,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    if !std::io::stdout().is_terminal() {
        println!("listening on {public}, operations on {operations}");
        return Ok(());
    }
    let scheme = if app.config.listen.tls.is_some() {
        "https"
    } else {
        "http"
    };
    println!("\n  Guichet {} is open.\n", env!("CARGO_PKG_VERSION"));
    println!("  Pages               {}", app.config.listen.public_url);
    println!("  gRPC and grpc-web   {scheme}://{public}");
    println!("  Health, metrics     http://{operations}/readyz  http://{operations}/metrics");
    println!(
        "  Data                {}",
        app.config.storage.data_dir.display()
    );
    println!("  Mails               {}", mails(app));
    if account::Entity::find().count(&app.store.read).await? == 0 {
        println!(
            "\n  Nobody has an account yet. In another terminal, make the first administrator:\n"
        );
        println!("    guichet admin create --username admin --email you@example.org");
    }
    println!("\n  Ctrl-C ends it.\n");
    Ok(())
}

fn mails(app: &App) -> String {
    match &app.config.mail.url {
        crate::config::MailUrl::File(dir) => format!("{} (one .eml file each)", dir.display()),
        crate::config::MailUrl::Smtp(_) => "sent by SMTP".to_owned(),
    }
}
