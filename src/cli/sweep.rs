//! What can be typed after `slogate sweep`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::source::{Layered, Source};
use super::{Branches, Format};
use crate::change::Rollout;
use crate::cli::ending::exits;
use crate::verdict::Exit;

/// Every exit with its meaning, in numeric order. The verdicts are the pull requests' own and none of them.
const EXITS: [(Exit, &str); 5] = [
    (Exit::Proceed, "every open pull request was judged and told, whatever the verdicts are"),
    (Exit::Usage, "the command line is wrong; nobody was told anything"),
    (Exit::Invalid, "something written is wrong on a base branch; its pull requests were told"),
    (Exit::Unknown, "a budget or fact could not be known; the pull requests that it withholds were told"),
    (
        Exit::Untold,
        "a pull request could not be judged or told, or the calls were used up before the last one",
    ),
];

/// Judge every open pull request again: budgets change while pull requests wait.
///
/// Budgets are asked for once, for all services that any open pull request touches, and each pull request is judged by
/// the tip of its base branch as `check --post` judges it. Whoever is judged otherwise than before is told: a green that
/// the budget no longer carries becomes a freeze, and a red that has thawed becomes a proceed. Whoever is judged as
/// before is left alone; what was said six hours ago is said anew. No status is pending meanwhile.
///
/// Left to a run of its own is a pull request that moved, was closed, or is being judged: its status is newer than this
/// sweep, or pending for less than an hour. A status that is pending for longer was left behind and is closed.
///
/// Pull requests with one head and one base share a commit status: the strictest verdict decides what it says, and the
/// others are told whose that is.
///
/// A sweep makes about as many calls of GitHub's API as --calls allows. What changed and what stands there is read by
/// GraphQL for many pull requests at once: about one call for fifteen that are judged as before, and four or five more for
/// each that is told. A pull request that moves files, changes more than 100 or has more than 100 commits is compared by
/// itself, which is one more, and so is one whose base has got commits of it. Where a label makes a class, it takes one
/// more for who set it, one for who wrote the commits, and one for each person's role or team. Where GraphQL does not
/// answer, one that is judged as before takes one or two calls, and one that is told at most seven. The law and the first
/// pull request are read whatever that takes. Where a pull request changes 300 files or more all services count, and what
/// one makes of settings, SLOs and policies is told by its own check alone. What is not reached then is told, with the
/// number behind which --after goes on; without --after each run begins at a place that nobody can know before
/// (`GITHUB_RUN_ID`), so that a few runs cover all of them.
#[derive(Debug, Args)]
#[command(after_help = exits(&EXITS, &[(Exit::Proceed, "swept")]))]
pub struct Sweep {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The environment that the changes are shipped to; `production` by default, whatever the settings have, as in
    /// `check --post`.
    #[arg(long, value_name = "NAME", default_value = "production")]
    pub environment: String,

    /// The calls of GitHub's API that this run may make. A workflow's token has 1,000 an hour for the whole repository.
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=15_000))]
    pub calls: u64,

    /// Begin behind the pull request of this number, and go round.
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,

    /// The branches that the gate is for, as globs with spaces between them (`main release/*`); all by default. Pull requests
    /// into others are left, and nothing is read there.
    #[arg(long, value_name = "GLOBS")]
    pub branches: Option<Branches>,

    /// Judge and print, and write nothing: what would be told.
    #[arg(long)]
    pub dry_run: bool,

    /// How much of the rollout is judged; a pull request is judged as a canary by default.
    #[arg(long, value_name = "ROLLOUT", value_parser = PossibleValuesParser::new([Rollout::Canary.as_str(), Rollout::Full.as_str()]))]
    pub rollout: Option<String>,

    /// How to print what was done: `json` is `schemas/sweep.v1.json`, `markdown` the step summary.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

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
