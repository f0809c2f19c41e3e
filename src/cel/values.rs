//! The model's JSON as CEL values, walked along the table of fields. What could not be seen is left out, so that reading
//! it is an error that `&&` and `||` pass over where it does not matter, and never a null that would count as unset.
//!
//! Values borrow the JSON, and what lies below the first level is only made when it is read: most rules read one field.

use std::collections::HashMap;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde_json::Value;

use super::schema::{Field, Kind, NAME, WORD};

static NULL: Value = Value::Null;

/// The value of the variable; `unseen` names the facts that could not be seen.
pub(crate) fn model_value<'v>(fields: &'static [Field], model: &'v Value, unseen: &[&str]) -> Box<dyn Val + 'v> {
    let seen = fields.iter().filter(|field| !unseen.contains(&field.fact()));
    let fields = seen.filter_map(|field| Some((CelMapKey::String(field.name.into()), of_field(field, model)?)));
    let fields: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = fields.collect();
    Box::new(Root(Arc::new(CelMap::from(fields))))
}

/// The value of a field; nothing where it can't be seen, or is too large to be looked at.
fn of_field<'v>(field: &Field, object: &'v Value) -> Option<Box<dyn Val + 'v>> {
    let json = object.get(field.name).unwrap_or(&NULL);
    if field.unseen_word.is_some_and(|word| json == word) {
        return None;
    }
    if field.nullable && matches!(field.kind, Kind::Object(_)) && !json.is_object() {
        return Some(Box::new(CelNull));
    }
    of_kind(field.kind, json).filter(|value| field.nullable || !is_null(value.as_ref()))
}

fn of_kind(kind: Kind, json: &Value) -> Option<Box<dyn Val + '_>> {
    Some(match kind {
        Kind::Object(fields) => Box::new(Object { fields, json }),
        Kind::List(of, most) => match json.as_array() {
            Some(entries) if is_longer(entries.len(), most) => return None,
            Some(entries) => {
                let entries: Option<Vec<Box<dyn Val + '_>>> = entries.iter().map(|entry| of_kind(*of, entry)).collect();
                // What has no right to be in the list is as good as not there.
                let entries = entries?.into_iter().filter(|entry| !is_null(entry.as_ref())).collect::<Vec<_>>();
                Box::new(CelList::from(entries))
            }
            None => Box::new(CelNull),
        },
        Kind::Text(most) => match json.as_str() {
            Some(text) if is_longer(text.len(), most) => return None,
            Some(text) => Box::new(CelString::from(text)),
            None => Box::new(CelNull),
        },
        Kind::Word => match json.as_str().filter(|text| is_word(text)) {
            Some(text) => Box::new(CelString::from(text)),
            None => Box::new(CelNull),
        },
        Kind::Either if json.is_string() => return of_kind(Kind::Text(NAME), json),
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

/// The variable itself. The interpreter copies what it loops over: this is shared instead.
#[derive(Debug, Clone)]
struct Root<'v>(Arc<CelMap<'v>>);

impl Indexer for Root<'_> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.0.get(key)
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.0.get(key).map(CowVal::into_owned)
    }
}

/// An object in the model.
#[derive(Debug, Clone, Copy)]
struct Object<'v> {
    fields: &'static [Field],
    json: &'v Value,
}

impl<'v> Object<'v> {
    fn read(self, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError> {
        let name = key.downcast_ref::<CelString>().map(CelString::inner).unwrap_or_default();
        let field = self.fields.iter().find(|field| field.name == name);
        field.and_then(|field| of_field(field, self.json)).ok_or_else(|| ExecutionError::no_such_key(name))
    }
}

impl Indexer for Object<'_> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.read(key).map(CowVal::Owned)
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.read(key).map(|value| value as Box<dyn Val + 'w>)
    }
}

macro_rules! indexed {
    ($type:ident) => {
        impl Val for $type<'_> {
            fn get_type(&self) -> &Type {
                &MAP_TYPE
            }

            fn cel_type() -> &'static Type {
                &MAP_TYPE
            }

            fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
            where
                Self: 'w,
            {
                Some(self)
            }

            fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
            where
                Self: 'w,
            {
                Box::new(self.clone())
            }
        }
    };
}
indexed!(Root);
indexed!(Object);
