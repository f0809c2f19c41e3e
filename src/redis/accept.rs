//! What the releases that a server may be make of one directive: some may take it, some refuse it.

use super::line::{Quotes, split_line_as};
use super::loaded::ProblemKind;
use super::refused::Refused;
use super::server::{Knowledge, ModuleDirective, Server};
use super::value;
use super::versions::{Directive, ModuleNames, Releases, directives};

/// Who is asked.
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a Server,
    /// Those of its releases that read its command line in one way.
    pub(crate) among: Releases,
    pub(crate) is_sentinel: bool,
}

/// What they make of a directive.
#[derive(Default)]
pub(crate) struct Answer {
    /// The directive and its words, where one takes it: of several the newest.
    pub(crate) accepted: Option<Accepted>,
    /// Why it is refused, where one refuses it.
    pub(crate) refused: Option<Refused>,
}

/// A directive that is taken.
pub(crate) enum Accepted {
    /// One of the server's own.
    Own(&'static Directive, Vec<Vec<u8>>),
    /// One of a module's.
    OfModule(Vec<Vec<u8>>),
    /// A name that sets nothing.
    Nothing,
}

impl Asked<'_> {
    /// What is made of a name, in lower case, and the words behind it.
    pub(crate) fn ask(&self, name: &str, words: Vec<Vec<u8>>) -> Answer {
        let mut answers = Answers::default();
        let mut known = Releases::NONE;
        let whole = Releases::which(|release| !release.splits);
        let open = Releases::which(|release| release.quotes == Quotes::Open);
        for directive in directives(name) {
            let releases = directive.releases.and(self.among);
            known = known.with(releases);
            let closed = releases.without(whole).without(open);
            let groups = [
                (closed, Some(Quotes::Closed)),
                (releases.without(whole).and(open), Some(Quotes::Open)),
                (releases.and(whole), None),
            ];
            for (group, splits) in groups {
                if !group.is_empty() {
                    let read = read_words(directive, &words, splits);
                    answers.add(group, read.map(|words| Accepted::Own(directive, words)));
                }
            }
        }
        let unknown = self.among.without(known);
        if !unknown.is_empty() {
            self.ask_those_that_know_no_such(name, words, unknown, &mut answers);
        }
        answers.together(self.server)
    }

    fn ask_those_that_know_no_such(&self, name: &str, words: Vec<Vec<u8>>, unknown: Releases, answers: &mut Answers) {
        // A Sentinel loads no modules, and leaves what may be a module's.
        let leaving = unknown.and(Releases::which(|release| self.is_sentinel && release.modules == ModuleNames::Any));
        let refusing = if words.is_empty() { unknown } else { unknown.without(leaving) };
        if refusing != unknown {
            answers.add(leaving, Ok(Accepted::Nothing));
        }
        if refusing.is_empty() {
            return;
        }
        let module = self.server.module_directive(refusing, name).filter(|_| !words.is_empty());
        let is_dotted = name.contains('.');
        let answer = match module {
            Some(ModuleDirective::Bundled) => Ok(Accepted::OfModule(words)),
            Some(ModuleDirective::Perhaps) if is_dotted => Ok(Accepted::OfModule(words)),
            Some(ModuleDirective::Perhaps) => Err(self.not_a_directive("; a module may know it", false)),
            None if name.contains('=') => Err(written_as_one_word()),
            None => Err(self.not_a_directive("", true)),
        };
        answers.add(refusing, answer);
    }

    fn not_a_directive(&self, more: &str, certain: bool) -> Refused {
        let message = format!("not a directive of {}{more}", self.server.name());
        Refused { kind: ProblemKind::UnknownDirective, message, certain }
    }
}

/// `--maxmemory=1gb` is one word.
fn written_as_one_word() -> Refused {
    let message = "no `=` stands between a directive and its value: write them as two words".to_owned();
    Refused { kind: ProblemKind::UnknownDirective, message, certain: true }
}

/// The words of a directive; a single one of several may be split, by these quotes.
fn read_words(directive: &Directive, words: &[Vec<u8>], splits: Option<Quotes>) -> Result<Vec<Vec<u8>>, Refused> {
    let is_multi = directive.kind.is_multi();
    if !is_multi && words.len() != 1 {
        return Err(Refused::arity("it takes one value; a comment behind it on the line counts as more"));
    }
    let mut words = words.to_vec();
    if is_multi
        && let Some(quotes) = splits
        && let [one] = words.as_slice()
        && !one.is_empty()
    {
        words = split_line_as(one, quotes).map_err(|_| Refused::arity("unbalanced quotes in its value"))?;
    }
    value::check(&directive.kind, &words).map_err(Refused::value)?;
    Ok(words)
}

/// The answers of all releases that were asked.
#[derive(Default)]
struct Answers {
    accepting: Option<(Releases, Accepted)>,
    /// All that accept.
    all_accepting: Releases,
    refusing: Option<(Releases, Refused)>,
    /// Whether all that refuse are certain.
    is_uncertain: bool,
}

impl Answers {
    fn add(&mut self, group: Releases, answer: Result<Accepted, Refused>) {
        match answer {
            Ok(accepted) => {
                self.all_accepting = self.all_accepting.with(group);
                keep_newer(&mut self.accepting, group, accepted);
            }
            Err(refused) => {
                self.is_uncertain |= !refused.certain;
                keep_newer(&mut self.refusing, group, refused);
            }
        }
    }

    fn together(self, server: &Server) -> Answer {
        let refused = self.refusing.map(|(_, refused)| refused);
        let refused = match (&self.accepting, server.knowledge) {
            (None, Knowledge::Outside) => refused.map(|refused| Refused { certain: false, ..refused }),
            (None, _) => refused.map(|refused| Refused { certain: !self.is_uncertain, ..refused }),
            // Which version it is decides, and the tag leaves that open.
            (Some(_), Knowledge::Version) if self.all_accepting.and(server.line).is_empty() => {
                refused.map(|refused| Refused {
                    message: format!(
                        "{} (in some of the versions that {} may stand for)",
                        refused.message,
                        server.name()
                    ),
                    certain: false,
                    ..refused
                })
            }
            (Some(_), _) => None,
        };
        Answer { accepted: self.accepting.map(|(_, accepted)| accepted), refused }
    }
}

fn keep_newer<T>(kept: &mut Option<(Releases, T)>, group: Releases, new: T) {
    if kept.as_ref().is_none_or(|(releases, _)| group.is_newer_than(*releases)) {
        *kept = Some((group, new));
    }
}
