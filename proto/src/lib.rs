//! Guichet's protocol, generated from `proto/guichet/v1` at build time.

mod redacted;

/// Package `guichet.v1`: messages, and clients and servers under the features `client` and `server`.
#[expect(
    clippy::all,
    clippy::pedantic,
    reason = "generated; the comments are in the protos"
)]
pub mod v1 {
    tonic::include_proto!("guichet.v1");
}

/// The encoded `FileDescriptorSet` of the package, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guichet.bin"));
