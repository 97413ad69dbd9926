//! Table `institution`: the places that people belong to.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{QueryOrder as _, entity::prelude::*};

use super::{institution_ancestor as ancestor, scope::Scope};
use crate::clock::Timestamp;

/// One institution.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "institution")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The one right above it.
    pub parent_id: Option<Uuid>,
    /// Id in the system it came from, unique.
    pub external_id: Option<String>,
    /// Shown to people.
    pub display_name: String,
    /// Normalised, to find and order by; not unique.
    pub display_name_key: String,
    /// Language of mails.
    pub locale: Option<String>,
    /// JSON object: a text by language.
    pub help_text: String,
    /// Where people write to for help.
    pub contact_email: Option<String>,
    /// Where people go.
    pub application_url: Option<String>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// Counts the changes of the resource: its etag.
    pub version: i64,
}

/// It stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What institutions hand down to those below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Language of mails.
    pub locale: Option<String>,
    /// What a person should know who is stuck, by language.
    pub help_text: BTreeMap<String, String>,
    /// Where people write to for help.
    pub contact_email: Option<String>,
    /// Where people go.
    pub application_url: Option<String>,
}

impl Settings {
    /// What holds below `upper`: each text for itself.
    #[must_use]
    pub fn below(mut self, upper: Self) -> Self {
        for (locale, text) in upper.help_text {
            self.help_text.entry(locale).or_insert(text);
        }
        Self {
            locale: self.locale.or(upper.locale),
            help_text: self.help_text,
            contact_email: self.contact_email.or(upper.contact_email),
            application_url: self.application_url.or(upper.application_url),
        }
    }
}

impl Model {
    /// Its own settings, without those it inherits.
    pub fn settings(&self) -> Settings {
        Settings {
            locale: self.locale.clone(),
            help_text: serde_json::from_str(&self.help_text).unwrap_or_default(),
            contact_email: self.contact_email.clone(),
            application_url: self.application_url.clone(),
        }
    }
}

impl Entity {
    /// The institutions in scope.
    pub fn within(scope: &Scope) -> Select<Self> {
        Self::find().filter(scope.covers(Column::Id))
    }

    /// What holds at each of these institutions, inherited settings included.
    pub async fn effective(
        db: &impl ConnectionTrait,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Settings>, DbErr> {
        let upwards = ancestor::Entity::find()
            .filter(ancestor::Column::InstitutionId.is_in(ids.iter().copied()))
            .order_by_asc(ancestor::Column::Depth)
            .all(db)
            .await?;
        let uppers = Self::find()
            .filter(Column::Id.is_in(upwards.iter().map(|row| row.ancestor_id)))
            .all(db)
            .await?;
        let own: HashMap<Uuid, Settings> = uppers
            .into_iter()
            .map(|institution| (institution.id, institution.settings()))
            .collect();

        let mut effective: HashMap<Uuid, Settings> = HashMap::new();
        for row in upwards {
            let upper = own.get(&row.ancestor_id).cloned().unwrap_or_default();
            let lower = effective.remove(&row.institution_id).unwrap_or_default();
            effective.insert(row.institution_id, lower.below(upper));
        }
        Ok(effective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_comes_from_above_and_each_language_for_itself() {
        let texts = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(locale, text)| ((*locale).into(), (*text).into()));
            owned.collect()
        };
        let school = Settings {
            help_text: texts(&[("fr", "école")]),
            contact_email: Some("school@x.example".into()),
            ..Settings::default()
        };
        let authority = Settings {
            locale: Some("nl".into()),
            help_text: texts(&[("fr", "réseau"), ("nl", "net")]),
            contact_email: Some("authority@x.example".into()),
            application_url: None,
        };

        let expected = Settings {
            locale: Some("nl".into()),
            help_text: texts(&[("fr", "école"), ("nl", "net")]),
            contact_email: Some("school@x.example".into()),
            application_url: None,
        };
        assert_eq!(school.below(authority), expected);
    }
}
