//! OpenSLO v1alpha: SLOs and services, each SLO whole in one document.
//!
//! What later versions give names of their own stands inline here: a ratio in its objective, a period as a unit and a
//! count. Slices of time have no length in this version; one of a minute is meant.

use super::super::calendar::{self, Calendar, Every};
use super::super::{
    Comparison, Found, Indicator, Method, Origin, Query, Slo, about, dialect, period, requirement, target,
};
use super::indicator::{Aim, compared, counts, idle, is_read};
use super::{Called, called, objective, otherwise};
use crate::catalog::annotation::Annotations;
use crate::diagnostic::Diagnostic;
use crate::document::{Part, RuleSet, Schema};
use crate::settings::Settings;

/// The kinds of document that it has.
pub(in crate::catalog) const KINDS: [&str; 2] = ["SLO", "Service"];

/// The length of a slice of time, in seconds.
const SLICE: i64 = 60;

/// The SLOs of a document, one for each objective; what is wrong with it is told.
pub(in crate::catalog) fn slos(
    part: Part<'_>,
    settings: &Settings,
    found: &mut Found,
    problems: &mut Vec<Diagnostic>,
) {
    let told = problems.len();
    problems.extend(part.check_by(Schema::OpenSloV1Alpha, settings.slo_rules));
    if part.get("kind").and_then(Part::text) != Some("SLO") {
        return;
    }
    let Some(spec) = part.get("spec") else { return };
    let named = spec.get("service");
    let service = named.and_then(|part| dialect::service(part, part.text()?, settings, problems));
    let window = window(spec, settings.step, problems);
    let objectives: Vec<Part<'_>> = spec.get("objectives").into_iter().flat_map(Part::items).collect();
    let broken = problems.iter().skip(told).any(Diagnostic::is_error);
    let several = objectives.len() > 1;
    for (index, aim) in objectives.into_iter().enumerate() {
        let told = problems.len();
        let share = objective::objective(aim, problems);
        let method = method(spec, aim);
        let called = called(part, aim, several.then_some(index));
        let name = called.as_ref().map(|called| called.name.as_str());
        let annotations = Annotations::of(part, name, &[], settings, problems);
        let terms = annotations.terms(share, problems);
        requirement::idle(&annotations, method.as_ref(), problems);
        let about = about::about(&annotations, settings, problems);
        let indicator = indicator(spec, aim, settings.slo_rules, problems);
        let otherwise = otherwise(called.as_ref().filter(|_| !several), indicator.as_ref());
        let read = || {
            let Called { name, title, place } = called?;
            let (period, calendar) = window.clone()?;
            Some(Slo {
                name,
                service: service?.to_owned(),
                title,
                objective: share?,
                period,
                period_place: spec.at("/timeWindows/0/count")?.place(),
                terms,
                about,
                origin: Origin::Explicit,
                calendar,
                method: method?,
                indicator: indicator?,
                alerts: Vec::new(),
                place,
                objective_place: super::target(aim),
            })
        };
        let read = read();
        dialect::account(aim, read.is_some() || broken, told, problems);
        found.take(read, otherwise);
    }
}

/// The length of the one period in seconds, the longest one where they follow the calendar, and that calendar.
fn window(spec: Part<'_>, step: i64, problems: &mut Vec<Diagnostic>) -> Option<(i64, Option<Calendar>)> {
    let window = spec.get("timeWindows")?.items().next()?;
    let (unit, count) = (window.get("unit")?, window.get("count")?);
    let (letter, length) = match unit.text()? {
        "Second" => ('s', 1),
        "Day" => ('d', period::DAY),
        "Week" => ('w', 7 * period::DAY),
        "Month" => ('M', 30 * period::DAY),
        "Quarter" => ('Q', 90 * period::DAY),
        _ => return None,
    };
    let text = format!("{} {}", count.number()?, unit.text()?);
    let number = count.number()?.parse().unwrap_or(i64::MAX);
    let length = period::length(count, &text, number.saturating_mul(length), step, problems);
    let Some(written) = window.get("calendar") else { return Some((length?, None)) };
    let calendar = calendar::read(written, Every::of(number, letter)?, problems);
    length.and(calendar).map(|calendar| (calendar.longest(), Some(calendar)))
}

/// How good and bad are counted.
fn method(spec: Part<'_>, objective: Part<'_>) -> Option<Method> {
    let part = spec.get("budgetingMethod")?;
    match part.text()? {
        "Occurrences" => Some(Method::Occurrences),
        "Timeslices" => {
            let target = target::decimal(objective.get("timeSliceTarget")?.number()?)?;
            Some(Method::Timeslices { target, window: SLICE, place: part.key_place() })
        }
        _ => None,
    }
}

/// What an objective counts.
fn indicator(
    spec: Part<'_>,
    objective: Part<'_>,
    rules: RuleSet,
    problems: &mut Vec<Diagnostic>,
) -> Option<Indicator> {
    let metric = |part: Part<'_>| {
        let (source, query) = (part.get("source")?, part.get("query")?);
        let foreign = source.text().filter(|name| !is_read(name));
        let read = Query { text: query.text()?.to_owned(), place: query.place() };
        Some(match foreign {
            Some(system) => Err(Indicator::Foreign { system: system.to_owned(), place: source.place() }),
            None => Ok(read),
        })
    };
    if let Some(part) = spec.at("/indicator/thresholdMetric") {
        let (comparison, threshold): (Comparison, _) = compared(objective, rules, problems)?;
        return Some(match metric(part)? {
            Ok(value) => Indicator::Threshold { value, comparison, threshold },
            Err(foreign) => foreign,
        });
    }
    let ratio = objective.get("ratioMetrics")?;
    // A number is asked for beside every ratio by the strictest rules, so only what compares is without effect.
    idle(Aim { part: objective, inline: true }, &["op"], rules, problems);
    let (good, total) = match (metric(ratio.get("good")?)?, metric(ratio.get("total")?)?) {
        (Ok(good), Ok(total)) => (good, total),
        (Err(foreign), _) | (Ok(_), Err(foreign)) => return Some(foreign),
    };
    let said = ratio.get("incremental");
    Some(if counts(said, &[&good, &total]) {
        Indicator::Good { good, total }
    } else {
        Indicator::Gauges { part: good, total, is_good: true, place: said.unwrap_or(ratio).key_place() }
    })
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::super::super::load;
    use super::*;
    use crate::diagnostic::{Code, SourceText};

    /// An SLO that can be judged.
    const SLO: &str = r"
apiVersion: openslo/v1alpha
kind: SLO
metadata: { name: search-answers, displayName: Search answers }
spec:
  service: search
  budgetingMethod: Occurrences
  timeWindows: [{ unit: Week, count: 4 }]
  objectives:
    - target: 0.995
      ratioMetrics:
        good: { source: prometheus, queryType: promql, query: 'sum(rate(ok_total[{{.window}}]))' }
        total: { source: prometheus, queryType: promql, query: 'sum(rate(all_total[{{.window}}]))' }
";

    /// The SLOs and problems of a text under a set of rules.
    fn loaded(text: &str, rules: &str) -> (Vec<Slo>, Vec<Diagnostic>) {
        let settings = format!(
            "version: 1\nslo_rules: {rules}\nservices: {{search: {{paths: [s]}}}}\nenvironments: {{p: {{}}}}\n"
        );
        let settings =
            crate::settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("it is valid");
        let (catalog, problems) = load(&[SourceText::new("a.yaml", text)], &settings);
        (catalog.slos, problems)
    }

    #[test]
    fn an_slo_is_read_exactly() {
        let (slos, problems) = loaded(SLO, "spec");
        assert_eq!(problems, []);
        assert_eq!((slos[0].name.as_str(), slos[0].title.as_str()), ("search-answers", "Search answers"));
        assert_eq!((slos[0].objective.share(), slos[0].period), (Decimal::new(995, 3), 28 * 86_400));
        assert!(matches!(slos[0].indicator, Indicator::Good { .. }));
        assert!(slos[0].unreckoned(300).is_empty());
    }

    #[test]
    fn what_is_not_judged_yet_is_read_and_told() {
        let threshold = "indicator: { thresholdMetric: { source: prometheus, queryType: promql, query: q } }\n  objectives: [{ target: 0.9, op: lt, value: 0.3 }]\n";
        let (head, _) = SLO.split_once("objectives:").expect("it is there");
        for (text, means) in [
            (format!("{head}{threshold}"), "threshold"),
            (
                SLO.replace("Occurrences", "Timeslices")
                    .replace("0.995", "0.995\n      timeSliceTarget: 0.9"),
                "slices of 60 seconds",
            ),
            (SLO.replace("rate(", "max("), "gauges"),
            (SLO.replace("total:", "incremental: false\n        total:"), "gauges"),
            (SLO.replace("source: prometheus", "source: datadog"), "datadog"),
        ] {
            let (slos, problems) = loaded(&text, "spec");
            assert_eq!((slos.len(), problems.len()), (1, 1), "{problems:#?}");
            assert_eq!((problems[0].code, problems[0].is_error()), (Code::Unsupported, false));
            assert!(problems[0].message.contains(means), "{problems:#?}");
        }
    }

    #[test]
    fn a_period_by_the_calendar_is_read() {
        let calendar = "Month, count: 1, calendar: { startTime: '2026-01-01 00:00:00', timeZone: UTC }";
        let (slos, problems) = loaded(&SLO.replace("Week, count: 4", calendar), "spec");
        assert_eq!(problems, []);
        assert_eq!(slos[0].period_at(1_771_000_000), 28 * 86_400, "in February");
    }

    #[test]
    fn the_strictest_rules_ask_for_more() {
        let (_, problems) = loaded(SLO, "strict");
        let rules: Vec<&str> =
            problems.iter().filter_map(|problem| Some(problem.help.rsplit_once('[')?.1)).collect();
        assert_eq!(rules, ["openslo/rolling-not-said, strict]", "openslo/objective-without-value, strict]"]);
    }

    #[test]
    fn a_kind_that_this_version_has_not_is_refused() {
        let (_, problems) = loaded(
            "apiVersion: openslo/v1alpha\nkind: AlertNotificationTarget\nmetadata: { name: a }\nspec: { target: b }\n",
            "lenient",
        );
        assert!(problems[0].help.starts_with("write one of `SLO` and `Service`"), "{problems:#?}");
    }
}
