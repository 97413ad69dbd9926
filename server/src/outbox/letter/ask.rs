//! Whom a person without a migrated account must ask, and in whose words that is told.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, QuerySelect as _};
use uuid::Uuid;

use super::Desk;
use crate::{
    error::Error,
    mail::letter::LegacyEntry,
    store::{account, institution},
};

/// In whose words a letter tells how to reach an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// The institution's own.
    Institution,
    /// The operator's, and nobody else's.
    Operator,
}

impl<C: ConnectionTrait> Desk<'_, C> {
    /// Whom to ask about each account that is not migrated, in a letter with links for the others.
    pub(super) async fn whom_to_ask(
        &self,
        linked: &[account::Model],
        not_migrated: &[account::Model],
        email_key: &str,
    ) -> Result<Vec<LegacyEntry>, Error> {
        let mut entries = Vec::with_capacity(not_migrated.len());
        if not_migrated.is_empty() {
            return Ok(entries);
        }
        let words = self.words(linked, not_migrated, email_key).await?;
        for account in not_migrated {
            entries.push(self.ask(account, words).await?);
        }
        Ok(entries)
    }

    /// Who acts for an institution may give its accounts anybody's address, and must not speak to who has an account of
    /// another one, whether the letter names that or not: it may be one that was asked for too often.
    async fn words(
        &self,
        linked: &[account::Model],
        not_migrated: &[account::Model],
        email_key: &str,
    ) -> Result<Words, Error> {
        let at_address: Vec<Option<Uuid>> = account::Entity::by_email_key(email_key)
            .select_only()
            .column(account::Column::InstitutionId)
            .distinct()
            .limit(2)
            .into_tuple()
            .all(self.db)
            .await?;
        let named = linked.iter().chain(not_migrated);
        let mut institutions = at_address
            .into_iter()
            .chain(named.map(|account| account.institution_id));
        let first = institutions.next();
        Ok(if institutions.all(|one| Some(one) == first) {
            Words::Institution
        } else {
            Words::Operator
        })
    }

    async fn ask(&self, account: &account::Model, words: Words) -> Result<LegacyEntry, Error> {
        let settings = institution::Entity::holding(self.db, account.institution_id).await?;
        let (contact, help) = match words {
            Words::Institution => (settings.contact_email, settings.help_text),
            Words::Operator => (None, BTreeMap::new()),
        };
        let configured = |text: &String| (!text.is_empty()).then(|| text.clone());
        let application = &self.app.config.application;
        Ok(LegacyEntry {
            username: account.username.clone(),
            institution: settings
                .names
                .into_iter()
                .next()
                .or_else(|| configured(&application.institution_name)),
            contact: contact.or_else(|| configured(&application.institution_contact)),
            help,
        })
    }
}
