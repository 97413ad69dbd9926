//! Skeleton.

pub mod i18n;
