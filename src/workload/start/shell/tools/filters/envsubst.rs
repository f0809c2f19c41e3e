//! `envsubst` of GNU gettext.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::workload::start::shell::text::{Piece, Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, needs_of, unseen};

/// The input with `$NAME` and `${NAME}` replaced by the values of exported variables; one that is not set is empty. With
/// an argument only the variables that it names.
pub(crate) fn envsubst(arguments: &[Text], input: &Text, variables: &dyn Fn(&str) -> Option<Text>) -> Filtered {
    let needs = needs_of(arguments.iter().chain([input]), "what `envsubst` prints");
    let names = match arguments {
        [] => None,
        [names] if !names.may_begin_with('-') => match names.known() {
            Some(names) => Some(names_in(names)),
            None => return Filtered::unknown(&needs),
        },
        _ => return Filtered::unknown(&needs),
    };
    let symbols = symbols_of(input);
    let mut rest = symbols.as_slice();
    let mut output = Text::default();
    let mut size = 0;
    while let Some((symbol, behind)) = rest.split_first() {
        rest = behind;
        match symbol {
            Symbol::Char('$') => match read_name(behind) {
                Read::Name(name, after) if names.as_ref().is_none_or(|names| names.contains(&name)) => {
                    let value = variables(&name).unwrap_or_default();
                    size += value.size();
                    if size > MAX_OUTPUT {
                        return Filtered::unknown(&needs);
                    }
                    output.push(&value);
                    rest = after;
                }
                Read::Name(..) | Read::Nothing => output.push_str("$"),
                Read::Unknown => return lost(output, &needs),
            },
            Symbol::Char(_) => {
                let end = rest.iter().position(|symbol| !matches!(symbol, Symbol::Char(letter) if *letter != '$'));
                let (plain, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
                let known: String = [symbol].into_iter().chain(plain).filter_map(Symbol::letter).collect();
                output.push_str(&known);
                rest = after;
            }
            Symbol::Run(unknown) if unknown.shape == Shape::Word => output.push_piece(&Piece::Unknown(unknown.clone())),
            // It may hold a dollar, and the start of a name.
            Symbol::Run(_) => return lost(output, &needs),
        }
    }
    Filtered::success(output)
}

fn lost(mut output: Text, needs: &Arc<str>) -> Filtered {
    output.push(&unseen(Shape::Any, needs));
    Filtered::success(output)
}

/// What follows a dollar.
enum Read<'s> {
    Name(String, &'s [Symbol]),
    Nothing,
    Unknown,
}

fn read_name(symbols: &[Symbol]) -> Read<'_> {
    let (is_braced, symbols) = match symbols {
        [Symbol::Char('{'), rest @ ..] => (true, rest),
        _ => (false, symbols),
    };
    let mut name = String::new();
    let mut rest = symbols;
    while let [Symbol::Char(letter), behind @ ..] = rest {
        let is_part = letter.is_ascii_alphabetic() || *letter == '_' || (!name.is_empty() && letter.is_ascii_digit());
        if !is_part {
            break;
        }
        name.push(*letter);
        rest = behind;
    }
    match (rest, is_braced) {
        ([Symbol::Run(_), ..], _) => Read::Unknown,
        _ if name.is_empty() => Read::Nothing,
        ([Symbol::Char('}'), behind @ ..], true) => Read::Name(name, behind),
        (_, true) => Read::Nothing,
        (rest, false) => Read::Name(name, rest),
    }
}

fn names_in(format: &str) -> BTreeSet<String> {
    let symbols = symbols_of(&format.into());
    let mut rest = symbols.as_slice();
    let mut names = BTreeSet::new();
    while let Some((symbol, behind)) = rest.split_first() {
        rest = behind;
        if *symbol == Symbol::Char('$')
            && let Read::Name(name, after) = read_name(behind)
        {
            names.insert(name);
            rest = after;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    fn printed(arguments: &[&str], input: impl Into<Text>) -> Text {
        let arguments: Vec<Text> = arguments.iter().map(|word| Text::from(*word)).collect();
        let variables = |name: &str| match name {
            "PORT" => Some("6379".into()),
            "PASSWORD" => Some(Unknown::new(Shape::Line, "x").into()),
            _ => None,
        };
        envsubst(&arguments, &input.into(), &variables).output
    }

    #[test]
    fn puts_in_values() {
        assert_eq!(printed(&[], "port $PORT\n").known(), Some("port 6379\n"));
        assert_eq!(printed(&[], "${PORT}0 $ $5 ${X ${UNSET}").known(), Some("63790 $ $5 ${X "));
        assert_eq!(printed(&["$PORT"], "$PORT $OTHER").known(), Some("6379 $OTHER"));
        let text = printed(&[], "requirepass $PASSWORD\n");
        assert_eq!((text.known_start(), text.known_end()), ("requirepass ", "\n"));
    }

    #[test]
    fn gives_up_behind_what_may_hold_a_dollar() {
        let mut input = Text::from("port $PORT\n");
        input.push(&Unknown::new(Shape::Line, "x").into());
        input.push_str(" $PORT");
        let text = printed(&[], input);
        assert_eq!((text.known_start(), text.known_end()), ("port 6379\n", ""));
    }
}
