//! What is told of files that the settings name and that are not read, or hold nothing that is.

use crate::catalog::PassedOver;
use crate::diagnostic::{self, Code, Diagnostic, Place};

/// The warning about what a file holds besides SLOs.
pub fn passed_over(one: &PassedOver) -> Diagnostic {
    let path = one.place.source.path();
    let (message, label, help) = match one {
        PassedOver { whole: true, .. } => (
            format!("`{path}` is of no kind that is known, so nothing in it is judged"),
            "of no format that is read",
            "write it in the terms of OpenSLO, Sloth or Pyrra, or leave the file out of `slos`",
        ),
        PassedOver { documents: 1, .. } => (
            format!("a document in `{path}` is of no kind that is known, so nothing in it is judged"),
            "of no format that is read",
            "write it in the terms of OpenSLO, Sloth or Pyrra, or move it to a file that `slos` leaves out",
        ),
        PassedOver { documents, .. } => (
            format!(
                "{documents} documents in `{path}` are of no kind that is known, so nothing in them is judged"
            ),
            "the first of them",
            "write them in the terms of OpenSLO, Sloth or Pyrra, or move them to a file that `slos` leaves out",
        ),
    };
    Diagnostic::warning(Code::Unused, message).at(one.place.clone(), label).help(help)
}

/// The most bytes that are read of all files that some globs match: some 80,000 SLOs.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The files of some globs are too large together.
pub fn too_many_bytes(path: &str, globs: &[String]) -> Diagnostic {
    let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
    let message = format!(
        "the files that match {} are larger than {} MiB together; `{path}` and what follows it is not read",
        diagnostic::list(&globs),
        MOST_BYTES >> 20
    );
    Diagnostic::error(Code::Unreadable, message)
        .at(Place::of_file(path), "not read")
        .help("leave out of the globs what is not meant, or split the repository")
}

/// A link that may lead to a directory in which the globs would find something.
pub fn link(path: &str) -> Diagnostic {
    let message = format!("`{path}` is a symbolic link, which is not followed: nothing behind it is read");
    Diagnostic::error(Code::Unreadable, message)
        .at(Place::of_file(path), "not followed")
        .help("put the directory itself there, name where it lies in the globs, or remove the link")
}

/// A file that was listed and is not there by that name.
pub fn unnamed(path: &str) -> Diagnostic {
    let (message, help) = if path.contains(char::REPLACEMENT_CHARACTER) {
        (format!("the name of the file `{path}` is not UTF-8"), "rename the file")
    } else {
        (format!("`{path}` was there a moment ago, and is gone"), "run it again")
    };
    Diagnostic::error(Code::Unreadable, message).at(Place::of_file(path), "not read").help(help)
}

/// The warning about a file that holds nothing.
pub fn empty(place: &Place) -> Diagnostic {
    let message = format!("`{}` holds nothing, so nothing in it is judged", place.source.path());
    let help = "write an SLO into it, or remove the file";
    Diagnostic::warning(Code::Unused, message).at(place.clone(), "nothing that is read").help(help)
}
