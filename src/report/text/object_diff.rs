//! What differs between two states of an object, as YAML with the place of each change.

use std::io;

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::wrapping::{page_width, write_wrapped};
use super::yaml_lines::{self, Line};
use crate::report::page::{DIM, Page, printable};
use crate::report::trial::ObjectChange;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();

/// Lines of context around a change.
const CONTEXT: usize = 1;
const INDENT: usize = 4;

/// Writes what differs.
pub(super) fn write_diff(page: &mut Page<'_>, change: &ObjectChange) -> io::Result<()> {
    let (before, after) = (yaml_lines::lines(change.before.value()), yaml_lines::lines(change.after.value()));
    let (old, new) = (texts(&before), texts(&after));
    let groups = group_diff_ops(capture_diff_slices(Algorithm::Patience, &old, &new), CONTEXT);
    if groups.iter().flatten().all(|operation| operation.tag() == DiffTag::Equal) {
        return write_wrapped(page, INDENT, DIM, "(what changes stands beside a password: not shown)");
    }
    groups.iter().try_for_each(|group| write_hunk(page, &changed_lines(group, &before, &after)))
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// The lines of one group of changes. What stands before a change says where it is; what comes after says nothing.
fn changed_lines<'a>(group: &[DiffOp], before: &'a [Line], after: &'a [Line]) -> Vec<(ChangeTag, &'a Line)> {
    let mut lines = Vec::new();
    for operation in group {
        for change in operation.iter_changes(before, after) {
            let line = match (change.old_index(), change.new_index()) {
                (Some(index), _) => before.get(index),
                (None, index) => index.and_then(|index| after.get(index)),
            };
            lines.extend(line.map(|line| (change.tag(), line)));
        }
    }
    let end = lines.iter().rposition(|(tag, _)| *tag != ChangeTag::Equal);
    lines.truncate(end.map_or(0, |last| last + 1));
    lines
}

fn write_hunk(page: &mut Page<'_>, lines: &[(ChangeTag, &Line)]) -> io::Result<()> {
    let changed = lines.iter().find(|(tag, _)| *tag != ChangeTag::Equal);
    let place = changed.map_or("", |(_, line)| line.place.as_str());
    writeln!(page.out, "{:INDENT$}{PLACE}@@ {place} @@{PLACE:#}", "")?;
    let common = lines.iter().map(|(_, line)| indentation(&line.text)).min().unwrap_or(0);
    for (tag, line) in lines {
        let (sign, style) = match tag {
            ChangeTag::Equal => (' ', DIM),
            ChangeTag::Delete => ('-', REMOVED),
            ChangeTag::Insert => ('+', ADDED),
        };
        let text = cut(line.text.get(common..).unwrap_or_default(), page_width(page));
        writeln!(page.out, "{:INDENT$}{style}{sign} {text}{style:#}", "")?;
    }
    Ok(())
}

/// A line of YAML is cut rather than wrapped: the mark is long and says nothing that the rest does not.
fn cut(text: &str, width: usize) -> String {
    let text = printable(text);
    let room = width.saturating_sub(INDENT + 2).max(20);
    if text.chars().count() <= room {
        return text;
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

fn indentation(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn diff(before: &Value, after: &Value) -> String {
        let mut out = Vec::new();
        let change = ObjectChange::between(before, after).unwrap();
        write_diff(&mut Page::new(&mut out, Some(80)), &change).unwrap();
        anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
    }

    #[test]
    fn a_change_beside_a_password_is_only_mentioned() {
        let text = |seconds: u8| json!({"probe": format!("REDISCLI_AUTH=hunter2 timeout {seconds} redis-cli ping")});
        assert_eq!(diff(&text(1), &text(5)), "    (what changes stands beside a password: not shown)\n");
        assert!(ObjectChange::between(&text(1), &text(1)).is_none());
    }

    #[test]
    fn a_diff_names_the_container() {
        let object = |memory: &str| json!({"containers": [{"name": "redis", "requests": {"memory": memory}}, {"name": "other", "a": 1}]});
        assert_eq!(
            diff(&object("1Mi"), &object("1Gi")),
            "    @@ containers[redis].requests @@\n      requests:\n    -   memory: 1Mi\n    +   memory: 1Gi\n"
        );
    }
}
