//! What can be typed after `slogate vendor`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

/// Make one text of an organisation's layer, for the checks of its teams.
///
/// Reads `organization.yaml` and the policies that it names, checks all of it, and writes one text that begins with
/// its own SHA-256. `check` and `validate` take the text in `SLOGATE_ORGANIZATION`, or in a file by --organization,
/// and judge by whatever is stricter, the team's files or the layer. The digest is of all lines below the first:
/// `tail -n +2 FILE | sha256sum` prints it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  written (warnings included)\n  2  the command line is wrong\n  3  something written is wrong: organization.yaml, policy\n  5  it could not be written\n"
)]
pub struct Vendor {
    /// The directory that has `organization.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Write the text to this file, whole or not at all, instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// When to use colour.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
}
