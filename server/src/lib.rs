//! Skeleton.

pub mod config;
pub mod master_key;
