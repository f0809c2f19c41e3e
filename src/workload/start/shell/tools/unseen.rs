//! What a tool gives where its result is not certain.

use std::sync::Arc;

use crate::workload::start::shell::text::{Shape, Text, Unknown};

/// The longest output that is kept, in bytes; a longer one is unknown.
pub(crate) const MAX_OUTPUT: usize = 1 << 20;

/// What it would take to see what a tool makes of these texts: what the first unknown of them needs, else `otherwise`.
pub(crate) fn needs_of<'t>(texts: impl IntoIterator<Item = &'t Text>, otherwise: &str) -> Arc<str> {
    for text in texts {
        if let Some(unknown) = text.unknown() {
            return Arc::clone(&unknown.needs);
        }
    }
    otherwise.into()
}

/// A text of which only the shape is certain; a known piece never ends up in `needs`.
pub(crate) fn unseen(shape: Shape, needs: &Arc<str>) -> Text {
    Unknown::new(shape, Arc::clone(needs)).into()
}

/// The shape of any part of a text: a part may be empty or begin with a dash, hence is never a `Word`.
pub(crate) fn shape_of_part(text: &Text) -> Shape {
    text.shape().max(Shape::Field)
}

/// The same text, or an unknown one where keeping it would cost too much.
pub(crate) fn bounded(text: Text, needs: &Arc<str>) -> Text {
    if text.size() > MAX_OUTPUT { unseen(Shape::Any, needs) } else { text }
}
