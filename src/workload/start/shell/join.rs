//! What two texts have in common, where one or the other holds.

use std::sync::Arc;

use super::text::{Piece, Shape, Text, Unknown};

impl Shape {
    /// What is certain of these characters.
    pub(crate) fn of(known: &str) -> Self {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        if !known.is_empty() && !known.starts_with('-') && known.bytes().all(is_word) {
            Self::Word
        } else if known.contains('\n') {
            Self::Any
        } else if known.contains(|letter: char| letter.is_whitespace()) {
            Self::Line
        } else {
            Self::Field
        }
    }
}

impl Text {
    /// What is certain of all its characters together.
    pub(crate) fn shape(&self) -> Shape {
        let mut shape = None;
        for piece in self.pieces() {
            let of_piece = match piece {
                Piece::Known(known) => Shape::of(known),
                Piece::Unknown(unknown) => unknown.shape,
            };
            shape = Some(shape.map_or(of_piece, |shape: Shape| shape.max(of_piece)));
        }
        shape.unwrap_or(Shape::Field)
    }

    /// The same, where this shape is known to be true of the whole.
    pub(crate) fn within(self, shape: Shape) -> Self {
        match self.unknown() {
            Some(unknown) if self.shape() > shape => Unknown::new(shape, Arc::clone(&unknown.needs)).into(),
            _ => self,
        }
    }

    /// A text that is one of two: what they begin and end with alike stays, what is between is unknown.
    pub(crate) fn join(&self, other: &Self, needs: &str) -> Self {
        if self == other {
            return self.clone();
        }
        let (Some(one), Some(two)) = (self.known(), other.known()) else {
            return self.join_ends(other, needs);
        };
        let (start, end) = common_ends(one, two);
        let middle = |text: &str| text.get(start..text.len() - end).unwrap_or_default().to_owned();
        let shape = Self::from(middle(one)).shape().max(Self::from(middle(two)).shape());
        let mut joined = Self::from(one.get(..start).unwrap_or_default());
        joined.push(&Unknown::new(shape, needs).into());
        joined.push_str(one.get(one.len() - end..).unwrap_or_default());
        joined
    }

    /// As [`Text::join`], of texts that hold unknown pieces: a line break at both ends stays.
    fn join_ends(&self, other: &Self, needs: &str) -> Self {
        let (one, other_shape) = (self.clone().without_one_newline(), other.clone().without_one_newline());
        let (Some(one), Some(two)) = (one, other_shape) else {
            return Unknown::new(self.shape().max(other.shape()), needs).into();
        };
        let mut joined: Self = Unknown::new(one.shape().max(two.shape()), needs).into();
        joined.push_str("\n");
        joined
    }

    /// The text before a line break that it certainly ends in.
    fn without_one_newline(mut self) -> Option<Self> {
        let last = self.pop_piece()?;
        let Piece::Known(known) = last else { return None };
        let rest = known.strip_suffix('\n')?;
        self.push_str(rest);
        Some(self)
    }
}

/// How many bytes two texts begin and end with alike, cut where no character is torn and words stay whole: an unknown
/// piece that is a part of a word could be nothing at all.
fn common_ends(one: &str, two: &str) -> (usize, usize) {
    let mut start = one.bytes().zip(two.bytes()).take_while(|(one, two)| one == two).count();
    while start > 0 && !(is_cut(one, start) && is_cut(two, start)) {
        start -= 1;
    }
    let most = one.len().min(two.len()) - start;
    let mut end = one.bytes().rev().zip(two.bytes().rev()).take(most).take_while(|(one, two)| one == two).count();
    while end > 0 && !(is_cut(one, one.len() - end) && is_cut(two, two.len() - end)) {
        end -= 1;
    }
    (start, end)
}

/// Whether a text may be cut here: beside a blank or a line break, or at an end.
fn is_cut(text: &str, at: usize) -> bool {
    if at == 0 || at == text.len() {
        return true;
    }
    let bytes = text.as_bytes();
    let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    text.is_char_boundary(at) && (is_blank(bytes.get(at)) || is_blank(bytes.get(at - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_alike_at_both_ends() {
        let joined = |one: &str, two: &str| Text::from(one).join(&Text::from(two), "x");
        assert_eq!(joined("a", "a").known(), Some("a"));
        let ports = joined("port 6379\n", "port 6380\n");
        assert_eq!(ports.pieces().len(), 3);
        assert_eq!(ports.known_start(), "port ");
        assert_eq!(ports.unknown().unwrap().shape, Shape::Word);
        assert_eq!(joined("", "a").unknown().unwrap().shape, Shape::Field);
        assert_eq!(joined("a b", "c").unknown().unwrap().shape, Shape::Line);
        assert_eq!(joined("a\nb", "a\nc\nd").unknown().unwrap().shape, Shape::Any);
    }
}
