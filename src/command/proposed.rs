//! What a change makes of the settings, SLOs and policies that judge it: read at its head, beside a verdict that stands
//! already.
//!
//! The head's text is data from whoever wrote it. It comes as git objects or by GitHub's API, within a time, a number of
//! files and the limits of every reading. Its policies run in the sandbox of every policy, within a time of their own, on
//! what the base's questions were answered. Whatever becomes of it, the verdict is what it was.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use crate::adjustment;
use crate::catalog::{Catalog, revision};
use crate::command::against;
use crate::command::basis::Basis;
use crate::command::ground::{Ground, Seen};
use crate::command::judge::Case;
use crate::command::known::Known;
use crate::command::proposed::draft::Draft;
use crate::command::touched::Touched;
use crate::command::validate;
use crate::diagnostic::{self, Code, Diagnostic, Place};
use crate::policy::amendment;
use crate::policy::{self, Policy};
use crate::report::Report;
use crate::report::proposed::{Found, Proposed, Retold};
use crate::report::revision::Left;
use crate::settings::{self, Settings};
use crate::source::answered::Answered;
use crate::source::promql;
use crate::tree::Tree;

mod draft;
mod left;
mod outcome;

/// How long reading the head may take.
const TIME: Duration = Duration::from_secs(20);

/// How long its policies may take of that: to declare themselves, and to judge.
const POLICIES: Duration = Duration::from_secs(10);

/// The most files that are read for the head and not for the base already.
const MOST_FILES: usize = 100;

/// The most revisions, and the most problems, that are told.
const MOST_TOLD: usize = 200;

/// What the change makes of what judges it; none where it touches none of that.
pub fn read(
    case: &Case<'_>,
    basis: &Basis,
    seen: Option<&Seen>,
    (report, answered): (&Report, Option<&Answered>),
) -> Option<Proposed> {
    let reading = || catch_unwind(AssertUnwindSafe(|| propose(case, basis, seen?, (report, answered))));
    let read = match &case.github {
        Some(github) => github.within(TIME, reading),
        None => reading(),
    };
    read.unwrap_or_else(|_| {
        Some(untold(Vec::new(), "slogate itself failed on the text of this change, which is a bug in it"))
    })
}

/// That the change touches what judges it, where its head is not read; none where it does not.
pub fn unread(basis: &Basis, seen: Option<&Seen>) -> Option<Proposed> {
    let files = basis.amended(Some(seen?));
    let why = "a sweep does not read what it makes of them; the check of the pull request tells";
    (!files.is_empty()).then(|| untold(files, why))
}

/// Nothing but why.
fn untold(files: Vec<String>, why: &str) -> Proposed {
    Proposed { files, untold: vec![why.to_owned()], ..Proposed::default() }
}

/// Reads the head, and holds it against the base.
fn propose(
    case: &Case<'_>,
    basis: &Basis,
    seen: &Seen,
    (report, answered): (&Report, Option<&Answered>),
) -> Option<Proposed> {
    // What is merged already, or leaves the branch, makes nothing of what judges there.
    if case.passage.is_some_and(|passage| !passage.is_merge()) {
        return None;
    }
    let ground = &basis.ground;
    let head = report.change.head.clone()?;
    let Some(changed) = &seen.paths else {
        let why = "too many paths changed to tell what they make of SLOs and policies";
        return Some(untold(Vec::new(), why));
    };
    let files = basis.amended(Some(seen));
    if files.is_empty() {
        return None;
    }
    if files.len() > MOST_FILES {
        let why = format!(
            "it touches more than {MOST_FILES} files of SLOs and policies, which is too many to read here"
        );
        return Some(untold(files, &why));
    }
    let at_head = match ground.proposed(&head, changed) {
        Ok(at_head) => at_head,
        Err(error) => return Some(untold(files, &format!("the head cannot be read: {error}"))),
    };
    let mut proposed = Proposed {
        files,
        permalink: case.blob.as_ref().map(|blob| format!("{blob}/{head}/{}", ground.prefix)),
        ..Proposed::default()
    };
    let before = ground.before(seen);
    let moved: Vec<String> =
        before.iter().flat_map(|before| moved_on(&**before, &*ground.tree, &proposed.files)).collect();
    for path in &moved {
        proposed.untold.push(format!(
            "`{path}` changed on the base as well since this change began, so what differs in it may not be this change's"
        ));
    }
    let problems = match written(&at_head, basis, changed, &mut proposed.untold) {
        Ok(draft) => {
            let problems = tell(&mut proposed, (case, basis), (&at_head, &draft), report);
            proposed.outcome = Some(outcome::judge(case, seen, (at_head, draft), (report, answered)));
            problems
        }
        // What was found until then may be wrong for want of the rest.
        Err(why) => {
            proposed.untold.push(format!("the head cannot be read: {why}"));
            Vec::new()
        }
    };
    let before = before.unwrap_or_else(|| Rc::clone(&ground.tree));
    let touched = Touched::of(before, Some(changed));
    find(&mut proposed, problems, (basis, report), (touched, &moved));
    Some(proposed)
}

/// Tells the problems that the base has not, and which of them are this change's own: in a file that moved on the base as
/// well, only those on lines that the change touched.
fn find(
    proposed: &mut Proposed,
    mut problems: Vec<Diagnostic>,
    (basis, report): (&Basis, &Report),
    (mut touched, moved): (Touched, &[String]),
) {
    let doubtful = validate::doubtful(&basis.rules, (&basis.catalog, &basis.policies), true);
    let known = Known::of(report.problems.iter().chain(&doubtful));
    problems.retain(|problem| !known.has(problem));
    diagnostic::sort(&mut problems);
    if problems.len() > MOST_TOLD {
        let more = problems.len() - MOST_TOLD;
        proposed.untold.push(format!("{more} more problems are not listed"));
        problems.truncate(MOST_TOLD);
    }
    let alone = |problem: &Diagnostic| {
        problem.place().is_none_or(|place| moved.iter().all(|path| path != place.source.path()))
    };
    let found = |problem: Diagnostic| Found { ours: alone(&problem) || touched.has(&problem), problem };
    proposed.problems = problems.into_iter().map(found).collect();
}

/// What is written at the head, read within its times.
fn written(
    at_head: &Ground,
    basis: &Basis,
    changed: &[String],
    untold: &mut Vec<String>,
) -> Result<Draft, String> {
    let reading = || policy::within(POLICIES, || draft::read(at_head, basis, changed, untold));
    match promql::within(TIME, reading) {
        ((Ok(_), false), _) => Err(format!("its policies take more than {} s", POLICIES.as_secs())),
        ((Ok(_), _), false) => Err(format!("it takes more than {} s", TIME.as_secs())),
        ((read, _), _) => read,
    }
}

/// Tells what is revised, and answers what is wrong.
fn tell(
    proposed: &mut Proposed,
    (case, basis): (&Case<'_>, &Basis),
    (at_head, draft): (&Ground, &Draft),
    report: &Report,
) -> Vec<Diagnostic> {
    let (settings, law) = (&draft.rules.settings, &draft.law);
    let mut problems = draft.problems.clone();
    let is_broken = draft.is_broken();
    let now = report.verdict.evaluated_at;
    proposed.settings = adjustment::revision::compare(&basis.adjustments, &law.adjustments, now);
    if is_broken {
        // What cannot be read is not removed.
        proposed.settings.retain(|one| one.to.is_some());
    }
    proposed.settings.extend(settings::revision::compare(&basis.rules.settings, settings));
    revise(proposed, (case, basis), &law.catalog, is_broken, report);
    amend(proposed, &basis.policies, &law.policies, is_broken);
    let mut doubtful = validate::doubtful(&draft.rules, (&law.catalog, &law.policies), law.complete);
    if !is_broken {
        let new = unprotected(&basis.rules.settings, (settings, &law.catalog));
        doubtful.retain(|one| !new.iter().any(|new| one.code == new.code && one.place() == new.place()));
        problems.extend(new);
    }
    problems.extend(doubtful);
    match against::compare(at_head, &draft.rules, law, &basis.ground) {
        Ok(found) => problems.extend(found),
        Err(_) => proposed.untold.push("the versions of its policies cannot be compared".to_owned()),
    }
    problems
}

/// The files that differ between two trees; a file that cannot be read in either is told elsewhere.
fn moved_on(before: &dyn Tree, now: &dyn Tree, files: &[String]) -> Vec<String> {
    let text = |tree: &dyn Tree, path: &str| tree.read(path).ok().flatten();
    files.iter().filter(|path| text(before, path) != text(now, path)).cloned().collect()
}

/// Tells what is amended. While something is wrong behind the change, a policy that is not seen may still be there.
fn amend(proposed: &mut Proposed, before: &[Policy], after: &[Policy], is_broken: bool) {
    proposed.amendments = amendment::compare(before, after);
    if is_broken {
        proposed.amendments.retain(|one| one.key != "policy" || !one.to.is_empty());
    }
    if proposed.amendments.len() > MOST_TOLD {
        let more = proposed.amendments.len() - MOST_TOLD;
        proposed.untold.push(format!("{more} more policy amendments are not listed"));
        proposed.amendments.truncate(MOST_TOLD);
    }
}

/// Tells what is revised. While something is wrong behind the change, an SLO that is not seen may still be there.
fn revise(
    proposed: &mut Proposed,
    (case, basis): (&Case<'_>, &Basis),
    after: &Catalog,
    is_broken: bool,
    report: &Report,
) {
    let mut revisions = revision::compare(&basis.catalog, after);
    if is_broken {
        let all = revisions.len();
        revisions.retain(|one| !matches!(one.revised, revision::Revised::Removed { .. }));
        if revisions.len() < all {
            proposed
                .untold
                .push("which SLOs are removed cannot be told before the errors are mended".to_owned());
        }
    }
    let names: BTreeSet<&str> = revisions.iter().map(|one| one.slo.as_str()).collect();
    let mut budgets = left::ask(case, basis, &names, report);
    budgets.extend(report.budgets.iter().cloned());
    let retold = |revision: revision::Revision| Retold { left: Left::of(&revision, &budgets), revision };
    proposed.revisions = revisions.into_iter().map(retold).collect();
    proposed.revisions.sort_by_key(|retold| !retold.eases_an_exhausted_budget());
    if proposed.revisions.len() > MOST_TOLD {
        let more = proposed.revisions.len() - MOST_TOLD;
        proposed.untold.push(format!("{more} more SLO revisions are not listed"));
        proposed.revisions.truncate(MOST_TOLD);
    }
}

/// A warning about each service and each endpoint that is new and of which nothing will be known: an SLO comes before the
/// first deployment to production, be it a default.
pub fn unprotected(before: &Settings, (after, catalog): (&Settings, &Catalog)) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut warn = |message: String, place: &Place, label: &str| {
        let help = "write an SLO for it, or a default one, before it is first deployed to production: \
                    until then nothing is known of it";
        let problem = Diagnostic::warning(Code::ServiceWithoutSlo, message);
        problems.push(problem.at(place.clone(), label).help(help));
    };
    for (name, service) in &after.services {
        let known = before.services.get(name);
        if known.is_none() && catalog.of(name).next().is_none() {
            let message = format!("the service `{name}` is new and has no SLO");
            warn(message, &service.place, "no SLO names this service");
            continue;
        }
        let is_known = |endpoint: &String| known.is_some_and(|known| known.endpoints.contains_key(endpoint));
        for (endpoint, declared) in service.endpoints.iter().filter(|(endpoint, _)| !is_known(endpoint)) {
            if catalog.of(name).all(|slo| slo.endpoint() != Some(endpoint.as_str())) {
                let message =
                    format!("the endpoint `{endpoint}` of the service `{name}` is new and has no SLO");
                warn(message, &declared.place, "no SLO names this endpoint");
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::git::tests::repository;
    use crate::tree::GitTree;

    #[test]
    fn a_file_that_the_base_changed_as_well_is_told() {
        let (_dir, repository, first, second) = repository();
        let at = |commit: &str| GitTree::new(Rc::clone(&repository), commit);
        let files = ["slos/a.yaml", "slos/b.yaml", "slogate.yaml", "slos/link.yaml"].map(str::to_owned);
        assert_eq!(moved_on(&at(&first), &at(&second), &files), ["slos/a.yaml", "slos/b.yaml"]);
    }

    #[test]
    fn only_what_is_new_lacks_an_slo_before_its_first_deployment() {
        let settings = |services: &str| {
            let text = format!("version: 1\nservices: {{{services}}}\nenvironments: {{p: {{}}}}\n");
            settings::load(&SourceText::new("slogate.yaml", text)).0.expect("they are valid")
        };
        let (before, after) =
            (settings("old: {paths: [a]}"), settings("old: {paths: [a]}, new: {paths: [b]}"));
        let none = Catalog::default();
        let told = unprotected(&before, (&after, &none));
        let told: Vec<&str> = told.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["the service `new` is new and has no SLO"]);
        assert!(unprotected(&after, (&after, &none)).is_empty());
        let endpoints = settings("old: {paths: [a], endpoints: {pay: {match: {handler: pay}}}}");
        let told = unprotected(&before, (&endpoints, &none));
        let told: Vec<&str> = told.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["the endpoint `pay` of the service `old` is new and has no SLO"]);
    }
}
