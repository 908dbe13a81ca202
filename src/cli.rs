//! What can be typed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::change::Rollout;
use crate::diagnostic::Code;
use crate::document::RuleSet;
use crate::verdict::Exit;

/// Error budget policy as code: freeze or proceed, and why.
#[derive(Debug, Parser)]
#[command(name = "slogate", version, about, after_help = exits(&Exit::ALL), arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge a change: may it ship?
    Check(Box<Check>),
    /// Look at settings, SLOs and policies: all that is wrong in them, at once.
    Validate(Validate),
    /// Say in words what a policy agrees, or what the code of a problem means.
    Explain(Explain),
    /// Run the tests of policies.
    Test(Box<Test>),
}

/// How problems are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Underlined where they stand, for a person at a terminal.
    Text,
    /// For machines: a list of problems as in `schemas/report.v1.json`.
    Json,
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
/// Reads what `check` reads and asks no monitoring system. Beyond what must be mended before anything can be decided,
/// it warns of thresholds that an objective can never reach, of conditions that have the same answer for every budget,
/// of clauses that end while they begin, of services that nothing protects.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  nothing must be mended (warnings included, without --strict)\n  2  the command line is wrong\n  3  something written is wrong: settings, SLO, policy\n  4  it could not be read\n"
)]
pub struct Validate {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Read the tip of this branch, tag or commit instead of the work tree.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// Let warnings fail, too.
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

/// Say in words what a policy agrees, or what the code of a problem means.
///
/// A policy is told from its own syntax: change a threshold and the sentence changes. What has no words is quoted.
#[derive(Debug, Args)]
#[command(after_help = codes())]
pub struct Explain {
    /// A policy (`policies/payments.rhai`), or the code of a problem (`unknown-fact`).
    #[arg(value_name = "FILE|CODE")]
    pub what: String,

    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Prose,

    /// The instant that reviews and effective dates are compared with, in RFC 3339; by default the present.
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<jiff::Timestamp>,
}

/// How a verdict is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    Text,
    /// For machines: `schemas/report.v1.json`.
    Json,
    /// As the comment on a pull request.
    Markdown,
}

/// Judge a change: may it ship?
///
/// Reads settings, SLOs and policies as they stand at the tip of the base branch, the budgets from Prometheus or
/// from the recorded history that the settings name, and prints freeze or proceed and everything between: the
/// clause that decided, the numbers it read, until when, and what passes anyway.
#[derive(Debug, Args)]
#[command(after_help = exits(&Exit::ALL))]
pub struct Check {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The environment that the change is shipped to; by default the only one, or `production`.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// The branch, tag or commit that the change goes into: everything that decides is read from it. By default
    /// the base of the pull request that a workflow runs on (`GITHUB_BASE_REF`); without either the work tree is judged.
    #[arg(long, value_name = "REF", conflicts_with = "post")]
    pub base: Option<String>,

    /// The change itself; `HEAD` by default.
    #[arg(long, value_name = "REF", requires = "base")]
    pub head: Option<String>,

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
    #[arg(long, value_name = "RFC3339", conflicts_with = "post")]
    pub now: Option<jiff::Timestamp>,

    /// How to print the verdict.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,

    /// Judge recorded observations instead of asking a monitoring system.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["post", "prometheus"])]
    pub observations: Option<PathBuf>,

    /// Write the observations that the verdict rests on, to judge them again offline.
    #[arg(long, value_name = "FILE")]
    pub save_observations: Option<PathBuf>,

    /// The address of a Prometheus or of what speaks its API; also from `SLOGATE_PROMETHEUS_URL`. A bearer token is
    /// read from `SLOGATE_PROMETHEUS_TOKEN`.
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<String>,

    /// Tell the pull request: comment, commit status, step summary, outputs and annotations.
    #[arg(long)]
    pub post: bool,

    /// Seconds within which everything must be answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub deadline: u64,
}

impl Check {
    /// How much of the rollout is judged.
    #[must_use]
    pub fn rollout(&self, of_pull_request: bool) -> Rollout {
        match self.rollout.as_deref() {
            Some(named) if named == Rollout::Canary.as_str() => Rollout::Canary,
            None if of_pull_request => Rollout::Canary,
            Some(_) | None => Rollout::Full,
        }
    }
}

/// The list of codes, as the help of `explain` ends with it.
#[must_use]
pub fn codes() -> String {
    let rows = Code::ALL.iter().map(|code| format!("  {code}\n"));
    format!("Codes:\n{}", rows.collect::<String>())
}

/// How the outcome of tests is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a person at a terminal.
    Text,
    /// For machines.
    Json,
    /// For CI systems that collect the outcome of tests.
    Junit,
}

/// Run the tests of policies.
///
/// Every policy that the settings name has its tests beside it: `payments.test.yaml` tests `payments.rhai`. A case
/// gives some facts, a stretch of history or recorded observations, and wants clauses, an effect, consequences and
/// instants. Effects are those of an environment that enforces. Reads the work tree; asks no monitoring system.
#[derive(Debug, Args)]
#[command(after_help = exits(&Exit::OF_TESTS))]
pub struct Test {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Run only the cases whose policy or note contains this.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,

    /// How to print the outcome.
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

/// A table of exits, as `--help` ends with it.
fn exits(table: &[(Exit, &str)]) -> String {
    let name = |exit: Exit| {
        if table.len() < Exit::ALL.len() && exit == Exit::Proceed { "passed" } else { exit.as_str() }
    };
    let rows =
        table.iter().map(|(exit, meaning)| format!("  {}  {:<9} {meaning}\n", exit.code(), name(*exit)));
    format!("Exit codes:\n{}", rows.collect::<String>())
}
