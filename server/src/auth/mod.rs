//! `AuthService`.

pub mod key;
pub mod token;
