//! What observers left for a gate, and how it comes to it: in a file that somebody names, or on a branch.
//!
//! Both are believed as an endpoint's answer is: by keys, by whom they are made for, and at the present. A file that
//! nobody signed is judged again only at an instant that is asked for, where the settings name keys.

use std::path::Path;

use jiff::Timestamp;

use crate::budget::gap::{Gap, duration};
use crate::command::ground::{Ground, OnBranch};
use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::settings::{Observers, Settings};
use crate::source::Source;
use crate::source::delivered::{self, Believed, Delivered};

/// Whose observations the settings believe.
pub(super) fn believed(settings: &Settings) -> Believed {
    let observers = settings.observers.as_ref();
    Believed {
        audience: observers.map(|observers| observers.audience.clone()),
        keys: observers.map(|observers| observers.keys.clone()).unwrap_or_default(),
    }
}

/// Observations from a file that somebody names outright, and what is to be said of them; `given` is the instant that
/// was asked for outright, where there is one.
///
/// # Errors
/// When the file is no observations, or of another step.
pub(super) fn of_file<'a>(
    name: String,
    bytes: Vec<u8>,
    settings: &Settings,
    given: Option<Timestamp>,
) -> Result<(Box<dyn Source + 'a>, Option<String>), Stop> {
    let believed = believed(settings);
    if believed.keys.is_empty() {
        return Ok((recorded(&name, bytes, settings)?, None));
    }
    if delivered::is_signed(&bytes) {
        return Ok((Box::new(Delivered::read(name, Ok(bytes), believed)), None));
    }
    if given.is_some() {
        let note = format!("`{name}` is not signed; judged because --now was given");
        return Ok((recorded(&name, bytes, settings)?, Some(note)));
    }
    let detail = format!("`{name}` is not believed: nobody signed it, and the settings name keys");
    let help = "let `slogate observe` write it, or give --now to judge a saved file again";
    let gap = Gap::Untrusted { detail }.hinted(help);
    Ok((Box::new(Delivered::read(name, Err(gap), believed)), None))
}

/// A recording, which must be of the step of the settings.
fn recorded<'a>(name: &str, bytes: Vec<u8>, settings: &Settings) -> Result<Box<dyn Source + 'a>, Stop> {
    let recorded = delivered::file(name, bytes)?;
    if recorded.step() != settings.step {
        let (its, ours) = (duration(recorded.step()), duration(settings.step));
        let message = format!("`{name}` was recorded with a step of {its}, and the settings have {ours}");
        let help = "judge it with the settings that it was recorded with, or record it again";
        return Err(Diagnostic::error(Code::WrongValue, message).help(help).into());
    }
    Ok(Box::new(recorded))
}

/// The observations on the branch that the settings name, or why there are none.
pub(super) fn on_branch<'a>(
    observers: &Observers,
    ground: &Ground,
    root: &Path,
    believed: Believed,
) -> Delivered<'a> {
    let unreachable = |detail: String| Gap::Unreachable { detail };
    let Some(branch) = &observers.branch else {
        let detail = "the settings believe observations and name no branch: set SLOGATE_OBSERVATIONS_URL";
        return Delivered::read("of nobody".to_owned(), Err(unreachable(detail.to_owned())), believed);
    };
    let path = &observers.path;
    let name = format!("{path} on {branch}");
    let gap = match ground.on_branch(branch, path, root) {
        Ok(OnBranch::File(id, bytes)) => {
            let name = format!("{name} @ {}", id.get(..7).unwrap_or(&id));
            return Delivered::read(name, Ok(bytes), believed);
        }
        Ok(OnBranch::NoFile) => unreachable(format!("there is no `{path}` on the branch `{branch}`"))
            .hinted("let `slogate observe --branch` write it, and push the branch"),
        Ok(OnBranch::NoBranch) => unreachable(format!("there is no branch `{branch}`"))
            .hinted("let `slogate observe --branch` write it, and push the branch"),
        Ok(OnBranch::NotHere) => unreachable(format!(
            "the branch `{branch}` is not in this clone; fetch it: `git fetch origin \
             +{branch}:refs/remotes/origin/{branch}`"
        ))
        .hinted("fetch the branch before the check; where `origin` lacks it, let `slogate observe --branch` write it"),
        Err(error) => unreachable(format!("the branch `{branch}` cannot be read: {error}")),
    };
    Delivered::read(name, Err(gap), believed)
}
