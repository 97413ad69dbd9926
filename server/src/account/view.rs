//! An account as the API shows it.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use guichet_proto::v1;

use crate::{
    clock::Timestamp,
    store::account::{Model, State},
};

/// The message of a stored account.
pub fn account(model: &Model) -> v1::Account {
    v1::Account {
        id: model.id.to_string(),
        username: model.username.clone(),
        email: model.email.clone().unwrap_or_default(),
        email_verified: model.email_verified,
        display_name: model.display_name.clone(),
        locale: model.locale.clone().unwrap_or_default(),
        state: state(model.state).into(),
        institution_id: model
            .institution_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        external_id: model.external_id.clone().unwrap_or_default(),
        roles: model.role_names(),
        attributes: attributes(model),
        create_time: Some(model.create_time.to_proto()),
        update_time: Some(model.update_time.to_proto()),
        last_login_time: model.last_login_time.map(Timestamp::to_proto),
        etag: etag(model),
    }
}

/// What a caller sends back to change only what it has seen (AIP-154).
pub fn etag(model: &Model) -> String {
    let mut bytes = model.id.as_bytes().to_vec();
    bytes.extend_from_slice(&model.version.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Free facts about an account.
pub fn attributes(model: &Model) -> HashMap<String, String> {
    serde_json::from_str(&model.attributes).unwrap_or_default()
}

const fn state(state: State) -> v1::AccountState {
    match state {
        State::Legacy => v1::AccountState::Legacy,
        State::Pending => v1::AccountState::Pending,
        State::Active => v1::AccountState::Active,
        State::Disabled => v1::AccountState::Disabled,
        State::Deleted => v1::AccountState::Deleted,
    }
}
