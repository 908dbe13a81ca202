//! What can be typed after `slogate slos`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::Layered;

/// How SLOs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// For a person at a terminal.
    Text,
    /// For machines.
    Json,
}

/// List every SLO in force, where it comes from, and what endpoints lack.
///
/// For each SLO: its endpoint, SLI, objective and period, the days that are left of a period by the calendar, the
/// environments in which it holds, whether it is explicit or a default that holds for an endpoint without one
/// (`slogate.dev/default`), its owner, and the line that defines it. For each service: how many SLIs of its endpoints are
/// covered by explicit SLOs, by defaults and by nothing, and which those are. Availability and latency belong to every
/// endpoint, whatever else the others have.
///
/// Reads SLOs as `check` does and asks no monitoring system. It needs no policy and tells nothing of any: `slogate
/// validate` does. Definitions are read anew at every run and kept nowhere: a
/// change is in force with the next run after it was merged. With --base the commit is named, and its age.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  listed (warnings included)\n  2  the command line is wrong\n  3  something written is wrong: settings, SLO\n  4  it could not be read\n"
)]
pub struct Slos {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Read the tip of this branch, tag or commit instead of the work tree.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,

    /// List this service alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,

    /// List what holds in this environment alone, and what lacks there; by default all environments.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// The organisation's layer.
    #[command(flatten)]
    pub layered: Layered,

    /// The instant from which the days that are left are counted, in RFC 3339; by default the present.
    #[arg(long, value_name = "RFC3339", value_parser = super::instant)]
    pub now: Option<jiff::Timestamp>,

    /// How to list them: `text` is a table for each service, at most 100 columns wide, `json` is `schemas/slos.v1.json`.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Table,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}
