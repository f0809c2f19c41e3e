//! The page of a rule, or of another finding, lightly rendered: headings and code stand out on a terminal, and the text stays Markdown elsewhere.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::policy::{Policies, Target};
use crate::report::format::ToText;
use crate::report::page::{BOLD, DIM, Page};
use crate::report::rule_table::RulePage;
use crate::rules::{Notice, RuleInfo};

const HEADING: Style = Style::new().bold().underline();
const CODE: Style = AnsiColor::Cyan.on_default();

impl ToText for RulePage {
    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        page(out.out, self.rule, &self.profiles, out.width)
    }
}

impl ToText for Notice {
    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        notice_page(out.out, self, out.width)
    }
}

/// Prints the page of a rule. `width` is that of the terminal; nothing where there is none: then Markdown is printed.
///
/// # Errors
/// When `out` can't be written to.
pub fn page(
    out: &mut dyn Write,
    rule: &RuleInfo,
    profiles: &[(&str, Policies)],
    width: Option<usize>,
) -> io::Result<()> {
    let actions = profiles.iter().map(|(name, policies)| {
        format!("{name} {}", policies.of(&Target::namespace("")).action(rule.id, rule.severity).0.name())
    });
    let facts = format!(
        "severity {}, fix {}, doors {}; {}",
        rule.severity,
        rule.fix.symbol(),
        rule.doors,
        actions.collect::<Vec<_>>().join(", ")
    );
    head(out, rule.id, rule.summary, &facts, width)?;
    body(out, rule.page, width)
}

/// Prints the page of a finding that no rule makes, alike.
///
/// # Errors
/// When `out` can't be written to.
pub fn notice_page(out: &mut dyn Write, notice: &Notice, width: Option<usize>) -> io::Result<()> {
    let facts = format!("severity {}, doors {}; reported, whatever the policy", notice.severity, notice.doors);
    head(out, notice.id, notice.summary, &facts, width)?;
    body(out, notice.page, width)
}

fn head(out: &mut dyn Write, id: &str, summary: &str, facts: &str, width: Option<usize>) -> io::Result<()> {
    let summary = summary.trim();
    let Some(width) = width else { return writeln!(out, "# {id}\n\n{summary}\n\n{facts}\n") };
    let (summary, facts) = (textwrap::fill(summary, width), textwrap::fill(facts, width));
    writeln!(out, "{BOLD}{id}{BOLD:#}\n\n{summary}\n{DIM}{facts}{DIM:#}\n")
}

fn body(out: &mut dyn Write, page: &str, width: Option<usize>) -> io::Result<()> {
    let mut in_code = false;
    let mut paragraph: Vec<&str> = Vec::new();
    // Doc comments carry one blank before each line.
    for line in
        page.trim_end().lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).skip_while(|line| line.is_empty())
    {
        let Some(width) = width else {
            writeln!(out, "{line}")?;
            continue;
        };
        let is_text = !in_code && !line.is_empty() && !line.starts_with(['#', '`', '-', '|', '*']);
        if is_text {
            paragraph.push(line);
            continue;
        }
        flush(out, &mut paragraph, width)?;
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            writeln!(out, "    {CODE}{line}{CODE:#}")?;
        } else if let Some(heading) = line.strip_prefix("## ") {
            writeln!(out, "{HEADING}{heading}{HEADING:#}")?;
        } else {
            paragraph.push(line);
        }
        if line.is_empty() && !in_code {
            flush(out, &mut paragraph, width)?;
        }
    }
    flush(out, &mut paragraph, width.unwrap_or(80))
}

/// Prints the paragraph so far, with its code marked.
fn flush(out: &mut dyn Write, paragraph: &mut Vec<&str>, width: usize) -> io::Result<()> {
    if paragraph.is_empty() {
        return Ok(());
    }
    let text = std::mem::take(paragraph).join(" ");
    let options = textwrap::Options::new(width).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut in_code = false;
    for line in textwrap::wrap(&text, options) {
        for (index, piece) in line.split('`').enumerate() {
            in_code ^= index > 0;
            if in_code { write!(out, "{CODE}{piece}{CODE:#}")? } else { write!(out, "{piece}")? }
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::policy::{PROFILE_NAMES, Policies};

    fn assert_fits(page: &[u8], markdown: &str) {
        let page = anstream::adapter::strip_str(std::str::from_utf8(page).unwrap()).to_string();
        let text = page.replace(char::is_whitespace, "");
        for word in markdown.split_whitespace().filter(|word| !word.starts_with("```") && *word != "##") {
            assert!(text.contains(&word.replace('`', "")), "{word} is not in {page}");
        }
        let long = page.lines().find(|line| line.chars().count() > 80 && !line.starts_with("    "));
        assert_eq!(long, None, "{page}");
    }

    #[test]
    fn pages_fit_the_terminal_and_lose_no_word() {
        let profiles: Vec<_> = PROFILE_NAMES.iter().map(|name| (*name, Policies::profile(name).unwrap())).collect();
        for rule in crate::rules::all() {
            let mut page = Vec::new();
            super::page(&mut page, &rule, &profiles, Some(80)).unwrap();
            assert_fits(&page, rule.page);
        }
        for notice in crate::rules::NOTICES {
            let mut page = Vec::new();
            super::notice_page(&mut page, &notice, Some(80)).unwrap();
            assert_fits(&page, notice.page);
        }
    }
}
