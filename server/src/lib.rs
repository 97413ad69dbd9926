//! Guichet, the identity backend: accounts, password resets and sign-in.

pub mod account;
pub mod config;
pub mod i18n;
pub mod mail;
pub mod master_key;
pub mod password;
