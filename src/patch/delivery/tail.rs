//! Directives at the end of a text: the last words of an environment variable, or the last lines of a file. What stands
//! before them is the user's. A text has a tail only as far as it ends in directives of the names asked for.

use super::directive::Directive;

/// How directives are written one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `--maxmemory 768mb --maxmemory-policy allkeys-lru`.
    Words,
    /// A line each, as in redis.conf.
    Lines,
}

/// A text, cut before the directives that it ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tail<'t> {
    form: Form,
    /// What stands before.
    pub(crate) users: &'t str,
    /// The directives in their order, each name once.
    pub(crate) directives: Vec<Directive<'t>>,
}

impl<'t> Tail<'t> {
    /// Cuts a text before the directives of these names that it ends in.
    pub(crate) fn read(form: Form, text: &'t str, names: &[Directive]) -> Self {
        let mut tail = Self { form, users: text, directives: Vec::new() };
        while let Some((before, last)) = form.split_last(tail.users) {
            let is_asked = names.iter().any(|asked| asked.name == last.name);
            if !is_asked || tail.position(last.name).is_some() {
                break;
            }
            tail.directives.insert(0, last);
            tail.users = before;
        }
        tail
    }

    /// Whether this directive stands in it, with this value.
    pub(crate) fn holds(&self, directive: Directive) -> bool {
        self.directives.contains(&directive)
    }

    /// Which of the directives has this name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.directives.iter().position(|directive| directive.name == name)
    }

    /// Takes a directive of this name out.
    pub(crate) fn remove(&mut self, name: &str) {
        self.directives.retain(|directive| directive.name != name);
    }

    /// Gives the directive of this name another value.
    pub(crate) fn rewrite(&mut self, directive: Directive<'t>) {
        for other in self.directives.iter_mut().filter(|other| other.name == directive.name) {
            *other = directive;
        }
    }

    /// Puts a directive in by its name's place in the alphabet, so that the order does not depend on who comes first.
    pub(crate) fn insert(&mut self, directive: Directive<'t>) {
        self.remove(directive.name);
        let index = self.directives.iter().position(|other| other.name > directive.name);
        self.directives.insert(index.unwrap_or(self.directives.len()), directive);
    }

    /// The text of it all.
    pub(crate) fn text(&self) -> String {
        let mut text = self.users.to_owned();
        for directive in &self.directives {
            if self.form == Form::Words && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&self.form.write(*directive));
        }
        text
    }
}

impl Form {
    /// A directive as it is written.
    pub(crate) fn write(self, directive: Directive) -> String {
        match self {
            Self::Words => format!("--{} {}", directive.name, directive.value),
            Self::Lines => format!("{} {}\n", directive.name, directive.value),
        }
    }

    /// The last directive of a text, and what stands before it.
    fn split_last(self, text: &str) -> Option<(&str, Directive<'_>)> {
        let start = match self {
            Self::Words => last_option(text)?,
            Self::Lines => text.strip_suffix('\n')?.rfind('\n').map_or(0, |end| end + 1),
        };
        let (before, last) = text.split_at_checked(start)?;
        let (before, last) = match self {
            Self::Words => (before.trim_end(), last.strip_prefix("--")?),
            Self::Lines => (before, last.strip_suffix('\n')?),
        };
        let (name, value) = last.split_once(' ')?;
        Some((before, Directive { name, value }))
    }
}

/// Where the last word starts that is an option.
fn last_option(text: &str) -> Option<usize> {
    for (index, _) in text.rmatch_indices("--") {
        let before = text.get(..index)?;
        if before.is_empty() || before.ends_with(' ') {
            return Some(index);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [Directive; 2] =
        [Directive { name: "maxmemory", value: "768mb" }, Directive { name: "maxmemory-policy", value: "allkeys-lru" }];

    #[test]
    fn a_text_is_cut_before_what_it_ends_in() {
        let words = Tail::read(Form::Words, "--io-threads 2 --maxmemory 768mb --maxmemory-policy allkeys-lru", &OURS);
        assert_eq!((words.users, words.directives.as_slice()), ("--io-threads 2", &OURS[..]));
        let lines = Tail::read(Form::Lines, "hz 10\nmaxmemory 1gb\nmaxmemory 768mb\n", &OURS);
        assert_eq!((lines.users, lines.directives.as_slice()), ("hz 10\nmaxmemory 1gb\n", &OURS[..1]));
        for foreign in ["", "\n", "maxmemory 768mb", "maxmemory 768mb\nhz 10\n", "maxmemory 768mb\n\n"] {
            assert!(Tail::read(Form::Lines, foreign, &OURS).directives.is_empty(), "{foreign:?}");
        }
        for foreign in ["", "x--maxmemory 768mb", "--maxmemory 768mb --hz 10", "--maxmemory"] {
            assert!(Tail::read(Form::Words, foreign, &OURS).directives.is_empty(), "{foreign:?}");
        }
    }

    #[test]
    fn one_of_several_is_rewritten_or_taken_out() {
        for (form, text) in [
            (Form::Words, "--hz 10 --maxmemory 1mb --maxmemory-policy x"),
            (Form::Lines, "hz 10\nmaxmemory 1mb\nmaxmemory-policy x\n"),
        ] {
            let mut tail = Tail::read(form, text, &OURS);
            assert_eq!(tail.text(), text);
            tail.rewrite(Directive { name: "maxmemory", value: "2mb" });
            assert_eq!(tail.text(), text.replace("1mb", "2mb"));
            tail.remove("maxmemory");
            assert!(!tail.text().contains("maxmemory "), "{}", tail.text());
            tail.insert(Directive { name: "maxmemory", value: "1mb" });
            assert_eq!(tail.text(), text);
        }
    }
}
