//! Generates the messages, clients and servers from the protos, without a protoc on the machine.

use std::error::Error;

use prost::Message as _;

/// Messages that carry a secret: their `Debug` is written by hand in `src/redacted.rs`.
const SECRET_MESSAGES: [&str; 37] = [
    "CreateAccountRequest",
    "CreateAccountRequest.credential",
    "ChangePasswordRequest",
    "ChangePasswordResponse",
    "RequestEmailChangeRequest",
    "ConfirmEmailChangeRequest",
    "GetPasswordPolicyRequest",
    "CheckPasswordRequest",
    "InspectResetRequest",
    "CompleteResetRequest",
    "CompleteResetResponse",
    "RevokeResetRequest",
    "LoginRequest",
    "LoginResponse",
    "LoginResponse.outcome",
    "Tokens",
    "Challenge",
    "ContinueLoginRequest",
    "ContinueLoginRequest.answer",
    "ContinueLoginResponse",
    "ContinueLoginResponse.outcome",
    "BeginTotpEnrollmentRequest",
    "BeginTotpEnrollmentResponse",
    "ConfirmTotpEnrollmentRequest",
    "ConfirmTotpEnrollmentResponse",
    "RemoveTotpRequest",
    "GenerateRecoveryCodesRequest",
    "GenerateRecoveryCodesResponse",
    "RefreshRequest",
    "RefreshResponse",
    "LogoutRequest",
    "IntrospectRequest",
    "CreateApiKeyResponse",
    "IssueResetCodeResponse",
    "ImportRow",
    "ImportAccountsRequest",
    "ImportAccountsRequest.message",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=guichet");
    let files = [
        "account",
        "reset",
        "auth",
        "institution",
        "mail",
        "import",
        "event",
    ]
    .map(|name| format!("guichet/v1/{name}.proto"));
    let descriptors = protox::compile(&files, ["."])?;
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("guichet.bin"), descriptors.encode_to_vec())?;

    tonic_prost_build::configure()
        .build_transport(false)
        .build_client(std::env::var_os("CARGO_FEATURE_CLIENT").is_some())
        .build_server(std::env::var_os("CARGO_FEATURE_SERVER").is_some())
        .skip_debug(SECRET_MESSAGES.map(|name| format!(".guichet.v1.{name}")))
        .compile_fds(descriptors)?;
    Ok(())
}
