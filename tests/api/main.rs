//! The real binary, through its clients.

mod access;
mod account;
mod auth;
mod backup;
mod journey;
mod language;
mod mail;
mod own_account;
mod passwords;
mod reset;
mod secrets;
mod text_values;
mod tidy;
mod transport;
