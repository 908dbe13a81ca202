//! What can be typed.

mod act;
mod branches;
mod budget;
mod convert;
mod definitions;
mod ending;
mod observe;
mod rules;
mod slos;
mod source;
mod sweep;
mod vendor;

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

pub use act::Act;
pub use branches::Branches;
pub use budget::{Budget, Sheet};
pub use convert::Convert;
pub use definitions::Definitions;
pub use observe::Observe;
pub use rules::{Dialect, Rules};
pub use slos::{Slos, Table};
pub use source::{Layered, Source};
pub use sweep::Sweep;
pub use vendor::Vendor;

use crate::change::Rollout;
use crate::cli::ending::{exits, words_and_exits};
use crate::document::RuleSet;
use crate::verdict::Exit;

/// Error budget policy as code: freeze or proceed, and why.
#[derive(Debug, Parser)]
#[command(name = "slogate", version, about, after_help = exits(&Exit::ALL, &[]), arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs, each described by its arguments: a line here would stand in `--help` instead of all that is said there.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a comment on a variant takes the place of its arguments' own in the help")]
pub enum Verb {
    Init(Box<Init>),
    Check(Box<Check>),
    Sweep(Box<Sweep>),
    Validate(Validate),
    Slos(Slos),
    Budget(Box<Budget>),
    Explain(Box<Explain>),
    Test(Box<Test>),
    Definitions(Definitions),
    Vendor(Vendor),
    Convert(Convert),
    Rules(Rules),
    Observe(Box<Observe>),
    Act(Box<Act>),
}

/// Write the first settings, policy, tests and workflow for a repository.
///
/// Looks for SLO definitions, services, teams (`CODEOWNERS`), environments and deploy workflows, and writes
/// `slogate.yaml`, a policy for each team with its tests, the workflow, and a sample SLO where there is none. Every
/// environment informs and stops nothing. Asks nothing, overwrites nothing, and validates and tests what it writes
/// before it is written: all of it, or nothing.
///
/// An SLO definition that is there and not valid is told and named by the settings all the same: until it is mended,
/// `validate` fails and nothing is decided, and once it is mended, it counts.
#[derive(Debug, Args)]
#[command(after_help = exits(&Exit::OF_INIT, &[(Exit::Proceed, "written"), (Exit::Untold, "unwritten")]))]
pub struct Init {
    /// The directory that gets `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// A service, instead of those that are found; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,

    /// The team that answers for all services, instead of those that `CODEOWNERS` names.
    #[arg(long, value_name = "NAME")]
    pub team: Option<String>,

    /// An environment, instead of those that the workflows name; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,

    /// An environment that the policy freezes and the workflow asks about; may be given several times. By default
    /// those with `production`, `prod`, `prd` or `live` as a part of their name (`prod-eu`), or the only one.
    #[arg(long, value_name = "NAME")]
    pub protects: Vec<String>,

    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// The instant that the policy's next review is three months from, in RFC 3339; by default the present.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub now: Option<jiff::Timestamp>,
}

/// How problems are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Underlined where they stand, for a person at a terminal.
    Text,
    /// For machines: a list of problems as in `schemas/report.v1.json`.
    Json,
    /// For a step of a workflow on `pull_request`: annotations at the lines of the pull request.
    Github,
}

/// How prose is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Prose {
    /// For a terminal.
    Text,
    /// For a page or a pull request.
    Markdown,
}

/// Look at settings, SLOs and policies: all that is wrong in them, at once.
///
/// Reads what `check` reads and asks no monitoring system unless it is told to. Beyond what must be mended before anything can be decided,
/// it warns of thresholds that an objective can never reach, of conditions that have the same answer for every budget,
/// of clauses that end while they begin, of services that nothing protects. A policy whose text differs from the base
/// of a pull request must have a higher version.
///
/// With `--format github` problems become annotations of a workflow's run: of a pull request those that stand on lines
/// which it changes or that the text before it does not have, the errors first, and the others are counted. GitHub shows ten errors and ten warnings of a step.
/// Without a base in the clone (`fetch-depth: 0`) all problems count as the change's.
///
/// With --observed, SLOs are also held against what was measured: objectives that no period of the history met, SLOs
/// that hear nothing, and SLOs that were loosened while their budget was exhausted, by git history. What is not known
/// is told and counted.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  nothing must be mended (warnings included, without --strict)\n  2  the command line is wrong\n  3  something written is wrong: settings, SLO, policy\n  4  it could not be read; or with --observed no budget is known, and with --strict not each of them\n"
)]
pub struct Validate {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Read the tip of this branch, tag or commit instead of the work tree.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// Compare with this branch, tag or commit: a policy whose text differs must have a higher version, a new
    /// endpoint an SLO, and annotations are of what the change brings. By default the base of the pull request that a workflow runs on
    /// (`GITHUB_BASE_REF`), where it is in this clone and no --base is given. With --observed, an SLO that is looser than
    /// there counts as loosened now.
    #[arg(long, value_name = "REF")]
    pub against: Option<String>,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,

    /// Hold the SLOs against what was measured, in every environment whose budgets policies measure; follows from
    /// --prometheus and --observations. Without either, the source is that of `check`.
    #[arg(long)]
    pub observed: bool,

    /// Where budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// The instant up to which it is looked at what was measured, in RFC 3339; by default the present, or the end of a
    /// recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub now: Option<jiff::Timestamp>,

    /// Let warnings fail, too, and with --observed every budget that is not known.
    #[arg(long)]
    pub strict: bool,

    /// Hold OpenSLO definitions to these rules, whatever `slo_rules` says in the settings: those of OpenSLO's own SDK,
    /// those of the specification's text, or only those that a budget depends on.
    #[arg(long, value_name = "RULES", value_parser = PossibleValuesParser::new(RuleSet::ALL.map(RuleSet::as_str)))]
    pub rules: Option<String>,

    /// How to list the problems.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Listing,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}

impl Validate {
    /// True when SLOs are held against what was measured.
    #[must_use]
    pub const fn observes(&self) -> bool {
        let source = &self.source;
        self.observed
            || source.prometheus.is_some()
            || source.datadog.is_some()
            || source.observations.is_some()
    }
}

/// Say in words what a policy, a clause, a report, a word or a code means.
///
/// A policy (`policies/payments.rhai`, or its name `payments`) is told from its own syntax: change a threshold and the sentence changes. What has
/// no words is quoted. Under an organisation's layer it is told as it counts there.
///
/// A clause (`exhausted` in every policy that has one of that name, or `payments/exhausted` alone) is held against its
/// budgets: where it stands for each SLO in its policy's scope, what it read against which thresholds, and how far it is
/// from coming into force or ending. Settings, SLOs and policies are read from DIR as they are there now, and budgets as
/// `check` reads them. More bad events are failed events besides those that there were, and fewer are the newest bad
/// ones taken for good. A clause whose name is a word or a code, too, needs its policy before it.
///
/// A report (`report.json`, or any file) is what `check --format json` printed, for a person who did not see it.
///
/// A word of the policy language is a fact (`burn_rate`), a declaration or a method (`thaws`), a consequence (`freeze`),
/// or a key of a header (`silver_bullets`, `escalation.decides`). Lists of them are `facts`, `clauses`, `consequences`
/// and `header`; `language` is all of it. A type of values (`ratio`, `time`) is a word, too.
///
/// A code of a problem (`unknown-fact`): what it means, and what to do. `codes` lists them.
#[derive(Debug, Args)]
#[command(after_help = words_and_exits())]
pub struct Explain {
    /// A policy, a clause, a report, a word, a list, a kind of gap or a code.
    #[arg(value_name = "WHAT")]
    pub what: String,

    /// For a clause: the directory that has `slogate.yaml`; the present one by default.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// How to print it. Text is wrapped to the terminal or to `COLUMNS`, 60 to 120, and in a pipe to 100.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Prose,

    /// The instant that a clause is judged at, and that reviews and effective dates of a policy are compared with, in
    /// RFC 3339; by default the present, or for a clause the end of a recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub now: Option<jiff::Timestamp>,

    /// For a clause: the environment that is judged; by default the only one, or `production`.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// For a clause: only this service; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,

    /// For a clause: where its budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// For a clause: the organisation's layer.
    #[command(flatten)]
    pub layered: Layered,
}

impl Explain {
    /// The directory that has `slogate.yaml`: this one by default.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new("."))
    }

    /// An argument that is for clauses alone, where one is given.
    #[must_use]
    pub const fn of_clauses(&self) -> Option<&'static str> {
        match self {
            Self { environment: Some(_), .. } => Some("--environment"),
            Self { source: Source { observations: Some(_), .. }, .. } => Some("--observations"),
            Self { source: Source { prometheus: Some(_), .. }, .. } => Some("--prometheus"),
            Self { source: Source { datadog: Some(_), .. }, .. } => Some("--datadog"),
            Self { service, .. } if !service.is_empty() => Some("--service"),
            Self { dir: Some(_), .. } => Some("DIR"),
            Self { .. } => None,
        }
    }
}

/// How a verdict is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    Text,
    /// For machines.
    Json,
    /// For pages on GitHub.
    Markdown,
}

/// A moment that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Moment {
    /// Right before a job deploys.
    Deploy,
}

/// Judge a change: may it ship?
///
/// Reads settings, SLOs and policies as they stand at the tip of the base branch, the budgets from Prometheus,
/// from Datadog or from the recorded history that the settings name, and prints freeze or proceed and everything between: the
/// clause that decided, the numbers it read, until when, and what passes anyway. With a base it also tells what the
/// change makes of settings and SLOs, which bears on no verdict before it is merged.
#[derive(Debug, Args)]
#[command(after_help = exits(&Exit::ALL, &[]), group = ArgGroup::new("law").args(["base", "at"]))]
pub struct Check {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The environment that the change is shipped to; by default the only one, or `production`. With --post and --at it
    /// is `production` unless one is named: the status has its name before any settings are read.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// The branch, tag or commit that the change goes into: everything that decides is read from it. By default
    /// the base of the pull request that a workflow runs on (`GITHUB_BASE_REF`); a workflow's run on anything else reads the
    /// default branch. Elsewhere the work tree is judged.
    #[arg(long, value_name = "REF", conflicts_with = "post")]
    pub base: Option<String>,

    /// The change itself; `HEAD` by default. With `--at deploy`, the commit that is deployed; `GITHUB_SHA` by default.
    #[arg(long, value_name = "REF", requires = "law")]
    pub head: Option<String>,

    /// The moment that is judged. At `deploy`, right before a job ships: the commit is judged by the tip of the default
    /// branch, for what it changes since GitHub's newest successful deployment into the environment, and the exit is the
    /// gate. What was deployed is asked of GitHub (`GITHUB_REPOSITORY`, `GITHUB_TOKEN`).
    #[arg(long, value_name = "MOMENT", value_enum)]
    pub at: Option<Moment>,

    /// Judge this service, whatever paths changed; may be given several times.
    #[arg(long, value_name = "NAME", conflicts_with = "post")]
    pub service: Vec<String>,

    /// Judge the change as one of this class (`hotfix`).
    #[arg(long, value_name = "NAME", conflicts_with = "post")]
    pub class: Option<String>,

    /// How much of the rollout is judged: a clause may restrict changes to a canary. By default a pull request is
    /// judged as a canary and everything else as a full rollout.
    #[arg(long, value_name = "ROLLOUT", value_parser = PossibleValuesParser::new([Rollout::Canary.as_str(), Rollout::Full.as_str()]))]
    pub rollout: Option<String>,

    /// The instant to judge at, in RFC 3339; by default the present, or the end of a recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = instant, conflicts_with = "post")]
    pub now: Option<jiff::Timestamp>,

    /// How to print the verdict: `json` is `schemas/report.v1.json`, `markdown` the comment on a pull request.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,

    /// Where budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// Write the observations that the verdict rests on, to judge them again offline.
    #[arg(long, value_name = "FILE")]
    pub save_observations: Option<PathBuf>,

    /// Print the requests that would be made of the monitoring system, what each is for and how many there are; make
    /// none, and judge nothing.
    #[arg(long, conflicts_with_all = ["post", "format", "save_observations"])]
    pub plan: bool,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,

    /// Tell what a run of GitHub Actions is about: a pull request by comment, a commit (of a pull request, a merge group,
    /// a push, a deploy) by its status, and every run by step summary, outputs and annotations. A run that names no change
    /// looks at every service at the tip of the default branch. What pull requests make of settings and SLOs is told as
    /// well: in words, with what was left of the budgets, and with what would be wrong behind it.
    #[arg(long, conflicts_with = "observations")]
    pub post: bool,

    /// With --post, the branches that the gate is for, as globs with spaces between them (`main release/*`); all by default.
    /// A change that goes into another one is none of its business: nothing is read there and nothing is told. Whoever may
    /// push can open a pull request into a branch whose settings and queries are their own.
    #[arg(long, value_name = "GLOBS", requires = "post", conflicts_with = "at")]
    pub branches: Option<Branches>,

    /// Judge nothing: close the commit status that an earlier step of this very run left pending, because its process was
    /// killed. For a last step that always runs, with the same arguments as the step before.
    #[arg(long, requires = "post", conflicts_with = "format")]
    pub close: bool,
}

/// How the outcome of tests is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a person at a terminal.
    Text,
    /// For machines: `schemas/test-report.v1.json`.
    Json,
    /// For CI systems that collect the outcome of tests.
    Junit,
}

/// Run the tests of policies.
///
/// Every policy that the settings name has its tests beside it: `payments.test.yaml` tests `payments.rhai`. A case
/// gives some facts, a stretch of history, recorded observations or the report of a check (what `check --format json`
/// printed), and wants clauses, an effect, consequences and instants. Effects are those of an environment that enforces.
/// Reads the work tree; asks no monitoring system. An organisation's own repository has `organization.yaml` instead of
/// settings, and its policies are tested the same way.
#[derive(Debug, Args)]
#[command(after_help = exits(&Exit::OF_TESTS, &[(Exit::Proceed, "passed")]))]
pub struct Test {
    /// The directory that has `slogate.yaml` or `organization.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The organisation's layer, whose classes of change the policies may except.
    #[command(flatten)]
    pub layered: Layered,

    /// Run only the cases whose policy or note contains this.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,

    /// How to print the outcome. Of files that are wrong, `json` and `junit` print what is wrong with them.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TestFormat,

    /// Say what of each policy no case sees: clauses in force, idle and thawed, excepted classes, and comparisons that
    /// never held or always did.
    #[arg(long, conflicts_with = "filter")]
    pub coverage: bool,

    /// Fail below this much coverage.
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min: Option<u8>,
}

/// Reads an instant, with words for people where it is none.
fn instant(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| "write an instant, such as `2026-12-01T03:00Z`".to_owned())
}
