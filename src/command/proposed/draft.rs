//! The law behind a change, as far as it can be read.

use crate::command::basis::Basis;
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law::{self, Law, Rules};
use crate::command::proposed::MOST_FILES;
use crate::diagnostic::Diagnostic;
use crate::settings;

/// What is written behind a change.
pub struct Draft {
    /// Its settings; those of the base where its own cannot be used.
    pub rules: Rules,
    /// The SLOs, policies and adjustments.
    pub law: Law,
    /// What is wrong in any of it.
    pub problems: Vec<Diagnostic>,
}

impl Draft {
    /// Something in it is wrong, so that not all of it is known.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(Diagnostic::is_error)
    }
}

/// Reads what is written behind a change.
///
/// # Errors
/// When it cannot be read, or is too much.
pub fn read(
    at_head: &Ground,
    basis: &Basis,
    changed: &[String],
    untold: &mut Vec<String>,
) -> Result<Draft, String> {
    let mut problems = Vec::new();
    let organization = basis.rules.organization.clone();
    let rules = match law::read_rules(at_head, Ok(organization), &mut problems) {
        Ok(rules) => rules,
        Err(Stop::Invalid(found)) => {
            problems.extend(found);
            untold.push(
                "the settings of this change cannot be used, so its SLOs and policies are read by those of the base"
                    .to_owned(),
            );
            Rules {
                settings: basis.rules.settings.clone(),
                organization: basis.rules.organization.clone(),
                notes: Vec::new(),
                problems: Vec::new(),
            }
        }
        Err(stop) => return Err(why(stop)),
    };
    bound(at_head, basis, &rules, changed)?;
    let law = law::read(at_head, &rules).map_err(why)?;
    problems.extend(law.problems.iter().cloned());
    Ok(Draft { rules, law, problems })
}

/// Refuses to read more files than are read for one change.
fn bound(at_head: &Ground, basis: &Basis, rules: &Rules, changed: &[String]) -> Result<(), String> {
    let paths = at_head.tree.paths().map_err(|error| error.to_string())?;
    let globs = |rules: &Rules| {
        let settings = &rules.settings;
        [&settings.slos, &settings.policies, &settings.adjustments].map(settings::glob)
    };
    let (before, after) = (globs(&basis.rules), globs(rules));
    let within = |globs: &[settings::Matcher], path: &str| globs.iter().any(|globs| globs.is_match(path));
    let fresh = |path: &&String| within(&after, path) && (changed.contains(path) || !within(&before, path));
    if paths.iter().filter(fresh).count() > MOST_FILES {
        return Err(format!("more than {MOST_FILES} files of SLOs and policies would have to be read"));
    }
    Ok(())
}

/// Why nothing could be read.
fn why(stop: Stop) -> String {
    match stop {
        Stop::Usage(why) | Stop::Unknown(why) => why,
        Stop::Invalid(found) => found.first().map(|first| first.message.clone()).unwrap_or_default(),
    }
}
