//! The real binary, through its clients.

mod account;
mod auth;
mod backup;
mod bad_frames;
mod bad_requests;
mod cookie;
mod examples;
mod grpc_web;
mod http1;
mod http2_frames;
mod http2_limits;
mod journey;
mod language;
mod mail;
mod mail_tls;
mod own_account;
mod pages;
mod reflection;
mod reset;
mod secrets;
mod shutdown;
mod theme;
mod tidy;
mod tls;
mod transport;
