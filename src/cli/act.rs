//! What can be typed after `slogate act`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{Layered, Source, Table};

/// The rights and variables, and the exits.
const ENDING: &str = "\
In a workflow on `schedule`, `workflow_dispatch`, `push` or `repository_dispatch`, with the
permissions `contents: read` and `issues: write` and with `GITHUB_TOKEN`; elsewhere also with
`GITHUB_REPOSITORY`. No event of a pull request acts.

SLOGATE_WEBHOOK_URL     https address that is told of what people are asked to do
                        (`schemas/webhook.v1.json`)
SLOGATE_WEBHOOK_SECRET  signs what it is told: `x-slogate-signature-256: sha256=` and the HMAC
                        of the body

Exit codes:
  0  done, or nothing was to be done; with --dry-run, planned
  2  the command line or the environment is wrong
  3  something written is wrong: settings, SLO, policy; nothing is done
  4  a budget or a fact is not known, or a policy failed; what is known is done
  5  GitHub could not be read, or something could not be done or was left; the next run tries again
";

/// Carry out what clauses in force ask for, once, and trace what became of it.
///
/// Judges every service by the tip of the default branch. For each clause in force it opens an issue for each
/// `action_item` and `postmortem`, and tells people of `engage`, `notify`, `escalate`, `assign` and working modes: in the
/// first of these issues or in one of its own, where logins and teams that the policy names are mentioned, and by webhook.
///
/// There is one issue for each clause, service and period. A clause that comes into force again while its issue is open,
/// or in the same period of the calendar, counts in that issue; one that a person closed stays closed while the clause
/// stays in force. When the clause ends, the issue says so; people close it. Issues are known by the first line of their
/// text and by who opened them; nothing else is kept anywhere.
///
/// The text of postmortems, the labels of issues and how many are opened in a run can be said under `act` in the settings.
///
/// Then every such issue is traced: open or closed, how long it took, by how many days it is overdue. Of each clause it is
/// counted how often it asked, and what was done in time.
///
/// Environments that only inform carry out nothing, and so does a policy before its date.
#[derive(Debug, Args)]
#[command(after_help = ENDING)]
pub struct Act {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// An environment whose clauses count; may be given several times. By default every one that warns or enforces.
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,

    /// Print what would be done, and do nothing. Without GitHub, what was done before is not known.
    #[arg(long)]
    pub dry_run: bool,

    /// Read settings, SLOs and policies from the tip of this branch, tag or commit; by default from the default branch on
    /// GitHub, and without GitHub from the work tree.
    #[arg(long, value_name = "REF", requires = "dry_run")]
    pub base: Option<String>,

    /// Look at this service alone; may be given several times.
    #[arg(long, value_name = "NAME", requires = "dry_run")]
    pub service: Vec<String>,

    /// The instant to judge at, in RFC 3339; by default the present, or the end of a recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = super::instant, requires = "dry_run")]
    pub now: Option<jiff::Timestamp>,

    /// The most issues that are opened in one run, so that a mistake in a policy floods nobody; by default what the
    /// settings say, else 20.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub most: Option<u16>,

    /// How to print what was done: `json` is `schemas/act.v1.json`.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Table,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,

    /// Where budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,
}
