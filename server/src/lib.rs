//! Guichet, the identity backend: accounts, institutions, password resets and sign-in.

pub mod account;
pub mod app;
pub mod audit;
pub mod auth;
pub mod call;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod event;
pub mod events;
pub mod filter;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod i18n;
pub mod import;
pub mod institution;
pub mod mail;
pub mod master_key;
pub mod messages;
pub mod metrics;
pub mod outbox;
pub mod pages;
pub mod pagination;
pub mod password;
pub mod readiness;
pub mod refusals;
pub mod reset;
pub mod secret;
pub mod serve;
pub mod store;
pub mod text;
pub mod throttle;
pub mod transport;
pub mod worker;
