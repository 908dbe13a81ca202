//! What can be typed after `slogate observe`.

use std::path::PathBuf;

use clap::Args;

use super::{Layered, Source};

/// How to begin, and the exits.
const BEGINNING: &str = r#"To begin: `slogate observe --new-key` prints a pair of keys. The public one belongs into
slogate.yaml on the base branch; from then on a gate believes nothing that it did not sign:

  source: { observations: { for: acme/shop, branch: slogate-observations, keys: ["ed25519:..."] } }

Without `branch`, gates read the address in SLOGATE_OBSERVATIONS_URL. In a cluster, once in
every step, of the repository as it is then (images and addresses are yours to fill in):

apiVersion: batch/v1
kind: CronJob
metadata: { name: slogate-observe }
spec:
  schedule: "*/5 * * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          volumes: [{ name: repo, emptyDir: {} }]
          initContainers:
            - name: clone
              image: alpine/git
              args: [clone, --depth=1, "https://git.example/acme/shop", /repo]
              volumeMounts: [{ name: repo, mountPath: /repo }]
          containers:
            - name: observe
              image: registry.example/slogate
              command: [slogate, observe, /repo]
              args:
                - --prometheus=http://prometheus:9090
                - --put=https://files.example/shop.json
              env:
                - name: SLOGATE_OBSERVER_KEY
                  valueFrom: { secretKeyRef: { name: slogate, key: observer } }
              volumeMounts: [{ name: repo, mountPath: /repo }]

Exit codes:
  0  written, and at least one budget is known; what is not known is written as that
  2  the command line or the environment is wrong
  3  something written is wrong: settings, SLO, policy; nothing is written
  4  no budget is known, and nothing is written over; or it could not be read
  5  it could not be written
"#;

/// Read every budget's history beside the monitoring system, and leave it where gates find it, signed.
///
/// For gates that cannot reach the monitoring system. Every SLO in every environment whose budgets policies measure is
/// read, with the history that they need, and the signals that they read; the document is signed with the key in
/// `SLOGATE_OBSERVER_KEY`, and says for whom and when it was made, and by which definitions. Run it once in every step
/// of the settings: what is older than three steps is not known any more (`stale`).
#[derive(Debug, Args)]
#[command(after_help = BEGINNING)]
pub struct Observe {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Print a new pair of keys with what to do with each, and do nothing else. Nothing keeps the secret one.
    #[arg(long, exclusive = true)]
    pub new_key: bool,

    /// Read settings, SLOs and policies from the tip of this branch, tag or commit instead of the work tree.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// Write to this file, whole or not at all; without --output, --put and --branch to standard output.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["put", "branch"])]
    pub output: Option<PathBuf>,

    /// Lay it at this address by HTTP PUT, over `https` or to this machine only. Who brings it is told by
    /// `SLOGATE_PUT_TOKEN`, or `SLOGATE_PUT_USER` with `SLOGATE_PUT_PASSWORD`; further headers stand in
    /// `SLOGATE_PUT_HEADERS`, a line each.
    #[arg(long, value_name = "URL", conflicts_with = "branch")]
    pub put: Option<String>,

    /// Commit it, alone and without history, to the branch that the settings name, in the clone around the directory.
    /// Work tree and `HEAD` stay as they are; `git push --force origin BRANCH` brings it to the others.
    #[arg(long)]
    pub branch: bool,

    /// Where budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// The organisation's layer, whose policies may need more history and signals.
    #[command(flatten)]
    pub layered: Layered,

    /// The instant up to which is read, in RFC 3339; by default the present, or the end of a recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = super::instant)]
    pub now: Option<jiff::Timestamp>,
}
