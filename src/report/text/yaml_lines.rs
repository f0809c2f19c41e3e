//! Objects as lines of YAML that know where they stand, so that a diff can say which container a line belongs to.

use serde_json::Value;

/// One line, and the place of what it belongs to, such as `spec.template.spec.containers[redis].resources`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) place: String,
}

/// The lines of an object.
pub(crate) fn lines(object: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    write(&mut lines, "", 0, object, "");
    lines
}

/// Writes a map or a list whose first line starts with `lead` and whose others are indented by `indent`.
fn write(lines: &mut Vec<Line>, lead: &str, indent: usize, value: &Value, place: &str) {
    let blank = " ".repeat(indent);
    let start = |index: usize| if index == 0 && !lead.is_empty() { lead.to_owned() } else { blank.clone() };
    match value {
        Value::Object(map) => {
            for (index, (key, value)) in map.iter().enumerate() {
                let start = format!("{}{}:", start(index), scalar(&Value::String(key.clone())));
                let below = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                member(lines, &start, indent, value, place, &below);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                let name = value.get("name").and_then(Value::as_str).map_or_else(|| index.to_string(), str::to_owned);
                let start = format!("{}-", start(index));
                if is_block(value) {
                    write(lines, &format!("{start} "), indent + 2, value, &format!("{place}[{name}]"));
                } else {
                    member(lines, &start, indent, value, place, place);
                }
            }
        }
        _ => member(lines, lead, indent, value, place, place),
    }
}

/// Writes what stands after a key or a dash.
fn member(lines: &mut Vec<Line>, start: &str, indent: usize, value: &Value, place: &str, below: &str) {
    let mut push = |text: String, place: &str| lines.push(Line { text, place: place.to_owned() });
    match value {
        Value::String(text) if text.contains('\n') => {
            push(format!("{start} {}", if text.ends_with('\n') { "|" } else { "|-" }), place);
            for line in text.lines() {
                push(format!("{}{line}", " ".repeat(indent + 2)).trim_end().to_owned(), below);
            }
        }
        _ if is_block(value) => {
            push(start.to_owned(), place);
            write(lines, "", indent + 2, value, below);
        }
        _ => push(format!("{start} {}", scalar(value)), place),
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

/// Quoted where it has to be; in single quotes where that saves escapes.
fn scalar(value: &Value) -> String {
    if let Value::String(text) = value
        && text.contains('"')
        && !text.contains(|letter: char| letter.is_control() || letter == '\'')
    {
        return format!("'{text}'");
    }
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(value, options);
    text.map_or_else(|_| value.to_string(), |text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        lines(value).into_iter().map(|line| line.text + "\n").collect()
    }

    #[test]
    fn reads_back_as_it_was() {
        let object = json!({
            "kind": "StatefulSet",
            "metadata": {"annotations": {"a/b": "true", "c": "{\"v\":1}"}, "labels": {}},
            "data": {"redis.conf": "port 6379\n\nsave \"\"\n", "end": "one\ntwo"},
            "spec": {
                "replicas": 2, "serviceName": "", "octal": "0755", "none": null, "empty": [],
                "containers": [
                    {"name": "redis", "args": ["--save", "", "yes", "a: b", "#x"], "ports": [{"containerPort": 6379}]},
                    {"image": "redis:7.4", "nested": [["a"], ["b", "c"]]},
                ],
            },
        });
        let back: Value = serde_saphyr::from_str(&text(&object)).unwrap();
        assert_eq!(back, object, "{}", text(&object));
    }

    #[test]
    fn lines_know_their_container() {
        let object = json!({"containers": [{"name": "redis", "limits": {"memory": "1Gi"}}]});
        let lines = lines(&object);
        assert_eq!(lines.last().unwrap().text, "      memory: 1Gi");
        assert_eq!(lines.last().unwrap().place, "containers[redis].limits");
    }
}
