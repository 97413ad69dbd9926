//! The calls, behind what each of them has to keep.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{self, Version},
    response::Response,
};
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::catch_panic::CatchPanic;

use super::{
    content_type, cors::Cors, deadline, open_calls, panics, policy::Policy, refusal, whole_request,
};

/// The RPCs and their rules.
///
/// These are functions one around the other, and no layers: the layers of a router are copied for each request, with a box
/// for each of them.
pub(super) struct Calls {
    rpcs: CatchPanic<Router, panics::Internal>,
    cors: Cors,
    policy: Policy,
}

impl Calls {
    pub(super) fn new(rpcs: Router, policy: &Policy) -> Self {
        Self {
            // Prepared once: each request would do it otherwise.
            rpcs: CatchPanic::custom(rpcs.with_state(()), panics::Internal),
            cors: Cors::new(policy.origins.clone()),
            policy: policy.clone(),
        }
    }

    /// Answers a request of a browser, a proxy or a program, from the outermost rule to the innermost.
    pub(super) fn answer(&self, request: Request) -> impl Future<Output = Response> + Send {
        self.cors.apply(request, |request| {
            content_type::admit_calls(&self.policy.origins, request, |request| {
                open_calls::keep(request, |request| {
                    in_grpc(request, |request| self.answer_in_grpc(request))
                })
            })
        })
    }

    fn answer_in_grpc(&self, request: Request) -> impl Future<Output = Response> + Send {
        refusal::explain(request, |request| {
            open_calls::bound(&self.policy.open, request, |request| {
                deadline::limit_call(&self.policy.calls, request, |request| {
                    whole_request::wait(&self.policy.requests, request, |request| self.run(request))
                })
            })
        })
    }

    async fn run(&self, request: Request) -> Response {
        let Ok(answer) = self.rpcs.clone().oneshot(request).await;
        answer.map(Body::new)
    }
}

/// Translates what is asked in grpc-web, and the answer.
async fn in_grpc<F: Future<Output = Response>>(
    request: Request,
    mut next: impl FnMut(Request) -> F,
) -> Response {
    if request.version() == Version::HTTP_2 && !content_type::is_grpc_web(request.headers()) {
        return next(request).await;
    }

    let next = service_fn(|request: http::Request<tonic::body::Body>| {
        // Boxed, since every call would have the room for it, grpc-web or not.
        let answer = Box::pin(next(request.map(Body::new)));
        async { Ok::<_, Infallible>(answer.await) }
    });
    let Ok(answer) = GrpcWebLayer::new().layer(next).oneshot(request).await;
    answer.map(Body::new)
}
