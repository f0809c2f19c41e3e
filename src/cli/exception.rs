//! `plimsoll exception create`: a `RedisPolicyException` as YAML, to be read, committed or piped into kubectl.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::failure::Failure;
use super::generate::print_document;
use crate::kubernetes::Kind;
use crate::policy::{EXCEPTION_DAYS, MOST_EXCEPTION_DAYS, Policies};

/// Let the findings of some rules on one workload through, for a time.
#[derive(Debug, Args)]
pub(crate) struct Exception {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print a RedisPolicyException, to be read, committed or piped into kubectl.
    ///
    /// It counts only in namespaces that the workload's policy names (`spec.exceptions.namespaces`).
    Create(Create),
}

#[derive(Debug, Args)]
struct Create {
    /// The workload: `sts/NAME`, `deploy/NAME`, `ds/NAME`, `pod/NAME`, or with --api-version any KIND/NAME.
    #[arg(value_name = "KIND/NAME")]
    workload: String,
    /// The workload's namespace.
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// The group and version of another kind.
    #[arg(long, value_name = "GROUP/VERSION")]
    api_version: Option<String>,
    /// The id of a rule to let through; may be repeated.
    #[arg(long = "rule", value_name = "ID", required = true)]
    rules: Vec<String>,
    /// For how long: `14d` or `2w`; it ends at the following midnight UTC. A policy honours 90 days unless it says
    /// otherwise (`spec.exceptions.maxDays`).
    #[arg(long = "for", value_name = "TIME", value_parser = parse_days, allow_hyphen_values = true)]
    days: u16,
    /// Why it is made, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The namespace of the exception; without it the one that kubectl applies it to.
    #[arg(long = "in", value_name = "NAMESPACE")]
    home: Option<String>,
    /// The name of the exception; made from the workload and its end where unset.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Exception {
    /// Prints it.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.what {
            What::Create(create) => {
                print_document(&create.object(Timestamp::now())?)?;
                if let Some(warning) = create.warning() {
                    let _ = writeln!(std::io::stderr().lock(), "plimsoll: warning: {warning}");
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    /// The object; refused where it would be refused when it is applied.
    fn object(&self, now: Timestamp) -> Result<Value, Failure> {
        let (api_version, kind, workload) = self.workload()?;
        let expires = end_date(now, self.days)?;
        let name = self.name.clone().unwrap_or_else(|| format!("{}-{workload}-until-{expires}", self.namespace));
        let mut metadata = json!({"name": name});
        if let Some(home) = &self.home {
            metadata["namespace"] = json!(home);
        }
        let mut object = json!({
            "apiVersion": "plimsoll.dev/v1alpha1",
            "kind": "RedisPolicyException",
            "metadata": metadata,
            "spec": {
                "workload": {"apiVersion": api_version, "kind": kind, "namespace": self.namespace, "name": workload},
                "rules": self.rules,
                "reason": self.reason,
                "expires": expires,
            },
        });
        let written = object.clone();
        object["metadata"]["namespace"] = json!(self.home.as_deref().unwrap_or("default"));
        let policies = Policies::profile("baseline").map_err(|error| Failure::Run(error.to_string()))?;
        let diagnostics: Vec<String> = policies.review(&object).diagnostics.iter().map(ToString::to_string).collect();
        if diagnostics.is_empty() { Ok(written) } else { Err(Failure::Usage(diagnostics.join("\n"))) }
    }

    /// What the author should know before anybody applies it.
    fn warning(&self) -> Option<String> {
        let what = format!(
            "it may end sooner: a policy honours an exception for {EXCEPTION_DAYS} days from its creation, unless its \
             spec.exceptions.maxDays says otherwise ({MOST_EXCEPTION_DAYS} at most)"
        );
        (self.days > EXCEPTION_DAYS).then_some(what)
    }

    fn workload(&self) -> Result<(&str, &str, &str), Failure> {
        let Some((kind, name)) = self.workload.split_once('/').filter(|(_, name)| !name.is_empty()) else {
            let what = format!("`{}` does not name a workload; write it as sts/NAME", self.workload);
            return Err(Failure::Usage(what));
        };
        let known = Kind::named(kind);
        match (&self.api_version, known) {
            (Some(api_version), Some(known)) if known.is_of(api_version) => Ok((api_version, known.name, name)),
            (Some(api_version), _) => Ok((api_version, kind, name)),
            (None, Some(known)) => Ok((known.api_version, known.name, name)),
            (None, None) => Err(Failure::Usage(format!(
                "the kind `{kind}` takes --api-version GROUP/VERSION; without it, write sts/NAME, deploy/NAME, ds/NAME or \
                 pod/NAME"
            ))),
        }
    }
}

/// The first day that begins when the time is over.
fn end_date(now: Timestamp, days: u16) -> Result<String, Failure> {
    let wrong = |error: jiff::Error| Failure::Usage(error.to_string());
    let last = now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(wrong)?;
    Ok(Offset::UTC.to_datetime(last).date().tomorrow().map_err(wrong)?.to_string())
}

fn parse_days(text: &str) -> Result<u16, String> {
    let wrong = || "write it as 14d or 2w".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).filter(|_| matches!(unit, 'd' | 'w')).ok_or_else(wrong)?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    if number.starts_with('-') || digits.bytes().all(|byte| byte == b'0') {
        return Err("an exception holds for a day at least; write it as 14d or 2w".to_owned());
    }
    let days = number.parse::<u16>().ok().and_then(|number| number.checked_mul(if unit == 'w' { 7 } else { 1 }));
    days.ok_or_else(|| {
        format!("that is too long: no policy honours an exception for more than {MOST_EXCEPTION_DAYS} days")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        create: Create,
    }

    fn create(arguments: &str) -> Result<Value, String> {
        let now = Timestamp::from_second(1_802_734_200).map_err(|error| error.to_string())?; // 2027-02-15T23:30:00Z
        let alone = Alone::try_parse_from(std::iter::once("create").chain(arguments.split(' ')));
        alone.map_err(|error| error.to_string())?.create.object(now).map_err(|failure| failure.to_string())
    }

    #[test]
    fn writes_what_would_be_accepted() {
        let written =
            create("sts/ledger -n shop --rule maxmemory-missing --for 2w --reason migration --in platform").unwrap();
        insta::assert_snapshot!(serde_saphyr::to_string(&written).unwrap(), @r#"
        apiVersion: plimsoll.dev/v1alpha1
        kind: RedisPolicyException
        metadata:
          name: shop-ledger-until-2027-03-02
          namespace: platform
        spec:
          workload:
            apiVersion: apps/v1
            kind: StatefulSet
            namespace: shop
            name: ledger
          rules:
          - maxmemory-missing
          reason: migration
          expires: "2027-03-02"
        "#);
    }

    #[test]
    fn refuses_what_would_be_refused() {
        let wrong = |arguments: &str| create(arguments).unwrap_err();
        let rest = "--for 14d --reason x";
        assert!(wrong(&format!("sts/x --rule maxmemory-mising {rest}")).contains("did you mean `maxmemory-missing`?"));
        assert!(wrong(&format!("RedisFailover/x --rule maxmemory-missing {rest}")).contains("--api-version"));
        assert!(wrong(&format!("x --rule maxmemory-missing {rest}")).contains("sts/NAME"));
        assert!(wrong("sts/x --rule maxmemory-missing --for 0d --reason x").contains("a day at least"));
        assert!(wrong("sts/x --rule maxmemory-missing --for ü --reason x").contains("14d or 2w"));
        assert!(wrong(&format!("sts/x {rest}")).contains("--rule"));
        let other = create(&format!(
            "RedisFailover/x --api-version databases.spotahome.com/v1 --rule maxmemory-missing {rest}"
        ));
        assert_eq!(other.unwrap()["spec"]["workload"]["kind"], "RedisFailover");
    }

    #[test]
    fn writes_the_kind_and_refuses_names_that_cannot_be() {
        let rest = "--rule maxmemory-missing --for 14d --reason x";
        let workload = |text: &str| create(&format!("{text} {rest}")).map(|object| object["spec"]["workload"].clone());
        assert_eq!(workload("sts/x --api-version apps/v1").unwrap()["kind"], "StatefulSet");
        let pod = workload("pod/x").unwrap();
        assert_eq!((&pod["kind"], &pod["apiVersion"]), (&json!("Pod"), &json!("v1")));
        assert!(workload("sts/x --api-version v1").unwrap_err().contains("write apps/v1"));
        assert!(workload("sts/redis-*").unwrap_err().contains("`redis-*` is not a valid name of a StatefulSet"));
        assert!(workload("sts/x -n Shop").unwrap_err().contains("`Shop` is not a valid name of a namespace"));
        assert!(workload("cronjob/x").unwrap_err().contains("write sts/NAME, deploy/NAME, ds/NAME or pod/NAME"));
        assert!(create(&format!("sts/x {rest} --name My_Name")).unwrap_err().contains("metadata.name: `My_Name`"));
        assert!(
            create("sts/x --rule custom/payments/* --for 14d --reason x").unwrap_err().contains("custom/POLICY/NAME")
        );
    }

    #[test]
    fn a_time_that_cannot_be_is_told_with_one_that_can() {
        assert_eq!(parse_days("-3d").unwrap_err(), "an exception holds for a day at least; write it as 14d or 2w");
        assert_eq!(
            parse_days("99999999d").unwrap_err(),
            "that is too long: no policy honours an exception for more than 3650 days"
        );
        assert_eq!(parse_days("99999w").unwrap_err(), parse_days("99999999d").unwrap_err());
        for wrong in ["", "d", "14", "d14", "1.5d", "--1d", "14h", "14 d"] {
            assert_eq!(parse_days(wrong).unwrap_err(), "write it as 14d or 2w", "{wrong}");
        }
        let parsed = Alone::try_parse_from(["create", "sts/x", "--for", "-3d", "--rule", "a", "--reason", "x"]);
        assert!(parsed.unwrap_err().to_string().contains("a day at least"));
    }

    #[test]
    fn a_time_that_policies_cap_is_warned_of() {
        let warning = |time: &str| {
            let arguments = ["create", "sts/x", "--for", time, "--rule", "maxmemory-missing", "--reason", "x"];
            Alone::try_parse_from(arguments).unwrap().create.warning()
        };
        assert_eq!(warning("90d"), None);
        assert!(warning("4000d").unwrap().contains("for 90 days from its creation"));
    }
}
