//! The real binary, through its clients.

mod account;
mod auth;
mod backup;
mod cookie;
mod examples;
mod journey;
mod language;
mod mail;
mod own_account;
mod pages;
mod reset;
mod secrets;
mod tidy;
mod transport;
