//! The language over another schema than that of workloads: nothing of Redis is built in.

use serde_json::{Value, json};

use super::{
    Amounts, Expression, Field, Kind, Language, NAME, Sample, Schema, field, nullable, unseen_as, unseen_with,
};

const PARTS: &[Field] = &[
    field("name", Kind::Text(NAME), ""),
    unseen_as("hidden", field("colour", Kind::Text(NAME), "")),
    nullable("weight", Kind::Int, ""),
];

const FIELDS: &[Field] = &[
    nullable("size", Kind::Int, ""),
    unseen_with("size", nullable("unit", Kind::Word, "")),
    field("parts", Kind::List(&Kind::Object(PARTS), 8), ""),
];

struct Dozens;

impl Amounts for Dozens {
    fn parse(text: &str) -> Option<i64> {
        text.strip_suffix("dozen")?.parse::<i64>().ok().map(|dozens| dozens * 12)
    }

    fn format(units: i64) -> Option<String> {
        Some(format!("{}dozen", units / 12))
    }
}

fn sample() -> Value {
    json!({"size": 24, "unit": "cm", "parts": [{"name": "lid", "colour": "red"}, {"name": "side", "colour": "hidden"}]})
}

fn language() -> Language {
    Language::new::<Dozens>(Schema {
        variable: "box",
        fields: FIELDS,
        example: "box.size",
        hint: |name, names| format!("; not `{name}` but {}", names.join(" or ")),
        samples: || vec![Sample { name: "that is full", model: sample(), unseen: Vec::new() }],
    })
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    let error = Expression::condition(&language(), text).unwrap_err().to_string();
    assert_eq!(error, expected, "{text}");
}

#[track_caller]
fn answers(text: &str, unseen: &[&str], expected: Result<bool, &str>) {
    let language = language();
    let expression = Expression::condition(&language, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let answer = expression.holds(&language.context(&sample(), unseen));
    assert_eq!(answer, expected.map_err(str::to_owned), "{text}");
}

#[test]
fn messages_speak_of_the_schema() {
    refuses("", "it is empty; write what has to hold, such as has(box.size)");
    refuses("workload == 1", "column 1: there is no `workload`; the one variable is `box`");
    refuses("box.unt == 'a'", "column 4: there is no field `unt`; not `unt` but size or unit or parts");
    refuses("box.size > 1", "column 4: `box.size` can be null here; write `has(box.size) && …` before it");
    refuses("quantity('1Gi') > 1", "column 10: `1Gi` is no amount; write it as '512Mi' or '2Gi'");
    let nested = "box.parts.all(a, box.parts.all(b, box.parts.all(c, [a.name, b.name].all(x, x == c.name))))";
    refuses(nested, "column 72: loops are nested more than 3 deep");
}

#[test]
fn values_are_those_of_the_schema() {
    answers("has(box.size) && box.size == quantity('2dozen')", &[], Ok(true));
    answers("has(box.size) && formatQuantity(box.size) == '3dozen'", &[], Ok(false));
    answers("box.parts.exists(p, p.colour == 'red')", &[], Ok(true));
    answers("box.parts.all(p, p.weight == null)", &[], Ok(true));
}

#[test]
fn what_could_not_be_seen_is_an_error() {
    answers("box.parts.all(p, p.colour == 'red')", &[], Err("colour could not be seen"));
    answers("box.size == 24", &["size"], Err("size could not be seen"));
    answers("box.unit == 'cm'", &["size"], Err("unit could not be seen"));
    answers("box.parts.size() == 2 || box.size == 24", &["size"], Ok(true));
}
