//! A report that `check --format json` wrote, told to a person.

use std::path::Path;

use crate::command::judge::Stop;
use crate::policy::recorded;
use crate::report::explanation::{self, Page};
use crate::tree;

/// Explains the report in a file; `named` is what the command line calls it.
///
/// # Errors
/// When it cannot be read, or is no report of this version.
pub fn explain(path: &Path, named: &str, page: Page) -> Result<String, Stop> {
    if !path.is_file() {
        return Err(Stop::Usage(format!("there is no file `{named}`")));
    }
    let bytes = tree::read_file(path)?;
    let document = recorded::read(named, bytes).map_err(Stop::Invalid)?;
    Ok(explanation::verdict(document.root(), page))
}
