//! The real binary, through its clients.

mod auth;
mod journey;
mod reset;
mod secrets;
mod transport;
