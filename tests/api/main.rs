//! The real binary, through its clients.

mod account;
mod auth;
mod journey;
mod mail;
mod own_account;
mod reset;
mod secrets;
mod transport;
