//! Institutions: their tree, what it hands down, who acts for whom, and how far the migration has come.

mod desk;
mod guessed_at;
mod mails;
mod members;
pub(crate) mod network;
mod password_rules;
mod report;
mod scope;
mod settings;
mod tree;
