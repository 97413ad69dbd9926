//! `WatchEvents`: what happens, in an order that never changes, from wherever a caller left off.
//!
//! Ids can't be that order: they are given before their transactions are committed, so an event may appear behind one with
//! a greater id, which a caller may have taken in already. Seals can: they number what is committed, and whatever comes
//! late is under a later one. So events are sent once they are sealed, and whoever watches seals what is new.

use std::{sync::Arc, time::Duration};

use guichet_proto::v1::{WatchEventsRequest, WatchEventsResponse};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use tokio::{
    sync::mpsc::{self, error::SendTimeoutError},
    time::Instant,
};
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
    shares::Held,
    store::{
        event::{Column, Entity, Model},
        scope::Scope,
        silence::{SILENCE, answered},
    },
};

/// Streams at a time of one institution's administrator: applications must find room beside all of them.
const MAX_OF_DELEGATE: usize = 4;

/// Told to who finds no room, and to who must make some.
const OVERLOADED: Error = Error::Overloaded {
    retry_after: Duration::from_secs(10),
};

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is looked at whether the caller still may.
const RECHECK: Duration = Duration::from_secs(5);

/// A caller that takes nothing for so long is told to come back: others wait for its seat.
const UNREAD: Duration = Duration::from_mins(1);

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
    let (seats, holder) = (&call.app.streams.watchers, call.caller.actor_id());
    let seat = seats.take(holder, &scope, MAX_OF_DELEGATE);
    let seat = seat.ok_or(OVERLOADED)?;
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
    Err(OVERLOADED)
}

async fn newest_seal(app: &App) -> Result<i64, Error> {
    let newest = Head::newest(&app.store.read).await?;
    Ok(newest.map_or(0, |head| head.number))
}

/// A stream that may begin.
pub struct Watch {
    _seat: Held,
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
        let (told, taken) = mpsc::channel(AHEAD + 1);
        tokio::spawn(async move {
            // Room for one word more: who reads nothing is told why it ends, however full it is.
            let Ok(last) = told.clone().reserve_owned().await else {
                return;
            };
            let outcome = tokio::select! {
                () = end => Ok(()),
                () = told.closed() => Ok(()),
                outcome = self.follow(&app, &shown, &told) => outcome,
            };
            if let Err(error) = outcome {
                tracing::info!(reason = error.reason(), "a stream of events ends");
                last.send(Err(error));
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
            match answered(SILENCE, audit::seal(app)).await {
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
        let newest = answered(SILENCE, newest_seal(app)).await?;
        if self.place == Place::behind(newest) {
            return Ok(false);
        }
        loop {
            let page = answered(SILENCE, self.page(app, newest)).await?;
            let mut is_last = (page.len() as u64) < PAGE;
            for row in page {
                self.place = Place {
                    seal: row.seal_number.unwrap_or(self.place.seal),
                    id: row.id,
                };
                if tell(told, row, UNREAD).await? {
                    return Ok(true);
                }
                // What a slow caller has not taken by then is read anew, as far as it still may.
                if self.checked.elapsed() >= RECHECK {
                    is_last = false;
                    break;
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
            let caller = caller::authenticate(app, shown, app.clock.now());
            let caller = answered(SILENCE, caller).await?;
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

/// Sends an event, if it is taken within `patience`. True if the caller has gone.
async fn tell(told: &mpsc::Sender<Told>, row: Model, patience: Duration) -> Result<bool, Error> {
    let event = Some(view::event(row));
    let sent = told.send_timeout(Ok(WatchEventsResponse { event }), patience);
    match sent.await {
        Ok(()) => Ok(false),
        Err(SendTimeoutError::Closed(_)) => Ok(true),
        Err(SendTimeoutError::Timeout(_)) => Err(OVERLOADED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn row() -> Model {
        Model {
            id: Uuid::from_u128(1),
            kind: "account.created".to_owned(),
            time: Timestamp(0),
            account_id: None,
            institution_id: None,
            actor_id: None,
            attributes: "{}".to_owned(),
            network: None,
            seal_number: Some(1),
        }
    }

    #[tokio::test]
    async fn who_takes_nothing_is_told_so_and_not_waited_for() {
        let (told, mut taken) = mpsc::channel(2);
        let last = told.clone().reserve_owned().await.unwrap();
        assert!(!tell(&told, row(), UNREAD).await.unwrap());

        let refused = tell(&told, row(), Duration::from_millis(10)).await;
        last.send(Err(refused.unwrap_err()));
        drop(told);

        assert!(matches!(taken.recv().await, Some(Ok(_))));
        let overloaded = taken.recv().await.unwrap().unwrap_err();
        assert!(matches!(overloaded, Error::Overloaded { .. }));
        assert!(taken.recv().await.is_none());
    }

    #[tokio::test]
    async fn who_has_gone_is_told_nothing() {
        let (told, taken) = mpsc::channel(1);
        drop(taken);

        assert!(tell(&told, row(), UNREAD).await.unwrap());
    }
}
