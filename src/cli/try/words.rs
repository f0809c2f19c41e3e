//! The words around the verdicts.

use super::tally::Tally;
use crate::report::Trial;
use crate::sandbox::Cluster;

/// Says what is asked about the objects.
pub(crate) fn introduce(trial: &mut Trial, cluster: &Cluster) {
    trial.text(format!(
        "This is the webhook that `plimsoll serve` runs, on {} with a certificate made just now, asked as an API server \
         asks it. Nothing is installed, no cluster is touched.",
        cluster.address()
    ));
}

/// Says what can be done next, and how long the reviews took.
pub(crate) fn say_farewell(trial: &mut Trial, tally: &Tally) {
    let took = tally.took.as_secs_f64() * 1000.0;
    trial.hint("plimsoll try --profile production", "by another policy; --policy FILE takes your own");
    trial.hint("plimsoll check PATH...", "every finding with its line, and an exit code for CI");
    trial.hint("deploy/README.md", "installs the webhook in a cluster");
    trial.text(format!("{} reviews over TLS took {took:.0} ms.", tally.reviews));
}
