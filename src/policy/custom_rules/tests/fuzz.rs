//! Whatever is written, loading it ends in an expression or an error, and what loads never fails over types.

use proptest::prelude::*;

use crate::cel::Expression;
use crate::policy::custom_rules::samples;
use crate::policy::custom_rules::workload::LANGUAGE;

const PARTS: [&str; 48] = [
    "workload",
    ".containers",
    ".memory",
    ".limit_bytes",
    ".name",
    ".maxmemory_bytes",
    ".probes",
    ".liveness",
    ".port",
    ".unknown",
    "c",
    "c.name",
    "has(",
    ".all(c, ",
    ".exists(c, ",
    ".map(c, ",
    ".filter(c, ",
    ".size()",
    "size(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    " && ",
    " || ",
    " == ",
    " != ",
    " < ",
    " in ",
    "null",
    "true",
    "1",
    "1.5",
    "'a'",
    "quantity('1Gi')",
    "string(",
    "\n",
];

/// Expressions that fit together often enough to get through the checker.
fn bool_expression() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("1".to_owned()),
        Just("workload.containers.size()".to_owned()),
        Just("workload.maxmemory_bytes".to_owned()),
        Just("workload.memory.limit_bytes".to_owned()),
        Just("workload.probes.liveness.timeoutSeconds".to_owned()),
    ];
    let leaf = prop_oneof![
        Just("workload.kind == 'StatefulSet'".to_owned()),
        Just("has(workload.maxmemory_bytes)".to_owned()),
        Just("has(workload.probes.liveness.timeoutSeconds)".to_owned()),
        Just("workload.memory.limit_bytes != null".to_owned()),
        Just("workload.maxmemory_bytes == null".to_owned()),
        (number.clone(), number).prop_map(|(one, other)| format!("{one} < {other}")),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} || {other})")),
            inner.clone().prop_map(|of| format!("!({of})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| format!("({one} ? {two} : {three})")),
            inner.clone().prop_map(|of| format!("workload.containers.all(c, c.memory.limit_bytes == null || {of})")),
            inner.prop_map(|of| format!(
                "workload.containers.exists(c, has(c.memory.limit_bytes) && c.memory.limit_bytes > 1 && {of})"
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Expression::condition(&LANGUAGE, &text);
    }

    #[test]
    fn any_row_of_parts_is_read_or_refused(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40)) {
        let _ = Expression::condition(&LANGUAGE, &parts.concat());
    }

    /// The samples would say so if the checker let a null through.
    #[test]
    fn what_the_checker_takes_fits_together(text in bool_expression()) {
        match Expression::condition(&LANGUAGE, &text) {
            Ok(expression) => {
                let said = expression.holds(&LANGUAGE.context(&samples::full(), &[]));
                prop_assert!(said.is_ok(), "{}: {:?}", text, said);
            }
            Err(diagnostic) => prop_assert!(!diagnostic.to_string().contains("don't fit together"), "{}: {}", text, diagnostic),
        }
    }
}
