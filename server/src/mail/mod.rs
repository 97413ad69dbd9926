//! Mails to people: what they say, how they are written as messages, how they leave the house.
//!
//! A worker builds a [`letter::Letter`] at the moment of sending, since links hold secrets that
//! are never stored; [`compose::compose`] writes it in the reader's language, [`message::build`]
//! makes it a message, and [`transport::Transport::send`] hands that over.

pub mod compose;
mod draft;
pub mod letter;
pub mod message;
mod prose;
mod retry;
pub mod transport;
mod warning;

pub use self::retry::back_off;
