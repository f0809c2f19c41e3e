//! `case`.

use super::compound::Opening;
use super::{Parser, Result};
use crate::workload::start::shell::syntax::{Arm, ArmEnd, CommandKind, Word};

impl Parser<'_> {
    pub(super) fn case(&mut self, opening: Opening) -> Result<CommandKind> {
        self.blanks();
        let subject = self.case_word()?;
        self.newlines()?;
        self.end(opening, "in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.eat_reserved("esac") {
                return Ok(CommandKind::Case { subject, arms });
            }
            if self.reader.peek().is_none() {
                return Err(self.missing("esac", opening));
            }
            let (arm, is_last) = self.arm()?;
            arms.push(arm);
            if is_last {
                self.end(opening, "esac")?;
                return Ok(CommandKind::Case { subject, arms });
            }
        }
    }

    /// One branch, and whether nothing ends it, so that it is the last.
    fn arm(&mut self) -> Result<(Arm, bool)> {
        let patterns = self.patterns()?;
        let body = self.list()?;
        let (end, is_last) = if self.reader.is_at(";;&") {
            self.bash_only();
            self.reader.skip(3);
            (ArmEnd::TryNext, false)
        } else if self.reader.eat(";;") {
            (ArmEnd::Leave, false)
        } else if self.reader.is_at(";&") {
            self.bash_only();
            self.reader.skip(2);
            (ArmEnd::FallThrough, false)
        } else {
            (ArmEnd::Leave, true)
        };
        Ok((Arm { patterns, body, end }, is_last))
    }

    /// `pattern | pattern)`, with or without a parenthesis before.
    fn patterns(&mut self) -> Result<Vec<Word>> {
        self.reader.eat("(");
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            patterns.push(self.case_word()?);
            self.blanks();
            if self.reader.eat(")") {
                return Ok(patterns);
            }
            if self.reader.is_at("||") || !self.reader.eat("|") {
                return Err(self.unexpected_parenthesis());
            }
        }
    }

    /// A word, which may be a reserved one. Bash takes a `}` for the end of a group around the `case`.
    fn case_word(&mut self) -> Result<Word> {
        if self.reserved() == Some("}") {
            self.differs("a plain `}` in a `case`")?;
        }
        self.needed_word()
    }
}
