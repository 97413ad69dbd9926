//! Which services there are, and how much of them the network may ask.

use std::sync::Arc;

use guichet_proto::v1::{
    account_service_server::{self, AccountServiceServer},
    auth_service_server::{self, AuthServiceServer},
    event_service_server::{self, EventServiceServer},
    import_service_server::{self, ImportServiceServer},
    institution_service_server::{self, InstitutionServiceServer},
    mail_service_server::{self, MailServiceServer},
    reset_service_server::{self, ResetServiceServer},
};
use tonic::service::{LayerExt as _, Routes};
use tower::util::MapRequestLayer;

use super::questions;
use crate::{
    account::Accounts,
    app::App,
    auth::Auth,
    events::Events,
    import::{self, Imports},
    institution::Institutions,
    messages::Messages,
    reset::Resets,
    transport::{
        deadline::CallLimits, open_calls::OpenCalls, origin::AllowedOrigins, policy::Policy,
        shutdown::Shutdown, whole_request::WholeRequests,
    },
};

/// The services, as health names them; the first is all of them.
pub(super) const SERVICES: [&str; 8] = [
    "",
    account_service_server::SERVICE_NAME,
    reset_service_server::SERVICE_NAME,
    auth_service_server::SERVICE_NAME,
    institution_service_server::SERVICE_NAME,
    mail_service_server::SERVICE_NAME,
    import_service_server::SERVICE_NAME,
    event_service_server::SERVICE_NAME,
];

const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const OLD_REFLECTION: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// Calls that anybody may open, and keep open.
const LASTING: [&str; 3] = ["/grpc.health.v1.Health/Watch", REFLECTION, OLD_REFLECTION];

/// Calls that send more than one message.
const STREAMS: [&str; 3] = [import::UPLOAD, REFLECTION, OLD_REFLECTION];

/// Calls that may be open at a time: so many for each connection that may be, on an average.
const CALLS_PER_CONNECTION: usize = 2;

/// However few connections may be open: one of them may carry a hundred calls.
const LEAST_CALLS: usize = 512;

/// Longest question to reflection in bytes: a name, or that of a file.
const MAX_QUESTION: usize = 4 * 1024;

/// What the network may ask.
pub(super) fn policy(app: &App) -> anyhow::Result<Policy> {
    let config = &app.config;
    let origins = config.listen.cors_origins.iter().map(String::as_str);
    let open = Arc::new(OpenCalls::new(
        LEAST_CALLS.max(config.limits.max_connections * CALLS_PER_CONNECTION),
        &LASTING,
        config.listen.proxies.clone(),
        app.metrics.clone(),
    ));
    Ok(Policy {
        origins: AllowedOrigins::of_urls(origins)?,
        calls: CallLimits {
            longest: config.limits.max_deadline,
            unlimited: &[import::UPLOAD],
        },
        requests: WholeRequests::new(config.limits.max_message, &STREAMS, Arc::clone(&open)),
        open,
    })
}

/// All services but health.
pub(super) fn routes(app: &Arc<App>, shutdown: &Shutdown) -> anyhow::Result<Routes> {
    let largest = app.config.limits.max_message;
    let mut routes = Routes::builder();
    routes
        .add_service(
            AccountServiceServer::new(Accounts::new(app.clone()))
                .max_decoding_message_size(largest),
        )
        .add_service(
            ResetServiceServer::new(Resets::new(app.clone())).max_decoding_message_size(largest),
        )
        .add_service(
            AuthServiceServer::new(Auth::new(app.clone())).max_decoding_message_size(largest),
        )
        .add_service(
            InstitutionServiceServer::new(Institutions::new(app.clone()))
                .max_decoding_message_size(largest),
        )
        .add_service(
            MailServiceServer::new(Messages::new(app.clone())).max_decoding_message_size(largest),
        )
        .add_service(
            ImportServiceServer::new(Imports::new(app.clone()))
                .max_decoding_message_size(largest.max(import::MAX_ROW)),
        )
        .add_service(
            EventServiceServer::new(Events::new(app.clone(), shutdown.clone()))
                .max_decoding_message_size(largest),
        );
    if app.config.listen.reflection {
        // Both versions list only what they are given; with google.rpc in the set, grpcurl shows details in clear.
        let described = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(guichet_proto::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        };
        let (now, before) = (described().build_v1()?, described().build_v1alpha()?);
        let read_ahead = MapRequestLayer::new(questions::read_ahead);
        routes
            .add_service(read_ahead.named_layer(now.max_decoding_message_size(MAX_QUESTION)))
            .add_service(read_ahead.named_layer(before.max_decoding_message_size(MAX_QUESTION)));
    }
    Ok(routes.routes())
}
