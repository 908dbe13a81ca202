//! What is left of SLOs that a change revises although it touches no service of theirs: the verdict does not rest on them,
//! so they are asked about here, by the queries of the base alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::command::basis::{self, Basis};
use crate::command::judge::Case;
use crate::command::watch::{Asked, Watch};
use crate::policy::Subject;
use crate::policy::ruling::Measured;
use crate::report::{BudgetLine, Report};
use crate::source::whole::Answer;

/// The most SLOs that are asked about.
const MOST_ASKED: usize = 20;

/// The budgets of these SLOs of the base that the report does not have, in the judged environment; none where nothing was
/// asked about at all.
pub fn ask(case: &Case<'_>, basis: &Basis, revised: &BTreeSet<&str>, report: &Report) -> Vec<BudgetLine> {
    let settings = &basis.rules.settings;
    let (Some(t), Ok((environment, _))) =
        (report.judged_at, basis::environment(&basis.rules, case.environment.as_deref()))
    else {
        return Vec::new();
    };
    let has = |name: &str| report.budgets.iter().any(|line| line.slo == name);
    let wanted =
        basis.catalog.slos.iter().filter(|slo| {
            revised.contains(slo.name.as_str()) && !has(&slo.name) && slo.holds_in(environment)
        });
    let asked: Vec<Asked<'_>> =
        wanted.filter_map(|slo| Asked::new(settings, slo, environment)).take(MOST_ASKED).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let Ok(watch) = Watch::choose(&case.means.named, &basis.ground, settings, case.means.given) else {
        return Vec::new();
    };
    let depth = |one: &Asked<'_>| (one.slo.period + settings.step - 1) / settings.step;
    let answers = watch.observe(&asked, depth, settings, t);
    let line = |(asked, answer): (&Asked<'_>, Answer)| {
        let slo = asked.slo;
        let subject = Subject::new(slo, asked.environment, settings.services.get(&slo.service));
        let judged =
            |budget| basis.adjustments.applied(budget, slo, asked.environment, settings.excludable).0;
        let budget = answer.budget(slo).map(|budget| Arc::new(judged(budget)));
        let measured = Measured { subject, budget, t };
        BudgetLine::reckon(&measured, &slo.title, slo.objective.share(), slo.period_at(t))
    };
    asked.iter().zip(answers).map(line).collect()
}
