//! `EventService`: which RPC, who may call it, which function carries it out.

use std::{pin::Pin, sync::Arc};

use guichet_proto::v1::{
    ListEventsRequest, ListEventsResponse, WatchEventsRequest, WatchEventsResponse,
    event_service_server::EventService,
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service, authorization},
    transport::shutdown::Shutdown,
};

pub mod list;
mod view;
mod wanted;
pub mod watch;

/// The service.
#[derive(Clone)]
pub struct Events {
    service: Service,
    shutdown: Shutdown,
}

impl Events {
    /// The service over an open product. Streams end when `shutdown` is asked for.
    pub fn new(app: Arc<App>, shutdown: Shutdown) -> Self {
        Self {
            service: Service {
                app,
                name: "guichet.v1.EventService",
            },
            shutdown,
        }
    }
}

#[async_trait]
impl EventService for Events {
    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        self.service
            .run("ListEvents", Access::Reader, request, list::list_events)
            .await
    }

    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let shown = authorization(&request).unwrap_or_default().to_owned();
        let watch = self
            .service
            .run("WatchEvents", Access::Reader, request, watch::watch_events)
            .await?;
        let (app, shutdown) = (self.service.app.clone(), self.shutdown.clone());
        Ok(watch.map(|watch| {
            let locale = watch.locale;
            let events = watch.events(app, shown, async move { shutdown.requested().await });
            let told = ReceiverStream::new(events);
            let told = told.map(move |event| event.map_err(|error| error.into_status(locale)));
            Box::pin(told) as Self::WatchEventsStream
        }))
    }
}
