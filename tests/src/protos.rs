//! What the protos declare, for tests that go through all of it.

use std::collections::BTreeMap;

use prost::Message as _;
use prost::encoding::encode_varint;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// An RPC of `guichet.v1`.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// Without the package.
    pub service: String,
    /// Without the service.
    pub name: String,
    /// What it takes.
    pub request: DescriptorProto,
    /// What it answers.
    pub response: DescriptorProto,
    /// Whether many requests are one call.
    pub takes_stream: bool,
}

impl Rpc {
    /// Service and name.
    pub fn full_name(&self) -> (&str, &str) {
        (&self.service, &self.name)
    }

    /// The number of a field of its request, if there is one of that name.
    pub fn field(&self, name: &str) -> Option<u32> {
        let mut fields = self.request.field.iter();
        let field = fields.find(|field| field.name() == name)?;
        u32::try_from(field.number()).ok()
    }

    /// The text fields of its request, not those of messages within.
    pub fn texts(&self) -> impl Iterator<Item = &FieldDescriptorProto> {
        let fields = self.request.field.iter();
        fields.filter(|field| field.r#type() == Type::String)
    }
}

/// Every RPC, in the order of the protos.
pub fn rpcs() -> Vec<Rpc> {
    let messages = messages();
    let message = |name: &str| messages[name.trim_start_matches(".guichet.v1.")].clone();
    let mut rpcs = Vec::new();
    for file in files() {
        for service in &file.service {
            rpcs.extend(service.method.iter().map(|method| Rpc {
                service: service.name().to_owned(),
                name: method.name().to_owned(),
                request: message(method.input_type()),
                response: message(method.output_type()),
                takes_stream: method.client_streaming(),
            }));
        }
    }
    rpcs
}

/// Every message by its name; those within others as `Outer.Inner`.
pub fn messages() -> BTreeMap<String, DescriptorProto> {
    let mut open: Vec<(String, DescriptorProto)> = files()
        .into_iter()
        .flat_map(|file| file.message_type)
        .map(|message| (message.name().to_owned(), message))
        .collect();
    let mut messages = BTreeMap::new();
    while let Some((name, message)) = open.pop() {
        let inner = message.nested_type.iter();
        open.extend(inner.map(|inner| (format!("{name}.{}", inner.name()), inner.clone())));
        messages.insert(name, message);
    }
    messages
}

fn files() -> Vec<prost_types::FileDescriptorProto> {
    let descriptors = FileDescriptorSet::decode(guichet_proto::FILE_DESCRIPTOR_SET);
    let mut files = descriptors.expect("descriptors").file;
    files.retain(|file| file.package() == "guichet.v1");
    files
}

/// A field of text or of a message, as it travels.
pub fn text(number: u32, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut field = Vec::new();
    encode_varint(u64::from(number) << 3 | 2, &mut field);
    encode_varint(value.len() as u64, &mut field);
    field.extend(value);
    field
}

/// A field of a number.
pub fn number(number: u32, value: u64) -> Vec<u8> {
    let mut field = Vec::new();
    encode_varint(u64::from(number) << 3, &mut field);
    encode_varint(value, &mut field);
    field
}
