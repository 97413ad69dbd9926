//! `AuthService`.

pub mod key;
pub mod lockout;
pub mod token;
