//! The text of postmortems, as the settings name it.
//!
//! `validate` and the comment on a change look at it, and `act` fills it in. A check does not: what is wrong with it
//! stands in no deploy's way.

use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::document;
use crate::report::duty::template::Template;
use crate::settings::Settings;
use crate::tree::TreeError;

/// Reads the template that the settings name, or else takes the one that is built in.
///
/// # Errors
/// When there is no such file, it is no template, or the tree does not answer.
pub fn read(ground: &Ground, settings: &Settings) -> Result<Template, Stop> {
    let Some(named) = &settings.acting.postmortem else { return Ok(Template::default()) };
    let path = &named.path;
    let problem = |message: String, label: &str, help: &str| {
        Diagnostic::error(Code::Unreadable, message).at(named.place.clone(), label).help(help)
    };
    let bytes = match ground.tree.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let message = format!("there is no `{path}` in {}", ground.describe());
            return Err(problem(message, "not there", "write it, or take `act.postmortem` out").into());
        }
        Err(TreeError::Refused(message)) => {
            return Err(problem(message, "cannot be read", "name a file of the repository").into());
        }
        Err(error @ TreeError::Unreachable(_)) => return Err(error.into()),
    };
    Template::read(&document::decode(path, bytes)?).map_err(Stop::Invalid)
}
