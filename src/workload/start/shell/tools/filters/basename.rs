//! `basename` and `dirname`.

use std::sync::Arc;

use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of, text_of};
use crate::workload::start::shell::tools::unseen::{shape_of_part, unseen};

pub(super) fn basename(arguments: &[Text], needs: &Arc<str>) -> Option<Filtered> {
    let (path, suffix) = match operands(arguments)? {
        [path] => (path, None),
        [path, suffix] => (path, Some(suffix)),
        _ => return None,
    };
    let name = last_part(path).and_then(|name| match suffix {
        None => Some(name),
        Some(suffix) => without_suffix(&name, suffix.known()?),
    });
    Some(Filtered::success(line(name, path, needs)))
}

pub(super) fn dirname(arguments: &[Text], needs: &Arc<str>) -> Option<Filtered> {
    let [path] = operands(arguments)? else { return None };
    Some(Filtered::success(line(folder(path), path, needs)))
}

/// The words that are certainly no options.
fn operands(arguments: &[Text]) -> Option<&[Text]> {
    match arguments {
        [first, rest @ ..] if first.known() == Some("--") => Some(rest),
        _ if arguments.iter().any(|word| word.may_begin_with('-')) => None,
        _ => Some(arguments),
    }
}

fn line(part: Option<Text>, path: &Text, needs: &Arc<str>) -> Text {
    let mut line = part.unwrap_or_else(|| unseen(shape_of_part(path), needs));
    line.push_str("\n");
    line
}

/// The name behind the last slash; none where an unknown piece may hold that slash.
fn last_part(path: &Text) -> Option<Text> {
    let mut symbols = symbols_of(path);
    let is_slash = |symbol: Option<&Symbol>| symbol == Some(&Symbol::Char('/'));
    while symbols.len() > 1 && is_slash(symbols.last()) {
        symbols.pop();
    }
    if symbols.len() == 1 && is_slash(symbols.last()) {
        return Some("/".into());
    }
    let start = symbols.iter().rposition(|symbol| *symbol == Symbol::Char('/')).map_or(0, |slash| slash + 1);
    let name = symbols.get(start..)?;
    let may_hold_slash = |symbol: &Symbol| matches!(symbol, Symbol::Run(unknown) if unknown.shape.may_hold('/'));
    (!name.iter().any(may_hold_slash)).then(|| text_of(name))
}

fn without_suffix(name: &Text, suffix: &str) -> Option<Text> {
    let known = name.known()?;
    let stem = known.strip_suffix(suffix).filter(|stem| !stem.is_empty());
    Some(stem.unwrap_or(known).into())
}

/// The folder that a path is in; none where an unknown piece may hold the last slash.
fn folder(path: &Text) -> Option<Text> {
    // Two slashes at the start are more than one in POSIX.
    if path.known_start().starts_with("//") {
        return None;
    }
    let mut symbols = symbols_of(path);
    let is_slash = |symbol: Option<&Symbol>| symbol == Some(&Symbol::Char('/'));
    let strip = |symbols: &mut Vec<Symbol>| {
        while symbols.len() > 1 && is_slash(symbols.last()) {
            symbols.pop();
        }
    };
    strip(&mut symbols);
    while let Some(symbol) = symbols.pop() {
        match symbol {
            Symbol::Char('/') => {
                if symbols.is_empty() {
                    return Some("/".into());
                }
                symbols.push(Symbol::Char('/'));
                strip(&mut symbols);
                let ends_seen = symbols.last().is_some_and(|symbol| symbol.letter().is_some());
                return ends_seen.then(|| text_of(&symbols));
            }
            Symbol::Run(unknown) if unknown.shape.may_hold('/') => return None,
            _ => {}
        }
    }
    Some(".".into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use super::*;
    use crate::workload::start::shell::text::{Shape, Unknown};
    use crate::workload::start::shell::tools::filters::run;

    #[test]
    fn takes_paths_apart() {
        prints(&["basename", "/etc/redis.conf"], "", "redis.conf\n", Some(true));
        prints(&["basename", "/etc/redis.conf", ".conf"], "", "redis\n", Some(true));
        prints(&["basename", "a/b//"], "", "b\n", Some(true));
        prints(&["basename", "/"], "", "/\n", Some(true));
        prints(&["basename", "a", "a"], "", "a\n", Some(true));
        prints(&["dirname", "/etc/redis.conf"], "", "/etc\n", Some(true));
        prints(&["dirname", "redis.conf"], "", ".\n", Some(true));
        prints(&["dirname", "/etc"], "", "/\n", Some(true));
        prints(&["dirname", "a//b/"], "", "a\n", Some(true));
        prints(&["dirname", "//a"], "", "<Field>\n", Some(true));
        prints(&["basename", "-a", "x"], "", "<Any>", None);
    }

    #[test]
    fn takes_paths_apart_beside_unknown_pieces() {
        let mut path = Text::from("/data/");
        path.push(&Unknown::new(Shape::Word, "x").into());
        let print = |name: &str, path: &Text| run(name, std::slice::from_ref(path), &Text::default()).unwrap().output;
        assert_eq!(print("basename", &path).known(), None);
        path.push_str("/redis.conf");
        assert_eq!(print("basename", &path).known(), Some("redis.conf\n"));
        assert_eq!(print("dirname", &path).known(), None);
        path.push_str("/x");
        let folder = print("dirname", &path);
        assert_eq!((folder.known_start(), folder.known_end()), ("/data/", "/redis.conf\n"));
    }
}
