//! Asserting refusals.

use guichet_client::{Reason, error};
use tonic::{Code, Response, Status};

/// Asserts that the call was refused with exactly this code and reason; returns the error for
/// further questions.
#[track_caller]
pub fn expect_error<T>(result: Result<Response<T>, Status>, code: Code, reason: &str) -> Status {
    let Err(status) = result else {
        panic!("expected {code:?} {reason}, but the call succeeded");
    };
    assert_eq!(
        (status.code(), error::reason(&status)),
        (code, Some(Reason::from(reason))),
        "message: {}",
        status.message()
    );
    status
}
