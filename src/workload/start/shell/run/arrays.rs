//! Arrays of bash: elements one behind the other, of which some may not be there.

use std::sync::Arc;

use crate::workload::start::shell::text::Text;

/// An element of an array, or several that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Element {
    One(Text),
    /// All of these, or none: one branch of a script adds them.
    Maybe(Arc<[Text]>),
}

/// The elements, where all of them are certain.
pub(super) fn certain(list: &[Element]) -> Option<Vec<Text>> {
    let leading = leading(list);
    (leading.len() == list.len()).then_some(leading)
}

/// The elements before the first that may not be there.
pub(super) fn leading(list: &[Element]) -> Vec<Text> {
    let mut leading = Vec::new();
    for element in list {
        let Element::One(text) = element else { break };
        leading.push(text.clone());
    }
    leading
}

/// An array that is one of two: what both begin and end with stays, what is between may be there or not.
pub(super) fn join(one: &[Element], two: &[Element]) -> Vec<Element> {
    let start = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    let (one_rest, two_rest) = (one.get(start..).unwrap_or_default(), two.get(start..).unwrap_or_default());
    let end = one_rest.iter().rev().zip(two_rest.iter().rev()).take_while(|(one, two)| one == two).count();
    let mut joined = one.get(..start).unwrap_or_default().to_vec();
    for rest in [one_rest, two_rest] {
        add_maybe(&mut joined, rest.get(..rest.len() - end).unwrap_or_default());
    }
    joined.extend_from_slice(one_rest.get(one_rest.len() - end..).unwrap_or_default());
    joined
}

/// Adds elements that may not be there.
fn add_maybe(joined: &mut Vec<Element>, elements: &[Element]) {
    let mut run = Vec::new();
    for element in elements {
        match element {
            Element::One(text) => run.push(text.clone()),
            Element::Maybe(texts) => {
                if !run.is_empty() {
                    joined.push(Element::Maybe(std::mem::take(&mut run).into()));
                }
                joined.push(Element::Maybe(Arc::clone(texts)));
            }
        }
    }
    if !run.is_empty() {
        joined.push(Element::Maybe(run.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_branch_adds_may_be_there() {
        let one = |text: &str| Element::One(Text::from(text));
        let joined = join(&[one("--port"), one("1"), one("--tls")], &[one("--port"), one("1")]);
        assert_eq!(joined, [one("--port"), one("1"), Element::Maybe([Text::from("--tls")].into())]);
        assert_eq!(leading(&joined).len(), 2);
        assert_eq!(certain(&joined), None);
    }
}
