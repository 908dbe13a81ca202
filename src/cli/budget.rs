//! What can be typed after `slogate budget`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::{Layered, Source};

/// How budgets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sheet {
    /// A table for a terminal, one line each; one budget alone with a chart.
    Text,
    /// For machines: `schemas/budgets.v1.json`.
    Json,
    /// A table for a page or a pull request.
    Markdown,
}

/// Show every budget, and what a planned downtime would take of it.
///
/// For each SLO in each environment in which it holds: what is left of its budget (below 0 % it is overdrawn), burn rates
/// over 1h and 24h, its pace (above 1 it ends before its period does), how long it lasts if it goes on as in the last
/// 24h, and a curve of what was left over its last period. The worst stand first, and budgets that are not known behind
/// those that are gone, with the reason and what to do about it below. One budget alone is shown with all its figures and
/// a chart as wide as the terminal (`COLUMNS`, 110 when that is not set).
///
/// With --downtime and --at: how much of each budget a planned downtime takes, what would be left without it and with
/// it, the lowest point, whether the budget bears it, when as much is left again, and which clauses of policies would
/// come into force at its end or where least is left. Nothing else burns, and the traffic of one period earlier repeats:
/// which stretch that is, is said where one budget is shown. What a downtime has of a step counts by its share of the step; where an SLO counts slices
/// of time, a slice is judged by the requests that are left to it. A downtime over the end of a calendar's period is
/// split.
///
/// Reads settings and SLOs from DIR as they are there now, and budgets as `check` reads them. Policies are read for
/// --downtime alone, and nothing is decided.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  shown, however little is left\n  2  the command line is wrong\n  3  something written is wrong: settings, SLO; with --downtime also policy\n  4  it could not be read, or is not known for one budget at least\n"
)]
pub struct Budget {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Show this SLO alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub slo: Vec<String>,

    /// Show this service alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,

    /// Show the SLOs that this team answers for alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub team: Vec<String>,

    /// Show this environment alone; by default all of them.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// How long a planned downtime lasts: `20m`, `2h`. May be given several times, each with an --at.
    #[arg(long, value_name = "LENGTH", requires = "at")]
    pub downtime: Vec<String>,

    /// When it begins, in RFC 3339, with or without seconds: `2026-12-01T03:00Z`.
    #[arg(long, value_name = "RFC3339", value_parser = super::instant, requires = "downtime")]
    pub at: Vec<jiff::Timestamp>,

    /// The share of requests that fail meanwhile: `50%`. All of them by default.
    #[arg(long, value_name = "PERCENT", requires = "downtime")]
    pub failing: Option<String>,

    /// Where budgets are read from.
    #[command(flatten)]
    pub source: Source,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,

    /// The instant that budgets are shown at, in RFC 3339; by default the present, or the end of a recorded history.
    #[arg(long, value_name = "RFC3339", value_parser = super::instant)]
    pub now: Option<jiff::Timestamp>,

    /// How to show them.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Sheet,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}
