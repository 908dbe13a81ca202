//! What can be typed after `convert`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

/// Write SLO definitions as OpenSLO v1, from every format that is read.
///
/// Reads Sloth (`prometheus/v1` and its Kubernetes kind), Pyrra, OpenSLO v1alpha and v2alpha, and writes the same SLOs
/// in the terms of OpenSLO v1: names, objectives, periods (Sloth's is `sloth_period` of `slogate.yaml`, 30 days by
/// default), queries, labels and annotations. The settings are those of the directory that is given, or of the nearest
/// one above it in its repository, else of the present directory; which period was taken is told. What is written is read again before anything is, and must be the same
/// SLOs. Services get a document each, and so do data sources that have none. A file that is OpenSLO v1 already is
/// passed on as it is.
///
/// What OpenSLO v1 has no words for is kept in annotations that begin with the format's name, such as
/// `sloth.slogate.dev/alerting`: alerts of Sloth and Pyrra hold on several windows at once, plugins of Sloth, the
/// namespace of a resource. What nothing would read, such as an indicator by a plugin, is a warning at its line.
/// Queries stay as they are; those that leave their window open (`{{.window}}`) are counted, because no other tool fills
/// it in. Comments are lost, and what Kubernetes writes into a resource (`status`, `uid`) is left out.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  written (warnings included, without --strict)\n  1  with --check: a definition is of another format\n  2  the command line is wrong\n  3  something written is wrong, cannot be said in OpenSLO v1, or is in the way; nothing is written\n  5  it could not be read or written; nothing is left behind\n"
)]
pub struct Convert {
    /// Files, directories (all their `.yaml`, `.yml` and `.json` files) or `-` for standard input. By default what
    /// `slos` of `slogate.yaml` names, and without that file the `.yaml`, `.yml` and `.json` files below `slos`.
    #[arg(value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,

    /// Write a file for each that was read, called after it, below this directory instead of to standard output. All
    /// or none; nothing is overwritten.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Write nothing, and fail where a definition is not OpenSLO v1.
    #[arg(long, conflicts_with = "output")]
    pub check: bool,

    /// Let warnings fail, too: nothing is written where anything would be lost.
    #[arg(long)]
    pub strict: bool,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}
