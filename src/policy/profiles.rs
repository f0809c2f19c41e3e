//! The shipped profiles. The head of each file is written by hand; what is below its marker is written from the rules,
//! each of which knows its own line in every profile.

pub(crate) const PROFILES: [(&str, &str); 3] = [
    ("baseline", include_str!("../../policies/baseline.yaml")),
    ("production", include_str!("../../policies/production.yaml")),
    ("cache", include_str!("../../policies/cache.yaml")),
];

/// The names of the shipped profiles.
pub const PROFILE_NAMES: [&str; 3] = ["baseline", "production", "cache"];

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::rules::{self, ProfileAction, ProfileSetting, Profiles};

    /// The last line by hand.
    const MARKER: &str = "  # From here on written from the rules by `make bless`\n";

    /// The line of a rule in a profile; nothing where it is that of `baseline`, which the others extend.
    fn setting(profiles: &Profiles, profile: &str) -> Option<ProfileSetting> {
        let setting = match profile {
            "baseline" => return Some(profiles.baseline),
            "production" => profiles.production,
            "cache" => profiles.cache,
            other => panic!("there is no profile {other}"),
        };
        (setting != profiles.baseline).then_some(setting)
    }

    fn action(action: ProfileAction) -> &'static str {
        match action {
            ProfileAction::MutateOrDeny => "{action: mutate, otherwise: deny}",
            ProfileAction::MutateOrWarn => "{action: mutate, otherwise: warn}",
            ProfileAction::Deny => "deny",
            ProfileAction::Warn => "warn",
            ProfileAction::Audit => "audit",
            ProfileAction::Off => "off",
        }
    }

    fn line(setting: &ProfileSetting) -> String {
        let first = action(setting.action);
        if setting.severities.is_empty() && setting.params.is_empty() {
            return first.to_owned();
        }
        let mut line = match first.strip_suffix('}') {
            Some(open) => open.to_owned(),
            None => format!("{{action: {first}"),
        };
        let mut map = |name: &str, pairs: Vec<String>| {
            if !pairs.is_empty() {
                write!(line, ", {name}: {{{}}}", pairs.join(", ")).unwrap();
            }
        };
        let severities = setting.severities.iter();
        map("severities", severities.map(|(severity, set)| format!("{}: {}", severity.name(), action(*set))).collect());
        map("params", setting.params.iter().map(|(name, value)| format!("{name}: {value}")).collect());
        line + "}"
    }

    fn rules_of(profile: &str) -> String {
        let mut text = "  rules:\n".to_owned();
        for info in rules::all() {
            if let Some(setting) = setting(&info.profiles, profile) {
                writeln!(text, "    {}: {}", info.id, line(&setting)).unwrap();
            }
        }
        text
    }

    #[test]
    fn profiles_have_the_lines_of_the_rules() {
        for (name, text) in PROFILES {
            let (head, _) = text.split_once(MARKER).unwrap_or_else(|| panic!("{name} has no line {MARKER}"));
            let expected = format!("{head}{MARKER}{}", rules_of(name));
            if std::env::var_os("PLIMSOLL_BLESS").is_some() {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("policies/{name}.yaml"));
                fs::write(file, &expected).unwrap();
            } else {
                assert_eq!(text, expected, "{name} is out of date: {}", MARKER.trim());
            }
        }
    }

    #[test]
    fn names_are_those_of_the_files() {
        assert_eq!(PROFILES.map(|(name, _)| name), PROFILE_NAMES);
    }

    #[test]
    fn a_setting_is_written_as_a_policy_reads_it() {
        const HIGH: ProfileSetting = ProfileSetting {
            action: ProfileAction::MutateOrDeny,
            severities: &[(rules::Severity::Low, ProfileAction::Audit)],
            params: &[("minimum", "5"), ("other", "true")],
        };
        let expected = "{action: mutate, otherwise: deny, severities: {low: audit}, params: {minimum: 5, other: true}}";
        assert_eq!(line(&HIGH), expected);
    }
}
