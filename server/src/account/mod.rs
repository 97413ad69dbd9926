//! Accounts: how they are named and addressed.

pub mod email_address;
pub mod username;
