//! Guichet, the identity backend: accounts, password resets and sign-in.

pub mod account;
pub mod app;
pub mod auth;
pub mod call;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod event;
pub mod i18n;
pub mod mail;
pub mod master_key;
pub mod metrics;
pub mod outbox;
pub mod pages;
pub mod pagination;
pub mod password;
pub mod readiness;
pub mod reset;
pub mod secret;
pub mod serve;
pub mod store;
pub mod throttle;
pub mod transport;
pub mod worker;
