//! What the network may ask.

use std::sync::Arc;

use super::{
    deadline::CallLimits, open_calls::OpenCalls, origin::AllowedOrigins,
    whole_request::WholeRequests,
};

/// What the router lets through, and for how long.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Origins whose pages may call.
    pub origins: AllowedOrigins,
    /// How long calls and pages may take.
    pub calls: CallLimits,
    /// How many calls and pages may be open.
    pub open: Arc<OpenCalls>,
    /// Which calls begin when all of their request is there.
    pub requests: WholeRequests,
}
