//! A clock that has leapt ahead: what it takes for past may not be.

use std::time::Duration;

use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::prune::LONGEST_PAUSE;
use crate::{app::App, clock::Timestamp, store::event_seal};

/// So long a clock that has leapt must go on before it is believed: somebody may set it right meanwhile.
const GOES_ON: Duration = Duration::from_hours(24);

/// A moment that is surely past: the present one, unless the clock may have leapt to it.
///
/// That is seen by the last seal that is a day old. If it is much older, then either nothing has happened for long, and what
/// is to be deleted can wait for a day, or the clock was right when that seal was made, and may be wrong since. It is believed
/// as well where this process has seen it go on for so long.
pub async fn surely_past(app: &App) -> Result<Timestamp, DbErr> {
    let now = app.clock.now();
    // At each look, so that a jump is seen.
    let has_gone_on = app.clock.has_gone_on(GOES_ON);
    let before = event_seal::Entity::find()
        .filter(event_seal::Column::SealTime.lte(now.minus(GOES_ON)))
        .order_by_desc(event_seal::Column::Number)
        .one(&app.store.read)
        .await?;
    // Where there is none, all that is there is of today.
    let Some(before) = before else {
        return Ok(now);
    };
    let pause = now.since(before.seal_time);
    if pause <= LONGEST_PAUSE || has_gone_on {
        return Ok(now);
    }
    tracing::info!(
        days = pause.as_secs() / 86_400,
        "what has expired is kept for a day, because nothing happened for so many days until today: is the clock right?"
    );
    Ok(before.seal_time)
}
