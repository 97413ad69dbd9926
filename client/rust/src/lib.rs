//! Client of Guichet: one channel, tokens that renew themselves, errors by their stable reason.
//!
//! ```no_run
//! use guichet_client::proto::CheckPasswordRequest;
//! use guichet_client::{Guichet, Reason, error};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let guichet = Guichet::connect("https://accounts.example.org").await?;
//! let request = CheckPasswordRequest { password: "too short".into(), ..Default::default() };
//! if let Err(status) = guichet.reset().check_password(request).await
//!     && error::reason(&status) == Some(Reason::Throttled)
//! {
//!     println!("again in {:?}", error::retry_after(&status));
//! }
//! # Ok(())
//! # }
//! ```

mod authorized;
mod connect;
pub mod error;
mod lifetime;
mod session;
mod token;

pub use authorized::Authorized;
pub use connect::{Builder, ConnectError, Guichet};
pub use error::{Reason, Violation};
pub use guichet_proto::v1 as proto;
pub use session::Session;
pub use token::TokenSource;
