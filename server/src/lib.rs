//! Guichet, the identity backend: accounts, password resets and sign-in.

pub mod config;
pub mod i18n;
pub mod mail;
pub mod master_key;
pub mod metrics;
pub mod transport;
pub mod clock;
pub mod event;
pub mod secret;
pub mod store;
