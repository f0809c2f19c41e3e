//! What is refused when it is loaded, what an expression says of a model, and how long the worst of them takes.

use std::time::{Duration, Instant};

use serde_json::json;

use super::workload::WORKLOAD;
use super::*;
use crate::cel::{Field, Kind};

mod docs;
mod fuzz;
mod messages;
mod schema;
mod verdicts;

fn compile(text: &str) -> Result<Expression, cel::Diagnostic> {
    Expression::condition(&LANGUAGE, text)
}

#[track_caller]
fn refuses(text: &str, part: &str) {
    let diagnostic = compile(text).unwrap_err().to_string();
    assert!(diagnostic.contains(part), "{text}: {diagnostic}");
}

#[track_caller]
fn says(text: &str, model: &Value, expected: Result<bool, &str>) {
    let expression = compile(text).unwrap_or_else(|diagnostic| panic!("{text}: {diagnostic}"));
    let unseen: Vec<&str> =
        model["unknown"].as_array().unwrap().iter().map(|fact| fact["fact"].as_str().unwrap()).collect();
    let said = expression.holds(&LANGUAGE.context(model, &unseen));
    match (said, expected) {
        (Ok(said), Ok(expected)) => assert_eq!(said, expected, "{text}"),
        (Err(said), Err(part)) => assert!(said.contains(part), "{text}: {said}"),
        (said, expected) => panic!("{text}: {said:?} is not {expected:?}"),
    }
}

fn unseen(fact: &str) -> Value {
    let mut model = samples::full();
    model[fact] = Value::Null;
    model["unknown"] = json!([{"fact": fact, "needs": "ConfigMap shop/cache"}]);
    model
}

#[test]
fn what_is_no_expression_over_the_model_is_refused_with_its_place() {
    refuses("", "empty");
    refuses("workload.replicas >", "not valid CEL");
    refuses("workload.replica == 3", "column 9: there is no field `replica`");
    refuses("workload.name == 'a' ||\n  workload.memory.limit == 3", "line 2, column 18: there is no field `limit`");
    refuses("object.spec.replicas == 3", "column 1: there is no `object`");
    refuses("workload.containers.all(c, d.name == '')", "column 28: there is no `d`");
    refuses("workload.name.matches('a.*')", "there is no function `matches`");
    refuses("timestamp('2020-01-01T00:00:00Z') == null", "there is no function `timestamp`");
    refuses("now() > 3", "there is no function `now`");
    refuses("optional.of(1).hasValue()", "there is no");
    refuses("workload.?name == ''", "not valid CEL");
    refuses("dyn(workload).x", "there is no function `dyn`");
    refuses("type(workload.name) == string", "there is no function `type`");
    refuses("{'a': 1}.a == 1", "maps are not taken");
    refuses("a.B{x: 1} == null", "messages are not taken");
    refuses("workload.containers.all(workload, true)", "not `workload`");
    refuses("@result == 1", "not valid CEL");
}

#[test]
fn types_are_checked() {
    refuses("workload.name", "must be a bool, found string");
    refuses("workload.name == 3", "column 15: string never equals int");
    refuses("workload.name > 3", "have an order");
    refuses("workload.name + 3 == 'a3'", "added, found string and int");
    refuses("workload.containers == 'a'", "never equals");
    refuses("'a' in workload.name", "`in` takes a list");
    refuses("workload.memory == workload.memory", "object");
    refuses("has(workload.memory)", "`memory` is always there");
    refuses("workload.containers.name == ''", "list of object has no field `name`");
    refuses("workload.containers['redis'].name == ''", "this takes int, found string");
    refuses("workload.kind ? true : false", "this takes bool, found string");
    refuses("workload.kind == 'Pod' ? 1 : 'b'", "must be a bool");
    refuses("1u == 1", "without `u`");
    refuses("1.5 * 2 == 3.0", "found double and int");
    refuses("quantity('1 GiB') > 3", "`1 GiB` is no amount");
    refuses("'3' in [1, 2]", "string is never in a list of int");
    refuses("workload.name.startsWith(3)", "this takes string, found int");
    refuses("workload.containers.map(c, c.name) == [1]", "never equals");
}

#[test]
fn what_may_be_null_has_to_be_asked_for() {
    refuses("workload.maxmemory_bytes > 3", "`workload.maxmemory_bytes` can be null here; write `has(");
    refuses("workload.maxmemory_bytes == null && workload.maxmemory_bytes > 3", "can be null here");
    refuses("workload.maxmemory_bytes > 3 && has(workload.maxmemory_bytes)", "can be null here");
    refuses("has(workload.maxmemory_bytes) || workload.maxmemory_bytes > 3", "can be null here");
    refuses("(has(workload.quorum) || workload.kind == 'Pod') && workload.quorum > 1", "can be null here");
    refuses("!(workload.quorum == null && workload.kind == 'Pod') && workload.quorum > 1", "can be null here");
    refuses("workload.probes.liveness.timeoutSeconds == 5", "`workload.probes.liveness` can be null here");
    refuses(
        "workload.containers.all(c, has(c.memory.limit_bytes)) && workload.containers.all(c, c.memory.limit_bytes > 1)",
        "can be null",
    );
    // The outer `c` says nothing of the inner one.
    refuses(
        "workload.containers.all(c, has(c.memory.limit_bytes) && workload.containers.all(c, c.memory.limit_bytes > 1))",
        "can be null",
    );
    for fine in [
        "has(workload.maxmemory_bytes) && workload.maxmemory_bytes > 3",
        "null != workload.maxmemory_bytes && workload.maxmemory_bytes > 3",
        "workload.maxmemory_bytes == null || workload.maxmemory_bytes > 3",
        "!(workload.maxmemory_bytes == null) && workload.maxmemory_bytes > 3",
        "!has(workload.maxmemory_bytes) || workload.maxmemory_bytes > 3",
        "has(workload.maxmemory_bytes) ? workload.maxmemory_bytes > 3 : true",
        "has(workload.quorum) && has(workload.sentinels) && workload.quorum > workload.sentinels / 2",
        "workload.quorum == null || workload.sentinels == null || workload.quorum > workload.sentinels / 2",
        "!(has(workload.quorum) && workload.kind == 'Pod') || workload.quorum > 1",
        "workload.quorum == 2 && workload.quorum + 1 == 3",
        "workload.quorum in [2, 3] && workload.quorum > 1",
        "has(workload.probes.liveness.exec.command) && size(workload.probes.liveness.exec.command) > 1",
        "workload.containers.all(c, has(c.memory.limit_bytes) && c.memory.limit_bytes > 1)",
        "workload.containers.filter(c, has(c.memory.limit_bytes)).map(c, c.name).size() == 3",
        "workload.quorum == null",
        "workload.quorum == workload.sentinels",
    ] {
        if let Err(diagnostic) = compile(fine) {
            panic!("{fine}: {diagnostic}");
        }
    }
}

#[test]
fn expressions_read_the_model() {
    let full = samples::full();
    says("workload.replicas == 3 && workload.containers.size() == 3", &full, Ok(true));
    says("has(workload.maxmemory_bytes) && workload.maxmemory_bytes <= quantity('1.5Gi')", &full, Ok(true));
    says("has(workload.maxmemory_bytes) && workload.maxmemory_bytes <= quantity('1Gi')", &full, Ok(false));
    says("formatQuantity(quantity('1024Mi')) == '1Gi'", &full, Ok(true));
    says("workload.containers.exists_one(c, c.role == 'server')", &full, Ok(true));
    says("workload.containers.map(c, c.role == 'server', c.name) == ['redis']", &full, Ok(true));
    says("workload.containers.all(a, workload.containers.exists_one(b, a.name == b.name))", &full, Ok(true));
    says("workload.containers[7].name == ''", &full, Err("no such entry"));
    says("1 / (workload.containers.size() - 3) == 1", &full, Err("divides by zero"));
    says("has(workload.replicas) && workload.replicas * 9223372036854775807 > 0", &full, Err("too large"));
    says("workload.memory.limit_bytes == 2147483648 && workload.memory.limit_bytes == 2147483648.0", &full, Ok(true));
    says(
        "has(workload.probes.liveness.tcpSocket.port) && workload.probes.liveness.tcpSocket.port in [6379, 'redis']",
        &full,
        Ok(true),
    );
}

#[test]
fn what_could_not_be_seen_is_never_null() {
    let model = unseen("maxmemory_bytes");
    says("workload.maxmemory_bytes == null", &model, Err("maxmemory_bytes could not be seen"));
    says("has(workload.maxmemory_bytes)", &model, Err("could not be seen"));
    says("!has(workload.maxmemory_origin)", &model, Err("could not be seen"));
    says("workload.maxmemory_bytes == null || workload.maxmemory_bytes > 3", &model, Err("could not be seen"));
    // What does not depend on it is answered.
    says("workload.maxmemory_bytes == null || workload.kind == 'StatefulSet'", &model, Ok(true));
    says("has(workload.maxmemory_bytes) && workload.kind == 'Deployment'", &model, Ok(false));
    says("workload.unknown.exists(u, u.fact == 'maxmemory_bytes')", &model, Ok(true));
    let mut role = samples::full();
    role["containers"][2]["role"] = json!("unknown");
    says("workload.containers.all(c, c.role != 'proxy')", &role, Err("role could not be seen"));
    says("workload.containers.exists(c, c.role == 'server')", &role, Ok(true));
    // Free text where Redis takes a keyword is not passed on.
    let mut odd = samples::full();
    odd["maxmemory_policy"] = json!("Hello, reader");
    says("workload.maxmemory_policy == null", &odd, Ok(true));
}

#[test]
fn what_is_too_large_is_not_looked_at() {
    let mut model = samples::full();
    model["containers"] = json!(vec![model["containers"][0].clone(); 256]);
    let nest = "workload.containers.all(a, workload.containers.all(b, a.name == b.name))";
    says(nest, &model, Err("containers could not be seen"));
    says("workload.kind == 'StatefulSet'", &model, Ok(true));
    model = samples::full();
    model["probes"]["liveness"]["exec"]["command"] = json!(["x".repeat(5000)]);
    says("has(workload.probes.liveness.exec.command)", &model, Err("command could not be seen"));
}

#[test]
fn size_and_time_are_bounded() {
    refuses(&format!("'{}' == ''", "x".repeat(2048)), "at most 2048");
    refuses(&format!("1{} == 2", "+1".repeat(900)), "words and marks");
    refuses(&format!("{}1{} == 1", "(".repeat(60), ")".repeat(60)), "not valid CEL");
    refuses(&format!("1{} == 2", "+1".repeat(200)), "nested more than 64 deep");
    refuses(&format!("workload{} == 2", ".a".repeat(200)), "nested more than 64 deep");
    let nest = |depth: usize| {
        let open: String = (0..depth).map(|level| format!("workload.containers.all(c{level}, ")).collect();
        format!("{open}c0.name == ''{}", ")".repeat(depth))
    };
    refuses(&nest(3), "steps on a large workload");
    refuses(&nest(4), "loops are nested more than 3 deep");
    refuses(
        "workload.containers.map(a, workload.containers.map(b, a.name + b.name)).size() > 0 && workload.containers.map(a, workload.containers.map(b, a.name + b.name + a.name)).size() > 1",
        "steps",
    );
    let doubled = (0..40).fold("'x'".to_owned(), |text, _| format!("[{text}].map(x, x + x)[0]"));
    assert!(compile(&format!("{doubled} == ''")).is_err());
}

/// The worst that is allowed, on the largest workload that is looked at. The bound is far above what it takes: it is
/// there to fail where the static bound no longer bounds.
#[test]
fn the_worst_that_is_allowed_takes_milliseconds() {
    let mut model = samples::full();
    model["containers"] = json!(vec![model["containers"][0].clone(); 64]);
    for (index, container) in model["containers"].as_array_mut().unwrap().iter_mut().enumerate() {
        container["name"] = json!(format!("{index:0>253}"));
        container["probes"]["liveness"]["exec"]["command"] = json!(vec!["y".repeat(4096); 64]);
    }
    let doubled = (0..7).fold("'xxxxxxxxxxxxxxxx'".to_owned(), |text, _| format!("[{text}].map(x, x + x)[0]"));
    let words = "has(c.probes.liveness.exec.command) && c.probes.liveness.exec.command";
    let worst = [
        "workload.containers.all(a, workload.containers.exists_one(b, a.name == b.name))".to_owned(),
        "workload.containers.map(a, workload.containers.map(b, b.name)).size() > 0".to_owned(),
        "workload.containers.map(a, workload.containers.map(b, a.role)).exists(x, x.exists(y, y == 'z'))".to_owned(),
        format!("workload.containers.exists(c, {words}.exists(w, w == 'z'))"),
        format!("{doubled} == 'a'"),
        "workload.containers.filter(a, workload.containers.filter(b, true).size() > 1).size() > 0".to_owned(),
    ];
    let context = LANGUAGE.context(&model, &[]);
    let mut allowed = 0;
    for text in &worst {
        let Ok(expression) = compile(text) else { continue };
        allowed += 1;
        let start = Instant::now();
        expression.holds(&context).unwrap();
        let took = start.elapsed();
        println!("{took:>10.1?} for {:>6} steps: {text:.100}", expression.cost);
        assert!(took < Duration::from_secs(2), "{took:?}: {text}");
    }
    assert!(allowed >= 3, "the bound leaves useful loops");
}

#[test]
fn messages_quote_no_secret() {
    let condition = Expression::condition(&LANGUAGE, "false").unwrap();
    let message = |text: &str| Expression::message(&LANGUAGE, text, &condition);
    let command = "has(workload.probes.liveness.exec.command) ? workload.probes.liveness.exec.command[0] : ''";
    assert!(message(command).unwrap_err().to_string().contains("may hold a password"));
    assert!(message("1").unwrap_err().to_string().contains("a message is a string, this is int"));
    assert!(message("'maxmemory comes from ' + workload.name").is_ok());
}

#[test]
fn a_message_knows_that_its_condition_is_false() {
    let message = "'maxmemory is ' + string(workload.maxmemory_bytes / 1048576) + 'mb'";
    let small =
        Expression::condition(&LANGUAGE, "!has(workload.maxmemory_bytes) || workload.maxmemory_bytes < 5").unwrap();
    assert!(Expression::message(&LANGUAGE, message, &small).is_ok());
    let set = Expression::condition(&LANGUAGE, "has(workload.maxmemory_bytes)").unwrap();
    let error = Expression::message(&LANGUAGE, message, &set).unwrap_err().to_string();
    assert!(error.contains("`workload.maxmemory_bytes` can be null here"), "{error}");
}

fn raw(name: &str, expression: &str) -> RawCustomRule {
    let rule = json!({"name": name, "expression": expression, "message": "it is wrong"});
    serde_json::from_value(rule).unwrap()
}

#[test]
fn every_diagnostic_of_every_rule_is_named() {
    let mut long = raw("long", "true");
    long.message = "x".repeat(257);
    let mut mutates = raw("mutates", "nothing");
    mutates.action = Some(Action::Mutate);
    let mut lines = raw("lines", "true");
    lines.message = "a\nb".to_owned();
    let rules = [raw("Not_kebab", "true"), long, mutates, lines, raw("twice", "true"), raw("twice", "true")];
    let found = diagnostics(&rules);
    let said: Vec<String> = found.iter().map(|diagnostic| diagnostic.message.clone()).collect();
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(diagnostics(&vec![raw("x", "true"); 65])[0].message.contains("at most 64"));
    let nest = "workload.containers.all(a, workload.containers.exists_one(b, a.name == b.name))";
    let many: Vec<RawCustomRule> = (0..20).map(|number| raw(&format!("r{number}"), nest)).collect();
    assert!(diagnostics(&many)[0].message.contains("steps together"));
}

fn diagnostics(raw: &[RawCustomRule]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    load("mine", raw, &Path::default(), &mut diagnostics);
    diagnostics
}

/// All fields with the way to them.
fn fields(of: &'static [Field], way: &str, all: &mut Vec<(String, &'static Field)>) {
    for field in of {
        let way = format!("{way}.{}", field.name);
        all.push((way.clone(), field));
        match field.kind {
            Kind::Object(inner) => fields(inner, &way, all),
            Kind::List(Kind::Object(inner), _) => fields(inner, &format!("{way}[]"), all),
            _ => {}
        }
    }
}

#[test]
fn the_table_has_every_field_that_inspect_prints() {
    let model = samples::full();
    let names: Vec<&str> = WORKLOAD.iter().map(|field| field.name).collect();
    assert_eq!(model.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), names);
}

#[test]
fn examples_of_fields_are_expressions_that_read_them() {
    let mut all = Vec::new();
    fields(WORKLOAD, "workload", &mut all);
    for (way, field) in all {
        let expression =
            compile(field.example).unwrap_or_else(|diagnostic| panic!("{way}: {}: {diagnostic}", field.example));
        expression.holds(&LANGUAGE.context(&samples::full(), &[])).unwrap_or_else(|why| panic!("{way}: {why}"));
        assert!(field.example.contains(&format!(".{}", field.name)), "{way}: {}", field.example);
    }
}
