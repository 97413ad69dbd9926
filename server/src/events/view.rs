//! An event as the API shows it.

use std::collections::BTreeMap;

use guichet_proto::v1::Event;
use prost_types::{ListValue, Struct, Value, value::Kind};

use crate::store::event::Model;

/// The message of a row.
pub(super) fn event(row: Model) -> Event {
    let attributes = serde_json::from_str(&row.attributes).unwrap_or_default();
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    Event {
        id: row.id.to_string(),
        r#type: row.kind,
        time: Some(row.time.to_proto()),
        account_id: id(row.account_id),
        institution_id: id(row.institution_id),
        actor_id: id(row.actor_id),
        attributes: Some(object(attributes)),
        network: row.network.unwrap_or_default(),
    }
}

fn object(members: serde_json::Map<String, serde_json::Value>) -> Struct {
    let fields = members.into_iter().map(|(name, json)| (name, value(json)));
    Struct {
        fields: fields.collect::<BTreeMap<_, _>>(),
    }
}

/// JSON as protobuf's well-known types have it.
fn value(json: serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(is) => Kind::BoolValue(is),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(items) => Kind::ListValue(ListValue {
            values: items.into_iter().map(value).collect(),
        }),
        serde_json::Value::Object(members) => Kind::StructValue(object(members)),
    };
    Value { kind: Some(kind) }
}
