//! Table `institution`: the places that people belong to.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ActiveValue::Set, QueryOrder as _, entity::prelude::*};

use super::{institution_ancestor as ancestor, scope::Scope};
use crate::{clock::Timestamp, config::PasswordProfile, password::demands::Demands};

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
    /// Which profile its people's new passwords must keep at least, by the configuration's name.
    pub password_profile: Option<String>,
    /// Characters that they must have at least.
    pub password_min_length: Option<i64>,
    /// How many of a person's last passwords they must differ from.
    pub password_history: Option<i64>,
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
    /// What is asked of new passwords.
    pub password: Demands,
    /// What the places are called, the lowest first: nobody's password may be one of these names.
    pub names: Vec<String>,
}

impl Settings {
    /// What holds below `upper`: each text for itself, and of what is asked of passwords the stricter.
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
            password: self.password.and(upper.password),
            names: [self.names, upper.names].concat(),
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
            password: self.password_demands(),
            names: vec![self.display_name.clone()],
        }
    }

    /// The same institution, asking this of new passwords.
    #[must_use]
    pub fn asking_of_passwords(self, demands: Demands) -> Self {
        let number = |asked: Option<usize>| asked.and_then(|number| i64::try_from(number).ok());
        Self {
            password_profile: demands.profile.map(|profile| profile.as_str().to_owned()),
            password_min_length: number(demands.min_length),
            password_history: number(demands.history),
            ..self
        }
    }

    /// What it asks of new passwords itself.
    pub fn password_demands(&self) -> Demands {
        let number = |stored: Option<i64>| stored.and_then(|number| usize::try_from(number).ok());
        Demands {
            profile: self.password_profile.as_deref().map(|name| {
                // A name that only a newer version knows is more than this one could ask for.
                PasswordProfile::from_name(name).unwrap_or(PasswordProfile::Strict)
            }),
            min_length: number(self.password_min_length),
            history: number(self.password_history),
        }
    }
}

impl ActiveModel {
    /// Has it ask what another does of new passwords.
    pub fn ask_of_passwords_as(&mut self, asking: &Model) {
        self.password_profile = Set(asking.password_profile.clone());
        self.password_min_length = Set(asking.password_min_length);
        self.password_history = Set(asking.password_history);
    }
}

impl Entity {
    /// The institutions in scope.
    pub fn within(scope: &Scope) -> Select<Self> {
        Self::find().filter(scope.covers(Column::Id))
    }

    /// What holds for who belongs there; nothing for who belongs nowhere.
    pub async fn holding(
        db: &impl ConnectionTrait,
        institution_id: Option<Uuid>,
    ) -> Result<Settings, DbErr> {
        let Some(id) = institution_id else {
            return Ok(Settings::default());
        };
        let found = Self::effective(db, &[id]).await?.remove(&id);
        Ok(found.unwrap_or_default())
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
            ..Settings::default()
        };

        let expected = Settings {
            locale: Some("nl".into()),
            help_text: texts(&[("fr", "école"), ("nl", "net")]),
            contact_email: Some("school@x.example".into()),
            ..Settings::default()
        };
        assert_eq!(school.below(authority), expected);
    }
    #[test]
    fn of_what_is_asked_of_passwords_the_stricter_holds_wherever_it_stands() {
        let asking = |profile, min_length| Settings {
            password: Demands {
                profile: Some(profile),
                min_length,
                history: None,
            },
            ..Settings::default()
        };
        let strict = asking(PasswordProfile::Strict, None);
        let visible = asking(PasswordProfile::Visible, Some(20));

        for (lower, upper) in [(&strict, &visible), (&visible, &strict)] {
            let password = lower.clone().below(upper.clone()).password;
            assert_eq!(password.profile, Some(PasswordProfile::Strict));
            assert_eq!(password.min_length(), 20);
        }
    }
}
