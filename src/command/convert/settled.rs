//! The settings that a conversion stands under: those of the directory that is given, or of the nearest one above it.
//!
//! The nearest one is looked for up to the root of the repository, and after that where the command was typed. A
//! conversion stands under one file of settings, because definitions refer to each other.

use std::path::{Path, PathBuf};

use crate::catalog::convert::Conversion;
use crate::command::judge::Stop;
use crate::diagnostic::Diagnostic;
use crate::document;
use crate::report::{escape::terminal, figure};
use crate::settings::{self, Settings};
use crate::tree::{Tree as _, WorkTree};

/// The key that says the period of Sloth's SLOs.
const PERIOD: &str = "sloth_period";

/// Settings, and where they stand.
pub(super) struct Settled {
    /// The settings; none where they are broken.
    pub(super) settings: Option<Settings>,
    /// Whether they stand where the command was typed, so that their globs start there.
    pub(super) here: bool,
    /// What their file is called.
    path: String,
    /// Whether they say the period of Sloth's SLOs.
    says_period: bool,
}

/// Finds and reads the settings of some paths; without paths those of the present directory.
///
/// # Errors
/// When they stand under different settings, or those cannot be read.
pub(super) fn find(
    paths: &[PathBuf],
    present: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<Settled>, Stop> {
    let present = present.canonicalize().unwrap_or_else(|_| present.to_owned());
    let usual = nearest(&present);
    let of = |path: &PathBuf| {
        if path.as_os_str() == "-" { usual.clone() } else { above(&present.join(path)).or(usual.clone()) }
    };
    let mut found = paths.iter().map(|path| (path, of(path)));
    let directory = match found.next() {
        None => usual.clone(),
        Some((first, directory)) => {
            if let Some((path, other)) = found.find(|(_, other)| *other != directory) {
                return Err(apart((first, directory), (path, other), &present));
            }
            directory
        }
    };
    let Some(directory) = directory else { return Ok(None) };
    let Some(bytes) = WorkTree::new(&directory).read(settings::FILE)? else { return Ok(None) };
    let path = called(&directory, &present);
    let source = document::decode(&path, bytes)?;
    let documents = document::parse(&source).unwrap_or_default();
    let says_period = documents.iter().any(|document| document.root().get(PERIOD).is_some());
    let (settings, found) = settings::load(&source);
    problems.extend(found);
    Ok(Some(Settled { settings, here: directory == present, path, says_period }))
}

/// The directory of the settings of a file or a directory.
fn above(place: &Path) -> Option<PathBuf> {
    let directory = if place.is_dir() { place } else { place.parent()? };
    nearest(&directory.canonicalize().ok()?)
}

/// A directory that has settings, or the nearest one above it in its repository.
fn nearest(directory: &Path) -> Option<PathBuf> {
    for above in directory.ancestors() {
        if above.join(settings::FILE).symlink_metadata().is_ok() {
            return Some(above.to_owned());
        }
        if above.join(".git").exists() {
            return None;
        }
    }
    None
}

/// What the settings of a directory are called where the command was typed.
fn called(directory: &Path, present: &Path) -> String {
    let below = directory.strip_prefix(present).unwrap_or(directory);
    below.join(settings::FILE).to_string_lossy().replace('\\', "/")
}

/// Two paths that stand under different settings.
fn apart(
    (first, one): (&Path, Option<PathBuf>),
    (second, other): (&Path, Option<PathBuf>),
    present: &Path,
) -> Stop {
    let under = |directory: Option<PathBuf>| {
        directory.map_or_else(
            || format!("no `{}`", settings::FILE),
            |directory| format!("`{}`", called(&directory, present)),
        )
    };
    Stop::Usage(format!(
        "`{}` stands under {} and `{}` under {}: convert them one after the other",
        first.display(),
        under(one),
        second.display(),
        under(other)
    ))
}

/// Which period the SLOs of Sloth got, and who says so; nothing where none is Sloth's.
pub(super) fn period(made: &Conversion, settled: Option<&Settled>) -> Option<String> {
    let period = figure::period(made.sloth_period?);
    let why = match settled {
        None => format!("Sloth's default, because there is no `{}`", settings::FILE),
        Some(Settled { path, says_period: true, .. }) => format!("`{PERIOD}` of `{}`", terminal(path)),
        Some(Settled { path, .. }) => format!("the default, because `{}` has no `{PERIOD}`", terminal(path)),
    };
    Some(format!("files of Sloth say no period; taken is {period}, {why}\n"))
}
