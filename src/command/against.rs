//! Policies against what they were: a text that changed is another agreement, and says so by a higher version.
//!
//! What was agreed is read from another commit, under the settings of that commit. A policy is the same one where it
//! has the same path, or else the same name; a new one stands in for those that are gone and covered its services. A
//! text that no longer differs from where the branch began was changed by others and is theirs to number.

use std::collections::BTreeMap;

use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law::{self, Law, Rules};
use crate::diagnostic::{self, Code, Diagnostic, SourceText};
use crate::document;
use crate::policy::version::Version;
use crate::policy::{Names, Policy};
use crate::settings;

/// Compares the policies of a law with those at another commit.
///
/// # Errors
/// When the other commit, or what is here, cannot be read.
pub fn compare(ground: &Ground, rules: &Rules, law: &Law, other: &Ground) -> Result<Vec<Diagnostic>, Stop> {
    let mut problems = Vec::new();
    let before = Before::read(rules, other)?;
    let begin = other.forked(ground);
    let at_begin = |path: &str| begin.as_ref().map(|tree| tree.read(path).ok().flatten());
    let globs = settings::glob(&rules.settings.policies);
    let mut here = ground.tree.paths()?;
    here.retain(|path| globs.is_match(path));
    for policy in law.policies.iter().filter(|policy| !policy.header.scope.organization) {
        let replaced = || before.replaced(policy, rules, &here);
        let olds = before.of(policy.source.path(), &here).map_or_else(replaced, |old| vec![old]);
        let untouched = at_begin(policy.source.path())
            .flatten()
            .is_some_and(|bytes| bytes == policy.source.text().as_bytes());
        for old in olds.into_iter().filter(|old| old.text() != policy.source.text() && !untouched) {
            problems.extend(unraised(policy, old, &before));
        }
    }
    // With a mistake in one of them, nobody can say which services the others leave.
    if !law.problems.iter().any(Diagnostic::is_error) {
        for old in before.texts.values() {
            let kept = here.iter().filter_map(|path| before.of(path, &here));
            let gone = kept.into_iter().all(|kept| kept.path() != old.path());
            if gone && at_begin(old.path()).is_none_or(|then| then.is_some()) {
                problems.extend(abandoned(old, rules, law, &before));
            }
        }
    }
    Ok(problems)
}

/// The policies at another commit.
struct Before {
    /// What people call the commit.
    name: String,
    /// The texts by path.
    texts: BTreeMap<String, SourceText>,
    /// What the names in them stood for.
    names: Names,
}

impl Before {
    /// Reads the policies of another commit; one without settings had none.
    fn read(rules: &Rules, other: &Ground) -> Result<Self, Stop> {
        let name = other.base.as_ref().map_or_else(String::new, |base| base.name.clone());
        let then = match law::read_rules(other, Ok(rules.organization.clone()), &mut Vec::new()) {
            Ok(then) => then.settings,
            // What was broken there was no agreement; its texts are still what this one differs from.
            Err(Stop::Invalid(_)) => rules.settings.clone(),
            Err(stop) => return Err(stop),
        };
        let paths = other.tree.paths()?;
        let found = law::read_all(other, &paths, &then.policies, settings::FILE, &mut Vec::new())?;
        let mut texts: BTreeMap<String, SourceText> =
            found.into_iter().map(|text| (text.path().to_owned(), text)).collect();
        // A policy that the globs did not name then has a text there all the same.
        for path in paths {
            if texts.contains_key(&path) || !settings::glob(&rules.settings.policies).is_match(&path) {
                continue;
            }
            if let Some(Ok(text)) = other.tree.read(&path)?.map(|bytes| document::decode(&path, bytes)) {
                texts.insert(path, text);
            }
        }
        Ok(Self { name, texts, names: law::names(&then) })
    }

    /// What the policy at a path was: the text at the same path, or else one of the same name whose path is nobody's
    /// of those that are `here` now.
    fn of(&self, path: &str, here: &[String]) -> Option<&SourceText> {
        let moved = |text: &&SourceText| {
            name(text.path()) == name(path) && !here.iter().any(|taken| taken == text.path())
        };
        self.texts.get(path).or_else(|| self.texts.values().find(moved))
    }

    /// The texts that a policy of a new name stands in for: those that are gone, and covered a service that it covers.
    fn replaced(&self, policy: &Policy, rules: &Rules, here: &[String]) -> Vec<&SourceText> {
        let gone = |text: &&SourceText| {
            let kept =
                here.iter().any(|path| self.of(path, here).is_some_and(|old| old.path() == text.path()));
            let covers = |old: Policy| {
                rules.settings.services.iter().any(|(name, service)| {
                    let team = service.team.as_deref();
                    old.covers(name, team) && policy.covers(name, team)
                })
            };
            !kept && self.load(text).is_some_and(covers)
        };
        self.texts.values().filter(gone).collect()
    }

    /// A text as a policy, under the names of its time.
    fn load(&self, text: &SourceText) -> Option<Policy> {
        Policy::load(text, &self.names).ok().map(|(policy, _)| policy)
    }
}

/// A file's name without its directory.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What is wrong with the version of a policy whose text changed.
fn unraised(policy: &Policy, old: &SourceText, before: &Before) -> Option<Diagnostic> {
    let id = &policy.id;
    let moved = policy.source.path() != old.path();
    let name = if moved { format!("{}:{}", before.name, old.path()) } else { before.name.clone() };
    let now = &policy.header.version;
    let place = policy.value_place("version");
    let Some(then) = before.load(old).map(|old| old.header.version) else {
        let message =
            format!("the version of the policy `{id}` cannot be compared: at `{name}` it has mistakes");
        let problem = Diagnostic::warning(Code::Version, message).at(place, "not compared");
        return Some(problem.help("look whether it is above the last one that was agreed"));
    };
    let error = |message: String, label: &str, help: String| {
        Some(Diagnostic::error(Code::Version, message).at(place.clone(), label).help(help))
    };
    // Both were read, so that both are versions.
    let (version, agreed) = (now.parse::<Version>().ok()?, then.parse::<Version>().ok()?);
    if version > agreed {
        return None;
    }
    let help = format!("{then} is already agreed: write {}", agreed.next());
    if version == agreed {
        let message = format!("the policy `{id}` differs from `{name}`, and its version is still {now}");
        return error(message, "the same as there", help);
    }
    let message =
        format!("the policy `{id}` differs from `{name}`, and its version falls from {then} to {now}");
    error(message, "lower than there", help)
}

/// The warning about a policy that is gone, where it leaves services without one.
fn abandoned(old: &SourceText, rules: &Rules, law: &Law, before: &Before) -> Option<Diagnostic> {
    let gone = before.load(old)?;
    let left = rules.settings.services.iter().filter(|(name, service)| {
        let covers = |policy: &Policy| policy.covers(name, service.team.as_deref());
        covers(&gone) && !law.policies.iter().any(covers)
    });
    let left: Vec<&str> = left.map(|(name, _)| name.as_str()).collect();
    if left.is_empty() {
        return None;
    }
    let services = if left.len() == 1 { "service" } else { "services" };
    let message = format!(
        "the policy `{}` of `{}` is gone, and leaves the {services} {} without one",
        gone.id,
        before.name,
        diagnostic::list(&left)
    );
    let place = left.first().and_then(|name| rules.settings.services.get(*name))?.place.clone();
    let problem = Diagnostic::warning(Code::ServiceWithoutPolicy, message).at(place, "it covered this");
    Some(problem.help("cover them by another policy, or take them out of the settings as well"))
}
