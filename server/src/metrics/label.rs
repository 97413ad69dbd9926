//! The labels of the metrics: closed sets, and the words they are published as.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// Which listener a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// gRPC and pages.
    Public,
    /// Health and metrics for the operator.
    Operations,
}

/// Why a connection was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Its address has its share of connections already.
    TooMany,
    /// The TLS handshake failed or took too long.
    Handshake,
    /// A trusted proxy did not say whose it is, or not in time.
    ProxyHeader,
    /// The system could not accept it, for example for want of file descriptors.
    AcceptError,
}

/// Where a mail is in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// Waiting for its first or next try.
    Queued,
    /// Given up for good.
    Failed,
    /// Sent, and sent back.
    Bounced,
}

/// How one try to send a mail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailResult {
    /// The next server took it.
    Sent,
    /// It will be tried again.
    Deferred,
    /// It was refused for good.
    Failed,
}

/// What came of asking whether a password has been published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookupResult {
    /// It has.
    Known,
    /// Not that anybody knows there.
    Unknown,
    /// No answer that can be read.
    Failed,
}

/// What somebody tried too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tried {
    /// To sign in.
    SignIn,
    /// To answer for the second factor.
    SecondFactor,
    /// To give the password again, signed in.
    Password,
    /// To have a link for a new password, or a short code looked at.
    Reset,
    /// To have a link that confirms another address.
    EmailChange,
    /// To have the usernames of an address.
    Reminder,
}

impl Tried {
    /// As operators read it, in the journal too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::Password => "password",
            Self::Reset => "reset",
            Self::EmailChange => "email_change",
            Self::Reminder => "reminder",
        }
    }
}

/// Whose counter did not let a try through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Throttle {
    /// That of what was typed, or of its account.
    Account,
    /// That of an account's known device.
    Device,
    /// That of a network.
    Network,
    /// That of everybody.
    Deployment,
}

impl Throttle {
    /// As operators read it, in the journal too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Device => "device",
            Self::Network => "network",
            Self::Deployment => "deployment",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are the names of the labels"
)]
pub(super) struct HandledLabels {
    pub(super) grpc_service: &'static str,
    pub(super) grpc_method: &'static str,
    pub(super) grpc_code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CallLabels {
    pub(super) grpc_service: &'static str,
    pub(super) grpc_method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OutboxLabels {
    pub(super) state: OutboxState,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct MailLabels {
    pub(super) result: MailResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PortLabels {
    pub(super) port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RefusedLabels {
    pub(super) cause: Refusal,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LookupLabels {
    pub(super) result: LookupResult,
}

impl EncodeLabelValue for LookupResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
        .encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ThrottledLabels {
    pub(super) tried: Tried,
    pub(super) by: Throttle,
}

impl EncodeLabelValue for Tried {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.name().encode(encoder)
    }
}

impl EncodeLabelValue for Throttle {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.name().encode(encoder)
    }
}

impl EncodeLabelValue for Port {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Public => "public",
            Self::Operations => "operations",
        }
        .encode(encoder)
    }
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::TooMany => "too_many",
            Self::Handshake => "handshake",
            Self::ProxyHeader => "proxy_header",
            Self::AcceptError => "accept_error",
        }
        .encode(encoder)
    }
}

impl EncodeLabelValue for OutboxState {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Queued => "queued",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
        }
        .encode(encoder)
    }
}

impl EncodeLabelValue for MailResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
        .encode(encoder)
    }
}
