//! The journal as evidence. Events are written in the transactions of what they tell; every few seconds the worker seals
//! those that are new. Each seal has a MAC under the master key over its events and over the seal before it.
//!
//! So whoever can write to the database, and has no master key, can't change, remove or slip in a sealed event unseen, nor
//! a seal in the middle. What can be cut off unseen is the end: therefore the head is logged and shown, and
//! `guichet audit verify --head` wants to find it again. Seals outlive their events, which retention removes.

mod alert;
mod chain;
mod leap;
mod prune;
mod refusals;
mod seal;
mod verify;

pub use chain::Head;
pub use leap::surely_past;
pub use prune::{Gap, prune};
pub use refusals::write_refusals;
pub use seal::seal;
pub use verify::{Report, verify};
