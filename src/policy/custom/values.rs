//! The model's JSON as CEL values, walked along the table of fields. What could not be seen is left out, so that reading
//! it is an error that `&&` and `||` pass over where it does not matter, and never a null that would count as unset.

use std::collections::HashMap;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde_json::Value;

use super::model::{Field, Kind, WORD, WORKLOAD};

/// The role of a container of which nobody can tell what it does; the fact that says so.
const ROLE: &str = "role";
const UNKNOWN: &str = "unknown";

/// The value of `workload`; `unseen` names the facts that could not be seen.
pub(super) fn workload(model: &Value, unseen: &[String]) -> Box<dyn Val> {
    let mut fields = object(WORKLOAD, model);
    for field in WORKLOAD.iter().filter(|field| unseen.iter().any(|fact| fact == field.fact())) {
        fields.remove(&key(field));
    }
    Box::new(Object(Arc::new(CelMap::from(fields))))
}

type Fields = HashMap<CelMapKey<'static>, Box<dyn Val>>;

fn key(field: &Field) -> CelMapKey<'static> {
    CelMapKey::String(CelString::from(field.name))
}

fn object(fields: &[Field], json: &Value) -> Fields {
    let mut values = Fields::with_capacity(fields.len());
    for field in fields {
        let json = json.get(field.name).unwrap_or(&Value::Null);
        if field.name == ROLE && json.as_str().is_none_or(|role| role == UNKNOWN) {
            continue;
        }
        let absent = field.nullable && !json.is_object() && matches!(field.kind, Kind::Object(_));
        let value = if absent { Some(Box::new(CelNull) as Box<dyn Val>) } else { value(field.kind, json) };
        if let Some(value) = value.filter(|value| field.nullable || !is_null(value.as_ref())) {
            values.insert(key(field), value);
        }
    }
    values
}

/// The value of a field; nothing where it is too large to be looked at.
fn value(kind: Kind, json: &Value) -> Option<Box<dyn Val>> {
    Some(match kind {
        Kind::Object(fields) => Box::new(Object(Arc::new(CelMap::from(object(fields, json))))),
        Kind::List(of, most) => match json.as_array() {
            Some(entries) if is_longer(entries.len(), most) => return None,
            Some(entries) => {
                let entries: Option<Vec<Box<dyn Val>>> = entries.iter().map(|entry| value(*of, entry)).collect();
                // What has no right to be in the list is as good as not there.
                let entries = entries?.into_iter().filter(|entry| !is_null(entry.as_ref())).collect::<Vec<_>>();
                Box::new(CelList::from(entries))
            }
            None => Box::new(CelNull),
        },
        Kind::Text(most) => match json.as_str() {
            Some(text) if is_longer(text.len(), most) => return None,
            Some(text) => Box::new(CelString::from(text.to_owned())),
            None => Box::new(CelNull),
        },
        Kind::Word => match json.as_str().filter(|text| is_word(text)) {
            Some(text) => Box::new(CelString::from(text.to_owned())),
            None => Box::new(CelNull),
        },
        Kind::Either if json.is_string() => return value(Kind::Text(super::model::NAME), json),
        Kind::Int | Kind::Either => match json.as_i64().or_else(|| json.as_u64().map(|_| i64::MAX)) {
            Some(number) => Box::new(CelInt::from(number)),
            None => Box::new(CelNull),
        },
        Kind::Bool => match json.as_bool() {
            Some(bool) => Box::new(CelBool::from(bool)),
            None => Box::new(CelNull),
        },
    })
}

fn is_null(value: &dyn Val) -> bool {
    value.downcast_ref::<CelNull>().is_some()
}

fn is_longer(length: usize, most: u64) -> bool {
    u64::try_from(length).is_ok_and(|length| length > most)
}

fn is_word(text: &str) -> bool {
    !is_longer(text.len(), WORD) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// An object of the model. The interpreter copies what it loops over: this is shared instead.
#[derive(Debug, Clone)]
struct Object(Arc<CelMap<'static>>);

impl Val for Object {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for Object {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.0.get(key)
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.0.get(key).map(CowVal::into_owned)
    }
}
