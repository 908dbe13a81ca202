//! What was found and what was written, for a person at a terminal.

use std::fmt::Write as _;

use crate::command::init::draft::WORKFLOW;
use crate::command::init::service::{Origin, Service};
use crate::report::escape::terminal as clean;

/// Rows of one kind that are listed; the rest are counted.
const LISTED: usize = 12;

/// What was found.
#[derive(Debug)]
pub struct Found<'a> {
    /// The services, and where their names came from.
    pub services: (&'a [Service], Origin),
    /// The file that names owners.
    pub owners: Option<&'a str>,
    /// Paths of SLO definitions that are taken, and how many SLOs they define.
    pub definitions: (&'a [String], usize),
    /// Files in a dialect that is not read, with its name.
    pub unread: &'a [(String, String)],
    /// Environments, each with what named it.
    pub environments: Vec<(&'a str, String)>,
    /// The environments that the policy freezes and the workflow asks about.
    pub targets: &'a [String],
    /// Workflows that deploy by their name and name no environment.
    pub deploying: &'a [String],
    /// What is wrong in the broken files that the settings name.
    pub to_mend: &'a [String],
    /// What was passed over.
    pub notes: &'a [String],
}

/// What was found, row by row.
#[must_use]
pub fn found(found: &Found<'_>) -> String {
    let mut out = String::from("Found\n");
    let (services, origin) = found.services;
    let from = match origin {
        Origin::Given => "given by --service",
        Origin::Definitions => "named by SLO definitions",
        Origin::Both => "named by SLO definitions, and guessed from directories",
        Origin::Directories => "guessed from directories",
        Origin::Repository => "named for the directory, because nothing else names one",
    };
    let told = services.iter().map(|service| {
        let team =
            service.team.as_deref().map_or_else(String::new, |team| format!(" of team {}", clean(team)));
        let paths = match service.directories.as_slice() {
            [] => "every path".to_owned(),
            some => some.iter().map(|path| clean(&format!("{path}/"))).collect::<Vec<_>>().join(", "),
        };
        format!("{}{team}: {paths}", clean(&service.name))
    });
    rows(&mut out, "services", std::iter::once(from.to_owned()).chain(told));
    rows(&mut out, "owners", found.owners.map(clean).into_iter());
    let (paths, slos) = found.definitions;
    let counted = (slos > 0).then(|| format!("{slos} defined in"));
    rows(&mut out, "SLOs", counted.into_iter().chain(paths.iter().map(|path| clean(path))));
    let unread = found.unread.iter().map(|(path, dialect)| format!("{}: {}", clean(path), clean(dialect)));
    let advice = (!found.unread.is_empty())
        .then(|| "slogate does not read these versions, so nothing is judged by them".to_owned());
    rows(&mut out, "not read", advice.into_iter().chain(unread));
    let environments = found.environments.iter();
    rows(&mut out, "environments", environments.map(|(name, by)| format!("{name}: {}", clean(by))));
    rows(&mut out, "protects", found.targets.iter().map(|name| clean(name)));
    let deploying = found.deploying.iter();
    rows(&mut out, "deploys", deploying.map(|path| format!("{}: names no environment", clean(path))));
    rows(&mut out, "to mend", found.to_mend.iter().map(|told| clean(told)));
    rows(&mut out, "passed over", found.notes.iter().map(|note| clean(note)));
    out
}

/// Rows under a title; the first stands beside it. Without rows there is no title.
fn rows(out: &mut String, title: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    for (index, row) in rows.iter().take(LISTED).enumerate() {
        let title = if index == 0 { title } else { "" };
        let _ = writeln!(out, "  {title:<12}  {row}");
    }
    if rows.len() > LISTED {
        let _ = writeln!(out, "  {:<12}  and {} more", "", rows.len() - LISTED);
    }
}

/// What was written, what it was held to, and what comes next; of how many tests and files to mend, and for which directory
/// and environment, where that must be said.
#[must_use]
pub fn written(
    paths: &[&str],
    validated: &str,
    (tests, to_mend): (usize, usize),
    (dir, environment): (&str, Option<&str>),
) -> String {
    let mut out = String::from("\nWritten\n");
    for path in paths {
        let open = if path.ends_with(WORKFLOW) { "    # put the hash of a release into it" } else { "" };
        let _ = writeln!(out, "  {}{open}", clean(path));
    }
    let tests = if tests == 1 { "1 test passes".to_owned() } else { format!("{tests} tests pass") };
    let _ = writeln!(out, "\n{}; {tests} and cover 100 % of the policy", validated.trim_end());
    if to_mend > 0 {
        let are =
            if to_mend == 1 { "1 file above is".to_owned() } else { format!("{to_mend} files above are") };
        let _ = writeln!(out, "{are} still to be mended and not counted here: until then nothing is decided");
    }
    let dir = if dir == "." { String::new() } else { format!(" {}", clean(dir)) };
    let environment = environment.map_or_else(String::new, |name| format!(" --environment {}", clean(name)));
    let _ = writeln!(out, "\nNext\n  slogate validate{dir}    # what is still to be filled in");
    let _ = writeln!(
        out,
        "  slogate check{dir}{environment} --prometheus https://prometheus.example    # what it would say now"
    );
    out
}
