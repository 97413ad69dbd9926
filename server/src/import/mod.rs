//! `ImportService`: which RPC, who may call it, which function carries it out.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use guichet_proto::v1::{self, import_service_server::ImportService};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, async_trait};

use self::accounts::Cut;
use crate::{
    app::App,
    call::{Access, Begun, Call, Service, authorization},
    caller::Caller,
    clock::Timestamp,
    error::Error,
    i18n::Locale,
    shares::Held,
    store::silence::{SILENCE, answered},
};

pub mod accounts;
pub mod batch;
pub mod before;
pub mod get;
pub mod job;
pub mod judge;
pub mod known;
pub mod row;
pub mod rows;
pub mod taken;
pub mod undo;
pub mod view;

/// Longest row in bytes: one may hold fifty attributes, so it is much longer than other messages.
pub const MAX_ROW: usize = 1024 * 1024;

/// Imports at a time of one institution's administrator: all share the few there may be. One is cut off, another goes on
/// with it before that is noticed.
const MAX_OF_DELEGATE: usize = 2;

/// Outcomes that wait for a client that reads slowly.
const BACKLOG: usize = 256;

/// The call whose deadline is its client's alone.
pub const UPLOAD: &str = "/guichet.v1.ImportService/ImportAccounts";

/// `guichet.v1.ImportService`.
#[derive(Clone)]
pub struct Imports {
    service: Service,
}

impl Imports {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self {
            service: Service {
                app,
                name: "guichet.v1.ImportService",
            },
        }
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[async_trait]
impl ImportService for Imports {
    type ImportAccountsStream = ReceiverStream<Result<v1::ImportAccountsResponse, Status>>;

    async fn import_accounts(
        &self,
        request: Request<Streaming<v1::ImportAccountsRequest>>,
    ) -> Reply<Self::ImportAccountsStream> {
        let (metadata, extensions, incoming) = request.into_parts();
        let head = Request::from_parts(metadata, extensions, ());
        // Before there is a task, which goes on though its client has gone: what a stranger begins must end with the call.
        let admitted = admit(&self.service, &head).await?;
        let (answers, answered) = mpsc::channel(BACKLOG);
        let Self { service } = self.clone();
        tokio::spawn(async move {
            let refusal = import_accounts(&service, admitted, incoming, &answers).await;
            if let Err(status) = refusal {
                // The client may have gone meanwhile.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(answered)))
    }

    async fn get_import(
        &self,
        request: Request<v1::GetImportRequest>,
    ) -> Reply<v1::GetImportResponse> {
        self.service
            .run("GetImport", Access::Delegate, request, get::get_import)
            .await
    }

    async fn list_imports(
        &self,
        request: Request<v1::ListImportsRequest>,
    ) -> Reply<v1::ListImportsResponse> {
        self.service
            .run("ListImports", Access::Delegate, request, get::list_imports)
            .await
    }

    async fn list_import_rows(
        &self,
        request: Request<v1::ListImportRowsRequest>,
    ) -> Reply<v1::ListImportRowsResponse> {
        self.service
            .run(
                "ListImportRows",
                Access::Delegate,
                request,
                rows::list_import_rows,
            )
            .await
    }

    async fn undo_import(
        &self,
        request: Request<v1::UndoImportRequest>,
    ) -> Reply<v1::UndoImportResponse> {
        self.service
            .write("UndoImport", Access::Delegate, request, undo::undo_import)
            .await
    }
}

/// Who imports, and has a place for it: what of a call may outlive its head.
struct Admitted {
    begun: Begun,
    /// The caller's `authorization`.
    shown: String,
    caller: Caller,
    locale: Locale,
    client: Option<IpAddr>,
    deadline: Option<Instant>,
    now: Timestamp,
    seat: Held,
}

async fn admit(service: &Service, head: &Request<()>) -> Result<Admitted, Status> {
    let begun = service.begin("ImportAccounts", head);
    let opened = service.open(Access::Delegate, head, &begun);
    let call = match answered(SILENCE, opened).await {
        Ok(call) => call,
        Err(error) => return service.finish(&begun, None, Err(error)),
    };
    let seat = match seat(&call) {
        Ok(seat) => seat,
        Err(error) => return service.finish(&begun, Some(&call.caller), Err(error)),
    };
    Ok(Admitted {
        shown: authorization(head).unwrap_or_default().to_owned(),
        caller: call.caller,
        locale: call.locale,
        client: call.client,
        deadline: call.deadline,
        now: call.now,
        begun,
        seat,
    })
}

/// The stream's way from tonic to its function and back.
async fn import_accounts(
    service: &Service,
    admitted: Admitted,
    incoming: Streaming<v1::ImportAccountsRequest>,
    answers: &mpsc::Sender<Result<v1::ImportAccountsResponse, Status>>,
) -> Result<(), Status> {
    let Admitted {
        begun,
        shown,
        seat: _seat,
        ..
    } = admitted;
    let call = Call {
        app: &service.app,
        caller: admitted.caller,
        locale: admitted.locale,
        client: admitted.client,
        deadline: admitted.deadline,
        now: admitted.now,
    };
    // What the transport makes of a message that can't be read, for the client to hear.
    let unread = Arc::new(Mutex::new(None));
    let incoming = incoming.map(|message| {
        message.map_err(|status| {
            *unread.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
            Cut
        })
    });
    let outcome = accounts::import_accounts(&call, &shown, incoming, answers).await;
    service.finish(&begun, Some(&call.caller), outcome)?;
    let unread = unread.lock().unwrap_or_else(PoisonError::into_inner).take();
    unread.map_or(Ok(()), Err)
}

fn seat(call: &Call<'_>) -> Result<Held, Error> {
    let (seats, holder) = (&call.app.streams.imports, call.caller.actor_id());
    let seat = seats.take(holder, &call.scope()?, MAX_OF_DELEGATE);
    seat.ok_or(Error::Overloaded {
        retry_after: accounts::RETRY_AFTER,
    })
}
