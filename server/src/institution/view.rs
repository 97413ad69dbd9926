//! An institution as the API shows it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use guichet_proto::v1;
use sea_orm::ConnectionTrait;

use crate::{
    config::PasswordProfile,
    error::Error,
    password::demands::Demands,
    store::institution::{Entity, Model, Settings},
};

/// The message of a stored institution.
pub async fn institution(
    db: &impl ConnectionTrait,
    model: &Model,
) -> Result<v1::Institution, Error> {
    let mut shown = institutions(db, std::slice::from_ref(model)).await?;
    shown
        .pop()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("one in, none out")))
}

/// The messages of stored institutions, in the order given.
pub async fn institutions(
    db: &impl ConnectionTrait,
    models: &[Model],
) -> Result<Vec<v1::Institution>, Error> {
    let ids: Vec<_> = models.iter().map(|model| model.id).collect();
    let mut effective = Entity::effective(db, &ids).await?;
    let shown = models.iter().map(|model| {
        let effective = effective.remove(&model.id).unwrap_or_default();
        message(model, effective)
    });
    Ok(shown.collect())
}

/// The message, with settings that were found elsewhere.
pub fn message(model: &Model, effective: Settings) -> v1::Institution {
    let own = model.settings();
    v1::Institution {
        id: model.id.to_string(),
        external_id: model.external_id.clone().unwrap_or_default(),
        display_name: model.display_name.clone(),
        parent_id: model.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        locale: own.locale.unwrap_or_default(),
        help_text: own.help_text.into_iter().collect(),
        contact_email: own.contact_email.unwrap_or_default(),
        application_url: own.application_url.unwrap_or_default(),
        create_time: Some(model.create_time.to_proto()),
        update_time: Some(model.update_time.to_proto()),
        etag: etag(model),
        effective: Some(v1::InstitutionSettings {
            locale: effective.locale.unwrap_or_default(),
            help_text: effective.help_text.into_iter().collect(),
            contact_email: effective.contact_email.unwrap_or_default(),
            application_url: effective.application_url.unwrap_or_default(),
            password_rules: Some(password_rules(effective.password)),
        }),
        password_rules: Some(password_rules(own.password)),
    }
}

fn password_rules(demands: Demands) -> v1::PasswordRules {
    let number =
        |asked: Option<usize>| i32::try_from(asked.unwrap_or_default()).unwrap_or(i32::MAX);
    let profile = match demands.profile {
        None => v1::PasswordProfile::Unspecified,
        Some(PasswordProfile::Visible) => v1::PasswordProfile::Visible,
        Some(PasswordProfile::Standard) => v1::PasswordProfile::Standard,
        Some(PasswordProfile::Strict) => v1::PasswordProfile::Strict,
    };
    v1::PasswordRules {
        profile: profile.into(),
        min_length: number(demands.min_length),
        history: number(demands.history),
    }
}

/// What a caller sends back to change only what it has seen (AIP-154).
pub fn etag(model: &Model) -> String {
    let mut bytes = model.id.as_bytes().to_vec();
    bytes.extend_from_slice(&model.version.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}
