//! `plimsoll explain RULE`: the rule's page.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::print_text;
use super::rules::load_profiles;
use crate::report::RulePage;
use crate::rules::{self, NOTICES};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The id of a rule, as findings and `plimsoll rules` name it.
    #[arg(value_name = "RULE")]
    rule: String,
}

impl Explain {
    /// Prints the page; for an id that no rule has, the ids that were perhaps meant.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        if let Some(notice) = rules::notice(&self.rule) {
            print_text(notice)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some((policy, _)) = self.rule.strip_prefix("custom/").and_then(|rest| rest.split_once('/')) {
            let what = "is a custom rule: what it checks stands in spec.customRules of RedisPolicy";
            return Err(Failure::Usage(format!("`{}` {what} {policy}", self.rule)));
        }
        let Some(entry) = rules::entry(&self.rule) else {
            let near = nearest(&self.rule);
            let guess = if near.is_empty() { String::new() } else { format!(" did you mean {}?", near.join(" or ")) };
            return Err(Failure::Usage(format!(
                "there is no rule `{}`;{guess} `plimsoll rules` lists them",
                self.rule
            )));
        };
        print_text(&RulePage { rule: entry.info, profiles: load_profiles()? })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The rules whose ids are most like a word, at most three.
fn nearest(word: &str) -> Vec<&'static str> {
    let alike = |id: &str| similar::TextDiff::from_chars(word, id).ratio();
    let all = rules::entries().map(|entry| entry.info.id).chain(NOTICES.iter().map(|notice| notice.id));
    let mut ids: Vec<(f32, &'static str)> = all.map(|id| (alike(id), id)).collect();
    ids.retain(|(alike, _)| *alike >= 0.6);
    ids.sort_by(|one, other| other.0.total_cmp(&one.0));
    ids.into_iter().take(3).map(|(_, id)| id).collect()
}
