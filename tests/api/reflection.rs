//! What the services say about themselves.

use std::collections::BTreeSet;

use guichet_tests::Server;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::Code;
use tonic::codegen::tokio_stream;
use tonic_reflection::pb::{v1, v1alpha};

const SERVICES: [&str; 7] = [
    "grpc.health.v1.Health",
    "guichet.v1.AccountService",
    "guichet.v1.AuthService",
    "guichet.v1.ImportService",
    "guichet.v1.InstitutionService",
    "guichet.v1.MailService",
    "guichet.v1.ResetService",
];

/// Both versions of the protocol are one, but for the package.
macro_rules! ask {
    ($version:ident, $server:expr, $question:ident($about:expr)) => {{
        use $version::server_reflection_client::ServerReflectionClient;
        use $version::server_reflection_request::MessageRequest;

        let mut reflection = ServerReflectionClient::new($server.anyone().await.channel());
        let request = $version::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::$question($about.to_owned())),
        };
        match reflection
            .server_reflection_info(tokio_stream::once(request))
            .await
        {
            Ok(replies) => {
                let reply = replies.into_inner().message().await.expect("a message");
                Ok(reply.and_then(|reply| reply.message_response))
            }
            Err(status) => Err(status),
        }
    }};
}

macro_rules! both_answers {
    ($version:ident, $server:expr) => {{
        use $version::server_reflection_response::MessageResponse;

        let listed = ask!($version, $server, ListServices(""));
        let Ok(Some(MessageResponse::ListServicesResponse(list))) = listed else {
            panic!("expected a list, got {listed:?}");
        };
        let names: BTreeSet<String> = list.service.into_iter().map(|one| one.name).collect();

        let symbol = "guichet.v1.AuthService";
        let described = ask!($version, $server, FileContainingSymbol(symbol));
        let Ok(Some(MessageResponse::FileDescriptorResponse(files))) = described else {
            panic!("expected a file, got {described:?}");
        };
        (names, files.file_descriptor_proto)
    }};
}

fn assert_complete((names, files): (BTreeSet<String>, Vec<Vec<u8>>), version: &str) {
    for service in SERVICES {
        assert!(names.contains(service), "{version}: {names:?}");
    }
    let files: Vec<FileDescriptorProto> = files
        .iter()
        .map(|file| FileDescriptorProto::decode(file.as_slice()).expect("a descriptor"))
        .collect();
    let mut services = files.iter().flat_map(|file| &file.service);
    let auth = services.find(|service| service.name() == "AuthService");
    let methods = &auth.expect("the service that was asked for").method;
    assert!(methods.iter().any(|method| method.name() == "Login"));
}

#[tokio::test]
async fn both_versions_of_reflection_describe_the_services() {
    let server = Server::start().await;

    assert_complete(both_answers!(v1, server), "v1");
    assert_complete(both_answers!(v1alpha, server), "v1alpha");
}

#[tokio::test]
async fn reflection_can_be_switched_off() {
    let server = Server::builder()
        .env("GUICHET_REFLECTION", "off")
        .start()
        .await;

    let answers = [
        ask!(v1, server, ListServices("")).map(|_| ()),
        ask!(v1alpha, server, ListServices("")).map(|_| ()),
    ];

    for answer in answers {
        let refused = answer.expect_err("nothing to describe");
        assert_eq!(refused.code(), Code::Unimplemented);
    }
}
