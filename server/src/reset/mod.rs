//! `ResetService`.
