//! An SLO that hears nothing: no bad event for two weeks although there was traffic, or no traffic at all.
//!
//! Either nothing fails, and then the objective asks for less than users get, or what fails is not counted. Few events
//! say nothing: that none of them was bad is news only where the objective let some be.

use rust_decimal::Decimal;

use super::observed::{Observed, percent, silenced};
use crate::budget::Budget;
use crate::budget::gap::{Gap, duration};
use crate::diagnostic::{Code, Diagnostic};
use crate::settings::Settings;
use crate::source::promql;

/// How long it must be silent, in seconds: two weeks.
pub const QUIET: i64 = 14 * 86_400;

/// The bad events that the objective must have let pass within that time. Were events bad as often as that, there
/// would be none at all once in twenty times (the rule of three).
const EXPECTED: Decimal = Decimal::from_parts(3, 0, 0, false, 0);

/// The problem of an SLO that hears nothing.
pub(super) fn examine(seen: &Observed<'_>, budget: &Budget) -> Option<Diagnostic> {
    let events = budget.events(QUIET, seen.t).ok()?;
    let (name, within, quiet) = (&seen.slo.name, seen.within(), duration(QUIET));
    if events.total.is_zero() {
        let message = format!("the SLO `{name}` had no events at all{within} in the last {quiet}");
        let help = "without traffic its budget says nothing: look whether the service is still used, and whether the \
                    query and the environment's matchers still count what it does";
        return Some(problem(seen, message, "no traffic", help));
    }
    let objective = budget.objective();
    let expected = objective.allowance() * events.total;
    if events.bad > Decimal::ZERO || expected < EXPECTED {
        return None;
    }
    let message = format!(
        "the SLO `{name}` had no bad event{within} in the last {quiet}, where its objective of {} lets {} of {} be bad",
        percent(objective.share()),
        expected.trunc().normalize(),
        events.total.round().normalize(),
    );
    let help = "look whether failures are counted at all: the query may miss them; where nothing fails, the objective is \
                looser than what users get";
    Some(problem(seen, message, "never bad", help))
}

/// The problem of an SLO of which a source has no series at all; every other reason not to know is no fault of the SLO.
/// That nothing can match is told of the query itself.
pub(super) fn absent(seen: &Observed<'_>, gap: &Gap, settings: &Settings) -> Option<Diagnostic> {
    let Gap::NoData { detail } = gap.cause() else { return None };
    let here = |name: &str| seen.environment.is_none_or(|environment| environment == name);
    let mut environments = settings.environments.iter().filter(|(name, _)| here(name));
    if environments.any(|(_, environment)| promql::excludes(seen.slo, environment)) {
        return None;
    }
    let message = format!("nothing is measured for the SLO `{}`{}: {detail}", seen.slo.name, seen.within());
    Some(problem(seen, message, "measures nothing", "its budget is unknown, which never reads as proceed"))
}

/// A problem at the query of what is bad or good, or where it is said who counts.
fn problem(seen: &Observed<'_>, message: String, label: &str, help: &str) -> Diagnostic {
    let slo = seen.slo;
    let counted = slo.indicator.counters().map(|(part, _, _)| &part.place);
    let place = counted.or(slo.indicator.kept().map(|kept| &kept.said.place)).unwrap_or(&slo.place);
    Diagnostic::warning(Code::SilentSlo, message)
        .at(place.clone(), label)
        .help(format!("{help}; {}", silenced(Code::SilentSlo)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::observed::tests::{observed, slo};
    use super::*;
    use crate::catalog::{Applied, Indicator, Origin, Query, Slo};
    use crate::diagnostic::{Place, SourceText};

    /// Settings with one environment of a label.
    fn settings(label: &str) -> Settings {
        let text = format!(
            "version: 1\nservices: {{shop: {{paths: [s]}}}}\nenvironments: {{p: {{match: {{{label}}}}}}}\n"
        );
        crate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("valid")
    }

    const TWO_WEEKS: usize = 14 * 24;

    /// What is said of 99 % over a day, hour by hour so many bad events of as many as `total`.
    fn said(bad: &[i64], total: i64) -> Option<String> {
        let slo = slo(Decimal::new(99, 2), 86_400);
        let seen = observed(&slo, bad, total);
        examine(&seen, seen.budget.as_ref().expect("a budget")).map(|problem| problem.message)
    }

    #[test]
    fn two_weeks_without_a_bad_event_are_told() {
        let message = said(&[0; TWO_WEEKS], 100).expect("a problem");
        let told = "had no bad event in the last 14d, where its objective of 99 % lets 336 of 33600 be bad";
        assert!(message.ends_with(told), "{message}");
        let mut bad = [0; TWO_WEEKS];
        bad[0] = 1;
        assert_eq!(said(&bad, 100), None, "one is enough");
        assert_eq!(said(&[0; TWO_WEEKS - 1], 100), None, "not two weeks yet");
    }

    #[test]
    fn a_bad_event_of_three_weeks_ago_is_no_news() {
        let mut bad = [0; TWO_WEEKS * 3 / 2];
        bad[0] = 50;
        assert!(said(&bad, 100).is_some());
    }

    #[test]
    fn too_few_events_for_a_bad_one_are_no_silence() {
        assert_eq!(
            said(&[0; TWO_WEEKS], 0).as_deref(),
            Some("the SLO `checkout` had no events at all in the last 14d")
        );
        assert!(said(&[0; TWO_WEEKS], 1).is_some(), "336 events, of which 3.36 may be bad");
        let strict = slo(Decimal::new(9999, 4), 86_400);
        let seen = observed(&strict, &[0; TWO_WEEKS], 1);
        assert_eq!(
            examine(&seen, seen.budget.as_ref().expect("a budget")),
            None,
            "336 events, of which none may be"
        );
    }

    #[test]
    fn a_series_that_is_not_there_is_told_and_a_server_that_is_not_is_no_fault_of_the_slo() {
        let slo = slo(Decimal::new(99, 2), 86_400);
        let seen = observed(&slo, &[], 0);
        let gone = Gap::NoData { detail: "no series matches `bad`".to_owned() };
        let problem = absent(&seen, &gone, &settings("env: prod")).expect("a problem");
        assert_eq!(problem.message, "nothing is measured for the SLO `checkout`: no series matches `bad`");
        let unreachable = Gap::Unreachable { detail: "no answer".to_owned() };
        assert_eq!(absent(&seen, &unreachable, &settings("env: prod")), None);
    }

    #[test]
    fn a_query_that_excludes_its_environment_or_endpoint_is_told_once() {
        let labelled = |part: &str| {
            let mut slo = slo(Decimal::new(99, 2), 86_400);
            let source = SourceText::new("a.yaml", part);
            let query = |text: &str| Query { text: text.to_owned(), place: Place::new(&source, 0..1) };
            slo.indicator = Indicator::Bad { bad: query(part), total: query("total") };
            slo
        };
        let told = |slo: &Slo, environment: Option<&str>, settings: &Settings| {
            let seen = Observed { environment, ..observed(slo, &[], 0) };
            absent(&seen, &Gap::NoData { detail: String::new() }, settings).is_some()
        };
        let prod = settings("env: prod");
        assert!(told(&labelled("b"), None, &prod));
        assert!(!told(&labelled("b{env=\"dev\"}"), None, &prod));
        assert!(!told(&labelled("b{env=\"dev\"}"), Some("p"), &prod));
        assert!(told(&labelled("b{env=\"dev\"}"), Some("elsewhere"), &prod));
        let mut of_endpoint = labelled("b{handler=\"a\"}");
        let matchers = [("handler".to_owned(), "b".to_owned())].into();
        let applied = Applied { of: "d".to_owned(), matchers, except: BTreeSet::new() };
        of_endpoint.origin = Origin::Default(applied);
        assert!(!told(&of_endpoint, None, &prod));
    }
}
