//! Everything between the network and the RPCs.
//!
//! A connection passes `listener` (`proxy_header`, counts, TLS, first-request limit) and becomes a
//! `guarded::GuardedIo`, which tonic's server serves under the limits of `limits`. A request then
//! passes `router`, which sends it either to the gRPC services or to the HTTP pages. What stands before the services, and
//! in which order, says `calls`: the rules of `cors`, `content_type`, `origin`, `open_calls`, `deadline` and
//! `whole_request`. `unread` has answers keep their places until they are sent. `shutdown` ends it all, `ops` shows it to
//! the operator.
//!
//! tonic alone leaves several of these limits off, or has none.

mod accept;
mod admission;
mod calls;
/// Where a client is, behind proxies or not.
pub mod client_address;
mod content_type;
mod cors;
/// How long a call may take, and the answer when it takes longer.
pub mod deadline;
/// The token by which a browser is known again, in a cookie of its own.
pub mod device_cookie;
/// A connection that keeps its promises: it speaks in time, it is counted, it can be cut.
pub mod guarded;
/// Every figure that bounds what the network can ask of the process.
pub mod limits;
/// The listening socket.
pub mod listener;
/// How many calls may be open at a time.
pub mod open_calls;
/// The operations port.
pub mod ops;
/// Who may call from a browser.
pub mod origin;
mod panics;
/// Who is at the other end.
pub mod peer;
/// What the network may ask.
pub mod policy;
pub(crate) mod proxy_header;
mod refusal;
/// One router for gRPC, grpc-web and the HTTP pages.
pub mod router;
/// The refresh token in a cookie that scripts can't read.
pub mod session_cookie;
/// Draining in bounded time.
pub mod shutdown;
/// Certificate and key, reloaded when their files change.
pub mod tls;
mod unread;
/// A call begins when its message is there.
pub mod whole_request;

#[cfg(test)]
mod testing;
