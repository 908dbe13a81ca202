//! What can be typed after `slogate definitions`.

use std::path::PathBuf;

use clap::Args;

/// Write what editors need: the words of the policy language, and the schemas of the YAML files.
///
/// Into the directory `.slogate/` below DIR go `slogate.d.rhai`, which the Rhai language server completes policies
/// from, and the JSON Schemas of settings, SLO definitions and policy tests; what is printed says how an editor is told
/// of them. A file that is up to date is left alone. Commit them, so that everybody has the same.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes:\n  0  written, or up to date\n  1  with --check: a file is missing or not up to date\n  2  the command line is wrong\n  5  a file could not be written\n"
)]
pub struct Definitions {
    /// The directory that has `slogate.yaml`.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Write nothing, and fail where a file is missing or not up to date.
    #[arg(long)]
    pub check: bool,
}
