//! The real binary, through its clients.

mod account;
mod auth;
mod journey;
mod mail;
mod reset;
mod secrets;
mod transport;
