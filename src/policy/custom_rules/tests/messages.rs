//! What an error in an expression says to its author: what to write instead.

use super::{compile, refuses};
use crate::cel::Expression;
use crate::kubernetes;
use crate::policy::custom_rules::words::{FLAVOURS, KINDS, PERSISTENCES, ROLES, TOPOLOGIES};
use crate::policy::custom_rules::workload::LANGUAGE;
use crate::workload::{Flavour, Persistence, Role, Topology};

#[test]
fn what_is_no_cel_is_told_with_what_to_write() {
    refuses("workload.kind = 'Pod'", "column 15: not valid CEL: `=` compares nothing; write `==`");
    refuses("has(workload.quorum) and true", "for `and`, write `&&`");
    refuses("has(workload.quorum) or true", "for `or`, write `||`");
    refuses("not has(workload.quorum)", "for `not`, write `!`");
    refuses("true & false", "for `&`, write `&&`");
    refuses("workload.name =~ 'a'", "no pattern is taken");
    refuses("workload.name == 'a", "close its quote");
    refuses("has(workload.quorum", "`)` is missing here");
    refuses("workload.name ==", "unexpected end of expression");
    refuses("has(workload)", "has() takes a field");
    refuses("workload.?quorum == 2", "ask with has(…) before");
    for text in ["true true", "workload.containers.all(in, true)", "a b", "1 ~ 2", "#", "\u{0}", "'\n'", "((("] {
        let diagnostic = compile(text).unwrap_err().to_string();
        for word in ["input", "token", "EOF", "viable"] {
            assert!(!diagnostic.contains(word), "the parser's own words: {diagnostic}");
        }
    }
}

#[test]
fn a_wrong_call_is_told_with_the_right_one() {
    refuses("size('a', 'b') > 1", "`size` takes one argument: size(x), found 2");
    refuses("quantity() > 1", "`quantity` takes one argument: quantity(x), found 0");
    refuses("workload.name.startsWith('a', 'b')", "with one argument: text.startsWith('x'), found 2");
    refuses("startsWith(workload.name, 'a')", "is asked of a text");
    refuses("workload.containers.all(true)", "with a variable and an expression: list.all(x, …), found 1");
    refuses("len(workload.containers) > 1", "there is no function `len`; write size(x)");
    refuses("workload.name.lowerAscii() == 'a'", "there is no function `lowerAscii`; there are size, ");
    refuses("quantity(8) > 1", "`quantity` takes a text such as '8Gi', found int");
    refuses("has(workload.maxmemory_bytes) && workload.maxmemory_bytes <= '8Gi'", "; write quantity('8Gi')");
    refuses(
        "workload.containers.all(a, workload.containers.all(b, workload.containers.all(c, a.name == b.name)))",
        "make several rules",
    );
}

#[test]
fn what_may_be_null_is_asked_for_as_far_as_it_is_read() {
    let asks = |text: &str, way: &str| refuses(text, &format!("; write `has({way}) && …` before it"));
    asks("workload.probes.liveness.timeoutSeconds >= 5", "workload.probes.liveness.timeoutSeconds");
    asks("workload.probes.liveness.exec.command.size() > 1", "workload.probes.liveness.exec.command");
    asks("workload.maxmemory_origin.object.kind == 'ConfigMap'", "workload.maxmemory_origin.object.kind");
    asks("workload.maxmemory_origin.object == null", "workload.maxmemory_origin");
    asks("workload.containers.all(c, c.probes.liveness.timeoutSeconds > 1)", "c.probes.liveness.timeoutSeconds");
    for text in ["timeoutSeconds", "failureThreshold"].map(|field| format!("workload.probes.liveness.{field}")) {
        assert!(compile(&format!("has({text}) && {text} >= 5")).is_ok(), "the advice is right: {text}");
    }
    let condition = Expression::condition(&LANGUAGE, "false").unwrap();
    let message = Expression::message(&LANGUAGE, "'limit ' + formatQuantity(workload.memory.limit_bytes)", &condition);
    let told = message.unwrap_err().to_string();
    assert!(told.ends_with("write `has(workload.memory.limit_bytes) ? … : ''` around it"), "{told}");
}

#[test]
fn a_field_of_few_words_is_never_another_one() {
    refuses("workload.kind == 'Statefulset'", "column 18: `kind` is never 'Statefulset'; did you mean `StatefulSet`?");
    refuses("'sentinals' != workload.topology", "column 1: `topology` is never 'sentinals'; did you mean `sentinel`?");
    refuses(
        "workload.persistence in ['aof', 'AOF']",
        "`persistence` is never 'AOF'; write one of aof, rdb, both, none, unknown",
    );
    refuses("workload.flavour == 'helm'", "`flavour` is never 'helm'");
    refuses(
        "workload.containers.exists(c, c.role == 'exportr')",
        "`role` is never 'exportr'; did you mean `exporter`?",
    );
    for fine in ["workload.name == 'Statefulset'", "workload.kind == workload.name", "workload.maxmemory_policy != 'x'"]
    {
        assert!(compile(fine).is_ok(), "{fine}");
    }
}

#[test]
fn few_words_are_those_of_the_model() {
    assert_eq!(Flavour::all().map(Flavour::name).collect::<Vec<_>>(), FLAVOURS);
    let topologies =
        [Topology::Standalone, Topology::Replication, Topology::Sentinel, Topology::Cluster, Topology::Unknown];
    assert_eq!(topologies.map(Topology::name), TOPOLOGIES);
    let roles = [Role::Server, Role::Sentinel, Role::Exporter, Role::Client, Role::Proxy, Role::Other];
    assert_eq!(roles.map(Role::name), ROLES);
    let persistences = [Persistence::Aof, Persistence::Rdb, Persistence::Both, Persistence::None];
    assert_eq!(persistences.map(Persistence::name), PERSISTENCES[..4]);
    assert!(kubernetes::Kind::workloads().map(|kind| kind.name).eq(KINDS.iter().copied()));
}
