use proptest::prelude::*;

use super::{draw, run_shells, sample};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::tools::pattern::Fragment;
use crate::workload::start::shell::tools::split::split;

const VALUES: &[&str] = &["a", "b", " ", "  ", "\t", "\n", ":", ",", "::", "x y", "-", "é"];

#[test]
fn words_fall_into_the_fields_that_the_shells_see() {
    let kinds = prop::collection::vec(0..3_usize, 0..4);
    let ifs = prop::sample::select(&[" \t\n", " \t\n", ":", ", ", "", " ", "a"][..]);
    let values = prop::collection::vec(sample(VALUES, 4), 3);
    draw((kinds, values, ifs), 60, |(kinds, values, ifs)| {
        let mut script = "set -f; IFS=$4; one=$1 two=$2 three=$3; set --".to_owned();
        script.push(' ');
        let mut fragments = Vec::new();
        let mut is_known = true;
        for ((kind, value), name) in kinds.iter().zip(&values).zip(["one", "two", "three"]) {
            match kind {
                0 => {
                    fragments.push(Fragment::bare("l"));
                    script.push('l');
                }
                1 => {
                    fragments.push(Fragment::quoted(value.text.clone()));
                    script.push_str(&["\"${", name, "}\""].concat());
                }
                _ => {
                    fragments.push(Fragment::expanded(value.text.clone()));
                    script.push_str(&["${", name, "}"].concat());
                }
            }
            is_known &= *kind == 0 || value.is_known();
        }
        script.push_str("; for field do printf '%s\\001' \"$field\"; done");
        let fields = split(&fragments, ifs);
        let arguments = [values[0].real.as_str(), &values[1].real, &values[2].real, ifs];
        for real in run_shells(Dialect::Posix, &script, &arguments) {
            let Some(fields) = &fields else { break };
            let output = real.output.unwrap();
            let seen: Vec<&str> = output.split_terminator('\u{1}').collect();
            let fits =
                fields.len() == seen.len() && fields.iter().zip(&seen).all(|(field, seen)| field.text.may_be(seen));
            assert!(fits, "{script} {values:?}\n  gives {fields:?}\n  but is {seen:?}");
        }
        is_known.then_some(fields.is_some())
    });
}
