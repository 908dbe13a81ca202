//! Pyrra: an SLO as a resource of Kubernetes (`pyrra.dev/v1alpha1`).
//!
//! Its metrics are bare selectors, so that nobody can write that absence means zero. Pyrra takes absent errors for none;
//! here that holds where errors and all requests are one metric, because then a misspelt name is seen in the other one.
//! The service is the annotation `slogate.dev/service`, else the label `pyrra.dev/service`, else the SLO's own name.

use rust_decimal::Decimal;

use super::annotation::{Annotations, PREFIX};
use super::{
    About, Comparison, Found, GivenUp, Indicator, Method, Origin, Query, Recorder, Slo, about, dialect,
    period, target,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Part, Schema};
use crate::settings::Settings;

/// The kind of the resource.
pub(super) const KINDS: [&str; 1] = ["ServiceLevelObjective"];

/// The annotation that says which service an SLO is about.
pub(super) const SERVICE: &str = "service";
/// Whether Pyrra records what it sums up of short windows.
const FASTER: &str = "performance_over_accuracy";
/// The label that says so to Pyrra.
const LABEL: &str = "pyrra.dev/service";

/// The SLO of a resource; what is wrong with it is told.
pub(super) fn slo(part: Part<'_>, settings: &Settings, found: &mut Found, problems: &mut Vec<Diagnostic>) {
    let told = problems.len();
    let (slo, otherwise) = read(part, settings, problems);
    dialect::account(part, slo.is_some(), told, problems);
    found.take(slo, otherwise);
}

/// The same, when nothing is wrong with it, and what is known of it otherwise.
fn read(part: Part<'_>, settings: &Settings, problems: &mut Vec<Diagnostic>) -> (Option<Slo>, GivenUp) {
    problems.extend(part.check(Schema::Pyrra));
    let metadata = part.get("metadata");
    let service = metadata.and_then(|metadata| service(metadata, settings, problems));
    let spec = part.get("spec");
    let goal = spec.and_then(|spec| spec.get("target"));
    let numeric = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let objective = goal.and_then(|part| {
        target::share(part, part.text().filter(numeric)?, "target", Decimal::ONE_HUNDRED, problems)
    });
    let name = metadata.and_then(|metadata| metadata.get("name"));
    let annotations = Annotations::of(part, name.and_then(Part::text), &[SERVICE], settings, problems);
    let terms = annotations.terms(objective, problems);
    // What Pyrra sums up of five minutes each would agree with the steps of a grid however wrong both are.
    let is_exact = !spec.and_then(|spec| spec.get(FASTER)).and_then(Part::boolean).unwrap_or_default();
    let recorder = is_exact.then_some(Recorder::Pyrra);
    let about = About { recorder, ..about::about(&annotations, settings, problems) };
    let window = spec.and_then(|spec| spec.get("window"));
    let period = window.and_then(|part| {
        let text = part.text()?;
        period::length(part, text, seconds(text)?, settings.step, problems)
    });
    let indicator = spec.and_then(|spec| spec.get("indicator")).and_then(indicator);
    let called = name.and_then(|name| Some((name.text()?.to_owned(), name.place())));
    let otherwise = GivenUp { name: called, indicator: indicator.clone() };
    let read = || {
        let name = name?;
        Some(Slo {
            name: name.text()?.to_owned(),
            service: service?.to_owned(),
            title: name.text()?.to_owned(),
            objective: objective?,
            period: period?,
            period_place: window?.place(),
            terms,
            about,
            origin: Origin::Explicit,
            calendar: None,
            method: Method::Occurrences,
            indicator: indicator?,
            alerts: Vec::new(),
            place: name.place(),
            objective_place: goal?.place(),
        })
    };
    (read(), otherwise)
}

/// Where the metadata of an SLO says which service it is about, if they do.
pub(super) fn said(metadata: Part<'_>) -> Option<Part<'_>> {
    let own = metadata.get("annotations").and_then(|all| all.get(&format!("{PREFIX}{SERVICE}")));
    own.or_else(|| metadata.get("labels").and_then(|all| all.get(LABEL)))
}

/// The service of an SLO.
fn service<'a>(metadata: Part<'a>, settings: &Settings, problems: &mut Vec<Diagnostic>) -> Option<&'a str> {
    if let Some(part) = said(metadata) {
        return dialect::service(part, part.text()?, settings, problems);
    }
    let part = metadata.get("name")?;
    let name = part.text()?;
    if settings.service(name).is_err() {
        let message = format!("which service the SLO `{name}` is about is not said");
        let help = format!(
            "add the annotation `{PREFIX}{SERVICE}: …` with the name of a service; without it the SLO's own name is taken, \
             and no service is called so"
        );
        problems
            .push(Diagnostic::error(Code::UnknownName, message).at(part.place(), "no service").help(help));
        return None;
    }
    Some(name)
}

/// What an SLO counts.
fn indicator(part: Part<'_>) -> Option<Indicator> {
    let query = |part: Part<'_>| {
        let metric = part.get("metric")?;
        Some(Query { text: metric.text()?.to_owned(), place: metric.place() })
    };
    let (inner, one) = if let Some(ratio) = part.get("ratio") {
        let (mut bad, total) = (query(ratio.get("errors")?)?, query(ratio.get("total")?)?);
        if name(&bad.text).is_some_and(|metric| name(&total.text) == Some(metric)) {
            bad.text = format!("{} or vector(0)", bad.text.trim());
        }
        (ratio, Indicator::Bad { bad, total })
    } else if let Some(latency) = part.get("latency") {
        let (good, total) = (query(latency.get("success")?)?, query(latency.get("total")?)?);
        (latency, Indicator::Good { good, total })
    } else if let Some(native) = part.get("latencyNative") {
        let limit = native.get("latency")?.text()?.to_owned();
        (native, Indicator::Histogram { histogram: query(native.get("total")?)?, limit })
    } else {
        let gauge = part.get("bool_gauge")?;
        let (comparison, threshold) = (Comparison::AtLeast, Decimal::ONE);
        (gauge, Indicator::Threshold { value: query(gauge)?, comparison, threshold })
    };
    let grouping = inner.get("grouping").filter(|part| part.items().next().is_some());
    Some(match grouping {
        None => one,
        Some(part) => Indicator::Each {
            labels: part.items().filter_map(Part::text).map(ToOwned::to_owned).collect(),
            place: part.key_place(),
            indicator: Box::new(one),
        },
    })
}

/// The metric's name that a selector begins with.
fn name(selector: &str) -> Option<&str> {
    let name = selector.split('{').next().unwrap_or_default().trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// Seconds of a duration of Prometheus (`4w`, `1h30m`), the largest number there is for one beyond all reckoning; none
/// when it is malformed or has a part below a second.
fn seconds(text: &str) -> Option<i64> {
    let (mut sum, mut rest) = (0_i64, text);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = rest.split_at_checked(digits)?;
        let length = match unit.chars().next()? {
            's' => 1,
            'm' if !unit.starts_with("ms") => 60,
            'h' => 3_600,
            'd' => period::DAY,
            'w' => 7 * period::DAY,
            'y' => 365 * period::DAY,
            _ => return None,
        };
        let count = Some(count).filter(|count| !count.is_empty())?;
        sum = sum.saturating_add(count.parse::<i64>().map_or(i64::MAX, |count| count.saturating_mul(length)));
        rest = unit.get(1..)?;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::diagnostic::SourceText;

    /// An SLO that can be judged.
    const PYRRA: &str = r#"
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: search-errors
  namespace: monitoring
  labels: { prometheus: k8s, pyrra.dev/team: discovery }
  annotations: { slogate.dev/service: search }
spec:
  description: ""
  target: "99.5"
  window: 2w
  indicator:
    ratio:
      errors:
        metric: http_requests_total{job="search", code=~"5.."}
      total:
        metric: http_requests_total{job="search"}
"#;

    /// The SLOs and problems of a text.
    fn loaded(text: &str) -> (Vec<Slo>, Vec<Diagnostic>) {
        let settings = "version: 1\nservices: {search: {paths: [s]}}\nenvironments: {p: {}}\n";
        let settings =
            crate::settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("it is valid");
        let (catalog, problems) = load(&[SourceText::new("a.yaml", text)], &settings);
        (catalog.slos, problems)
    }

    /// The good SLO with another indicator.
    fn with(indicator: &str) -> String {
        let (head, _) = PYRRA.split_once("    ratio:").expect("it is there");
        format!("{head}    {indicator}\n")
    }

    #[test]
    fn an_slo_is_read_exactly() {
        let (slos, problems) = loaded(PYRRA);
        assert_eq!(problems, []);
        assert_eq!((slos[0].name.as_str(), slos[0].service.as_str()), ("search-errors", "search"));
        assert_eq!((slos[0].objective.share(), slos[0].period), (Decimal::new(995, 3), 14 * 86_400));
    }

    #[test]
    fn absent_errors_are_none_only_where_the_total_proves_the_name() {
        let bad = |text: &str| {
            let (slos, problems) = loaded(text);
            let Indicator::Bad { bad, .. } = &slos[0].indicator else { panic!("{problems:#?}") };
            bad.text.clone()
        };
        assert_eq!(bad(PYRRA), "http_requests_total{job=\"search\", code=~\"5..\"} or vector(0)");
        let other = PYRRA
            .replace("metric: http_requests_total{job=\"search\", code=~\"5..\"}", "metric: errors_total");
        assert_eq!(bad(&other), "errors_total");
    }

    #[test]
    fn the_service_is_said_or_is_the_name() {
        let label = PYRRA
            .replace("  annotations: { slogate.dev/service: search }\n", "")
            .replace("pyrra.dev/team: discovery", "pyrra.dev/service: search");
        assert_eq!(loaded(&label).0[0].service, "search");
        let name = PYRRA
            .replace("  annotations: { slogate.dev/service: search }\n", "")
            .replace("name: search-errors", "name: search");
        assert_eq!(loaded(&name).0[0].service, "search");
        let nothing = PYRRA.replace("  annotations: { slogate.dev/service: search }\n", "");
        let (_, problems) = loaded(&nothing);
        assert!(problems[0].help.starts_with("add the annotation `slogate.dev/service: …`"), "{problems:#?}");
        let (_, problems) = loaded(&PYRRA.replace("slogate.dev/service", "slogate.dev/servce"));
        assert_eq!(problems[1].help, "did you mean `slogate.dev/service`?", "{problems:#?}");
    }

    #[test]
    fn every_indicator_is_read_for_what_it_is() {
        let latency = "latency: { success: { metric: 'd_bucket{le=\"0.4\"}' }, total: { metric: d_count } }";
        assert!(matches!(loaded(&with(latency)).0[0].indicator, Indicator::Good { .. }));
        let native = "latencyNative: { latency: 400ms, total: { metric: d } }";
        assert!(
            matches!(&loaded(&with(native)).0[0].indicator, Indicator::Histogram { limit, .. } if limit == "400ms")
        );
        let gauge = "bool_gauge: { metric: probe_success }";
        assert!(matches!(loaded(&with(gauge)).0[0].indicator, Indicator::Threshold { .. }));
        let each = "bool_gauge: { metric: probe_success, grouping: [job, instance] }";
        let (slos, problems) = loaded(&with(each));
        assert!(matches!(slos[0].indicator, Indicator::Each { .. }));
        assert_eq!(
            problems[0].message,
            "a budget for each `job` and `instance` is not judged yet, so the budget of `search-errors` is unknown"
        );
        let (_, problems) = loaded(&with("ratio: { errors: { metric: a }, total: { metric: a } }"));
        assert_eq!(problems[0].message, "the bad events and the total are the same query");
        let (_, problems) = loaded(&with(&format!("{gauge}\n    {native}")));
        assert_eq!(problems[0].message, "an indicator has `latencyNative` or `bool_gauge`, not both");
        assert_eq!(loaded(&with("{}")).1[0].message, "missing key `ratio`");
    }

    #[test]
    fn targets_are_percentages_in_quotes() {
        for (to, help) in [
            ("target: 99.5", "put it in quotes"),
            ("target: \"0.995\"", "did you mean `target: \"99.5\"`?"),
            ("target: 0.99", "did you mean `target: \"99\"`?"),
            ("target: 99.5%", "did you mean `target: \"99.5\"`?"),
            ("target: \"100\"", "choose what users need"),
            ("target: \"many\"", "`target`: the percentage"),
        ] {
            let (_, problems) = loaded(&PYRRA.replace("target: \"99.5\"", to));
            assert!(problems[0].help.starts_with(help), "{to}: {problems:#?}");
        }
    }

    #[test]
    fn durations_are_those_of_prometheus() {
        for (text, length) in [("2w", 1_209_600), ("1h30m", 5_400), ("1y", 31_536_000), ("7d", 604_800)] {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        assert_eq!(seconds("99999999999999999999y"), Some(i64::MAX));
        for text in ["", "d", "5", "5ms", "1.5d", "-1d", "1M", "1dd"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
