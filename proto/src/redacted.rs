//! `Debug` of the messages that carry a secret: their name and nothing else, so that no log line can hold one.

use std::fmt;

use crate::v1;

macro_rules! redact {
    ($($message:ty),+ $(,)?) => {
        $(impl fmt::Debug for $message {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($message), " { .. }"))
            }
        })+
    };
}

redact!(
    v1::CreateAccountRequest,
    v1::create_account_request::Credential,
    v1::ChangePasswordRequest,
    v1::ChangePasswordResponse,
    v1::RequestEmailChangeRequest,
    v1::ConfirmEmailChangeRequest,
    v1::GetPasswordPolicyRequest,
    v1::CheckPasswordRequest,
    v1::InspectResetRequest,
    v1::CompleteResetRequest,
    v1::CompleteResetResponse,
    v1::RevokeResetRequest,
    v1::LoginRequest,
    v1::LoginResponse,
    v1::login_response::Outcome,
    v1::Tokens,
    v1::Challenge,
    v1::ContinueLoginRequest,
    v1::continue_login_request::Answer,
    v1::ContinueLoginResponse,
    v1::continue_login_response::Outcome,
    v1::BeginTotpEnrollmentRequest,
    v1::BeginTotpEnrollmentResponse,
    v1::ConfirmTotpEnrollmentRequest,
    v1::ConfirmTotpEnrollmentResponse,
    v1::RemoveTotpRequest,
    v1::GenerateRecoveryCodesRequest,
    v1::GenerateRecoveryCodesResponse,
    v1::RefreshRequest,
    v1::RefreshResponse,
    v1::LogoutRequest,
    v1::IntrospectRequest,
    v1::CreateApiKeyResponse,
    v1::IssueResetCodeResponse,
    v1::ImportRow,
    v1::ImportAccountsRequest,
    v1::import_accounts_request::Message,
);
