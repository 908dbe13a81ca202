//! What can be typed after `slogate rules`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::Layered;
use super::ending::series_and;

/// What rules are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// For `rule_files` of Prometheus, and for what reads the same files, such as Thanos and Mimir.
    Prometheus,
    /// For Prometheus's operator on Kubernetes: resources of kind `PrometheusRule`.
    Operator,
}

/// Write recording and alerting rules, so that Prometheus computes windows and raises alerts by itself.
///
/// For every SLO in force that counts events, and every environment in which it holds, with the matchers of the
/// environment and of a default's endpoint in every selector. The series that are recorded stand below.
///
/// Without an event in its window a share is absent, and neither 0 nor NaN. What is left of a budget is recorded for
/// rolling periods, weighs every event alike, and is absent until 90 % of the period's minutes were recorded.
///
/// Alerts go by several windows and burn rates at once, as in the SRE Workbook: `ErrorBudgetBurnsFast` (`severity:
/// page`) when 2 % of the budget go in 1h or 5 % in 6h, `ErrorBudgetBurnsSteadily` (`severity: ticket`) when 10 % go in
/// 1d or in 3d. Each must still hold over a shorter window (5m, 30m, 2h, 6h). For a period of 30 days these are burn
/// rates of 14.4, 6, 3 and 1; for others they follow its length, and are never below 1, the rate at which a budget lasts
/// exactly its period. A burn rate that no failure can reach is left out with a warning. Team, owner, runbook and user
/// journey of an SLO go along.
///
/// An SLO that no rules can be written for is told at its line, and the others are written; --strict writes nothing then.
#[derive(Debug, Args)]
#[command(after_help = series_and("Exit codes:\n  0  written, or up to date (warnings included, without --strict)\n  1  with --check: a file is missing, not up to date, or would not be written any more\n  2  the command line is wrong\n  3  something written is wrong, or a file is in the way; nothing is written\n  4  it could not be read\n  5  it could not be written\n"))]
pub struct Rules {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Write rules for this environment alone; by default for all.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// Write rules for this service alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,

    /// Write to this file (`.yaml` or `.yml`), or a file for each service below this directory, instead of to standard
    /// output. A file that this verb did not write is never overwritten.
    #[arg(long, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,

    /// Write nothing, and fail where a file is missing, not up to date, or would not be written any more.
    #[arg(long, requires = "output")]
    pub check: bool,

    /// What to write them for.
    #[arg(long, value_name = "FORMAT", default_value = "prometheus")]
    pub format: Dialect,

    /// Let warnings fail, too: nothing is written where anything is left out.
    #[arg(long)]
    pub strict: bool,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}
