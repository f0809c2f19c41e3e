//! Label selectors, as the API server reads them.

use serde_json::{Map, Value};

use super::fields::{list, text};

/// Whether a selector takes labels. An empty one takes all, none takes nothing.
pub(crate) fn selects(selector: Option<&Value>, labels: Option<&Map<String, Value>>) -> bool {
    let Some(selector) = selector.filter(|selector| selector.is_object()) else { return false };
    let value_of = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    for (key, wanted) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        if value_of(key) != wanted.as_str() {
            return false;
        }
    }
    list(selector, "/matchExpressions").iter().all(|expression| {
        let value = value_of(text(expression, "/key"));
        let is_listed = list(expression, "/values").iter().any(|listed| listed.as_str() == value && value.is_some());
        match text(expression, "/operator") {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_take_labels_as_the_api_server_does() {
        let labels = json!({"app": "cache", "tier": "x"});
        for (selector, expected) in [
            (json!({}), true),
            (json!(null), false),
            (json!({"matchLabels": {"app": "cache"}}), true),
            (json!({"matchLabels": {"app": "cache", "tier": "y"}}), false),
            (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "cache"]}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["cache"]}]}), false),
            (json!({"matchExpressions": [{"key": "other", "operator": "NotIn", "values": ["cache"]}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}), false),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Like"}]}), false),
        ] {
            assert_eq!(selects(Some(&selector), labels.as_object()), expected, "{selector}");
        }
    }
}
