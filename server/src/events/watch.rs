//! `WatchEvents`: what happens, in an order that never changes, from wherever a caller left off.
//!
//! Ids can't be that order: they are given before their transactions are committed, so an event may appear behind one with
//! a greater id, which a caller may have taken in already. Seals can: they number what is committed, and whatever comes
//! late is under a later one. So events are sent once they are sealed, and whoever watches seals what is new.

use std::{sync::Arc, time::Duration};

use guichet_proto::v1::{WatchEventsRequest, WatchEventsResponse};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

use super::{view, wanted::Wanted};
use crate::{
    account::fields::Fields,
    app::App,
    audit::{self, Head},
    call::Call,
    caller,
    error::{Error, Violation},
    i18n::Locale,
    shares::{self, Streams},
    store::{
        event::{Column, Entity, Model},
        scope::Scope,
    },
};

/// Streams at a time of one institution's administrator: applications must find room beside all of them.
const MAX_OF_DELEGATE: usize = 4;

/// Told to who finds no room.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is looked at whether the caller still may.
const RECHECK: Duration = Duration::from_secs(5);

/// Events read from the database at once.
const PAGE: u64 = 200;

/// Events that are read before the caller has taken the ones before them.
const AHEAD: usize = 16;

/// Looks at an event that is not sealed yet; another server may be at it.
const PATIENCE: usize = 20;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(100);

/// A place in the journal: behind this event, under this seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    seal: i64,
    id: Uuid,
}

impl Place {
    const BEGIN: Self = Self {
        seal: 0,
        id: Uuid::nil(),
    };

    /// Behind all that is under this seal and those before it.
    const fn behind(seal: i64) -> Self {
        Self {
            seal,
            id: Uuid::max(),
        }
    }

    fn beyond(self) -> Condition {
        let later = Condition::all()
            .add(Column::SealNumber.eq(self.seal))
            .add(Column::Id.gt(self.id));
        let beyond = Condition::any()
            .add(Column::SealNumber.gt(self.seal))
            .add(later);
        // Says nothing new but to the index, which then begins there and not with the oldest event.
        Condition::all()
            .add(Column::SealNumber.gte(self.seal))
            .add(beyond)
    }
}

/// `WatchEvents`: from where on, and what of it.
pub async fn watch_events(call: &Call<'_>, request: WatchEventsRequest) -> Result<Watch, Error> {
    let mut fields = Fields::default();
    let wanted = Wanted::read(&mut fields, &request.account_id, request.types)?;
    let after = fields.optional_id("after_event_id", &request.after_event_id)?;
    if request.only_new && !request.after_event_id.is_empty() {
        fields.refuse(Violation::new("only_new", "NOT_ALLOWED"));
    }
    fields.finish()?;
    let scope = call.reading_scope()?;
    let most = if scope == Scope::Everything {
        Streams::WATCHERS
    } else {
        MAX_OF_DELEGATE
    };
    let seat = call.app.streams.watchers.take(call.caller.actor_id(), most);
    let retry_after = RETRY_AFTER;
    let seat = seat.ok_or(Error::Overloaded { retry_after })?;
    let place = match after {
        Some(id) => place_of(call, &scope, id).await?,
        None if request.only_new => {
            audit::seal(call.app).await?;
            Place::behind(newest_seal(call.app).await?)
        }
        None => Place::BEGIN,
    };
    Ok(Watch {
        _seat: seat,
        wanted,
        scope,
        place,
        checked: Instant::now(),
        locale: call.locale,
    })
}

/// Where an event stands that the caller may see.
async fn place_of(call: &Call<'_>, scope: &Scope, id: Uuid) -> Result<Place, Error> {
    for _ in 0..PATIENCE {
        let event = Entity::within(scope).filter(Column::Id.eq(id));
        let event = event.one(&call.app.store.read).await?;
        if let Some(seal) = event.ok_or(Error::NotFound)?.seal_number {
            return Ok(Place { seal, id });
        }
        audit::seal(call.app).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Err(Error::Overloaded {
        retry_after: RETRY_AFTER,
    })
}

async fn newest_seal(app: &App) -> Result<i64, Error> {
    let newest = Head::newest(&app.store.read).await?;
    Ok(newest.map_or(0, |head| head.number))
}

/// A stream that may begin.
pub struct Watch {
    _seat: shares::Seat<Option<Uuid>>,
    wanted: Wanted,
    scope: Scope,
    place: Place,
    /// When it was looked at last whether the caller may.
    checked: Instant,
    /// Language of what goes wrong on the way.
    pub locale: Locale,
}

/// One event, or why there are no more of them.
pub type Told = Result<WatchEventsResponse, Error>;

impl Watch {
    /// The events, read as the caller takes them, until `end`. `shown` is the caller's `authorization`.
    pub fn events(
        mut self,
        app: Arc<App>,
        shown: String,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> mpsc::Receiver<Told> {
        let (told, taken) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let gone = told.clone();
            let outcome = tokio::select! {
                () = end => Ok(()),
                () = gone.closed() => Ok(()),
                outcome = self.follow(&app, &shown, &told) => outcome,
            };
            if let Err(error) = outcome {
                tracing::info!(reason = error.reason(), "a stream of events ends");
                // The caller may have gone meanwhile.
                let _ = told.send(Err(error)).await;
            }
        });
        taken
    }

    /// Goes on until something is in the way.
    async fn follow(
        &mut self,
        app: &App,
        shown: &str,
        told: &mpsc::Sender<Told>,
    ) -> Result<(), Error> {
        loop {
            match audit::seal(app).await {
                Err(error) if !error.is_conflict() => return Err(error),
                _ => {}
            }
            if self.send_what_is_there(app, shown, told).await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Sends what is sealed by now. True if the caller has gone.
    async fn send_what_is_there(
        &mut self,
        app: &App,
        shown: &str,
        told: &mpsc::Sender<Told>,
    ) -> Result<bool, Error> {
        self.check(app, shown).await?;
        // Looked at first: what is sealed meanwhile comes the next time.
        let newest = newest_seal(app).await?;
        if self.place == Place::behind(newest) {
            return Ok(false);
        }
        loop {
            let page = self.page(app, newest).await?;
            let is_last = (page.len() as u64) < PAGE;
            for row in page {
                self.place = Place {
                    seal: row.seal_number.unwrap_or(self.place.seal),
                    id: row.id,
                };
                let event = Some(view::event(row));
                if told.send(Ok(WatchEventsResponse { event })).await.is_err() {
                    return Ok(true);
                }
            }
            if is_last {
                self.place = Place::behind(newest);
                return Ok(false);
            }
            // Years of events take their time.
            self.check(app, shown).await?;
        }
    }

    /// Whether the caller still may, and what of it.
    async fn check(&mut self, app: &App, shown: &str) -> Result<(), Error> {
        if self.checked.elapsed() >= RECHECK {
            self.checked = Instant::now();
            let caller = caller::authenticate(app, shown, app.clock.now()).await?;
            self.scope = caller.reading_scope().ok_or(Error::Forbidden)?;
        }
        Ok(())
    }

    async fn page(&self, app: &App, newest: i64) -> Result<Vec<Model>, Error> {
        let events = Entity::within(&self.scope)
            .filter(self.wanted.condition())
            .filter(self.place.beyond())
            .filter(Column::SealNumber.lte(newest))
            .order_by_asc(Column::SealNumber)
            .order_by_asc(Column::Id)
            .limit(PAGE);
        Ok(events.all(&app.store.read).await?)
    }
}
