//! Letters that do not leave: to be looked at, or to see whether they are worth sending again.

use sea_orm::ConnectionTrait;

use super::{
    cause,
    letter::{self, Purport},
};
use crate::{
    app::App,
    error::Error,
    i18n::Locale,
    mail::compose::{Composed, compose},
    store::outbox,
};

/// A mail's words, composed again without its codes. None where its people are no more.
pub async fn words(
    db: &impl ConnectionTrait,
    app: &App,
    row: &outbox::Model,
) -> Result<Option<Composed>, Error> {
    let letter = letter::write(db, app, row, cause(row)?, Purport::Record).await?;
    let locale = Locale::parse(&row.locale).unwrap_or(app.locale);
    Ok(letter.map(|letter| compose(&letter, locale, &app.brand)))
}

/// Whether somebody would have a use for the mail if it left now.
pub async fn is_of_use(
    db: &impl ConnectionTrait,
    app: &App,
    row: &outbox::Model,
) -> Result<bool, Error> {
    let letter = letter::write(db, app, row, cause(row)?, Purport::Trial).await?;
    Ok(letter.is_some())
}
