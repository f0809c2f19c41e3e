//! The match conditions of a webhook, evaluated as the API server does: on the object under review, the stored one and
//! the request, and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program};
use serde_json::Value;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A condition that a request must meet, or its webhook is not called.
pub(crate) struct Condition {
    pub(crate) name: String,
    program: Program,
}

/// What a condition is asked about.
pub(crate) struct Subject {
    variables: [(&'static str, cel::Value); 3],
}

impl Condition {
    /// Nothing where the expression is no CEL.
    pub(crate) fn parse(name: &str, expression: &str) -> Option<Self> {
        let program = ENV.compile(expression).ok()?;
        Some(Self { name: name.to_owned(), program })
    }

    /// Whether it is met. The error says why that can't be told.
    pub(crate) fn holds(&self, subject: &Subject) -> Result<bool, String> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        for (name, value) in &subject.variables {
            context.add_variable_from_value(*name, value.clone());
        }
        match self.program.execute(&context) {
            Ok(cel::Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err("it is neither true nor false".to_owned()),
            Err(error) => Err(describe_error(&error)),
        }
    }
}

impl Subject {
    pub(crate) fn new(object: &Value, old: Option<&Value>, request: &Value) -> Self {
        let old = old.map_or(cel::Value::Null, to_cel);
        Self { variables: [("object", to_cel(object)), ("oldObject", old), ("request", to_cel(request))] }
    }
}

/// JSON as CEL sees it. A field that is null is one that is not there: the API server drops it when it reads the object.
fn to_cel(json: &Value) -> cel::Value {
    match json {
        Value::Null => cel::Value::Null,
        Value::Bool(bool) => cel::Value::Bool(*bool),
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => cel::Value::Int(number),
            (None, Some(number)) => cel::Value::UInt(number),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::Array(list) => cel::Value::List(Arc::new(list.iter().map(to_cel).collect())),
        Value::Object(map) => {
            let fields = map.iter().filter(|(_, value)| !value.is_null());
            let fields = fields.map(|(key, value)| (Key::from(key.clone()), to_cel(value)));
            cel::Value::Map(Map { map: Arc::new(fields.collect::<HashMap<_, _>>()) })
        }
    }
}

/// In words of ours: an error of the interpreter may quote what it read.
fn describe_error(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(field) => format!("the object has no `{field}`"),
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not known here"),
        ExecutionError::FunctionError { function, .. } => format!("`{function}` can't read its argument"),
        _ => "a value is of another type than it expects".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn holds(expression: &str, object: &Value) -> Result<bool, String> {
        let subject = Subject::new(object, None, &json!({"operation": "CREATE"}));
        Condition::parse("some", expression).expect("it is CEL").holds(&subject)
    }

    /// What the shipped conditions are made of, with the answers that CEL's specification gives.
    #[test]
    fn optional_fields_patterns_and_lists_are_those_of_cel() {
        let object = json!({
            "metadata": {"labels": {"app": "my-redis-7"}, "deletionTimestamp": null},
            "spec": {"ports": [{"port": 80, "targetPort": "http"}, {"port": 6379}], "none": []},
        });
        let cases = [
            ("request.?subResource.orValue('') == ''", true),
            ("request.?operation.orValue('') == 'CREATE'", true),
            ("!has(object.metadata.deletionTimestamp)", true),
            ("oldObject == null", true),
            ("object.metadata.?labels.orValue({}).exists(k, object.metadata.labels[k].matches('redis|valkey'))", true),
            ("object.metadata.?labels.orValue({}).exists(k, object.metadata.labels[k].matches('^redis'))", false),
            ("object.metadata.?annotations.orValue({}).exists(k, k == 'a')", false),
            ("object.?data.orValue({}).exists(k, true)", false),
            // A text is in no list of numbers; that is no error.
            ("object.spec.?ports.orValue([]).exists(p, p.?targetPort.orValue(0) in [6379, 26379])", false),
            ("object.spec.?ports.orValue([]).exists(p, p.port in [6379, 26379])", true),
            ("(object.spec.none + object.spec.?other.orValue([])).exists(c, true)", false),
            (
                "(object.spec.ports + object.spec.?other.orValue([]).filter(c, c.?a.orValue('') == 'b')).exists(c, c.port == 80)",
                true,
            ),
            // An error on one side does not matter where the other decides.
            ("object.spec.absent.exists(c, true) || object.metadata.labels['app'].contains('redis')", true),
            ("object.spec.ports.exists(p, p.targetPort == 'http')", true),
            ("'x.conf'.matches('[.]conf$')", true),
        ];
        for (expression, expected) in cases {
            assert_eq!(holds(expression, &object), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn an_error_is_told_without_what_was_read() {
        let object = json!({"metadata": {"labels": {"app": 5, "pass": "hunter2"}}});
        assert_eq!(holds("object.spec.replicas == 1", &object), Err("the object has no `spec`".to_owned()));
        assert!(holds("authorizer.allowed()", &object).is_err());
        for wrong in ["object.metadata.labels['app'].matches('a')", "object.metadata.labels['pass'] + 1 == 2"] {
            let why = holds(wrong, &object).expect_err(wrong);
            assert!(!why.contains("hunter2") && !why.is_empty(), "{why}");
        }
    }
}
