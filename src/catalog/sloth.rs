//! Sloth: the SLOs of one service, as a file of its own (`version: prometheus/v1`) or as a resource of Kubernetes.
//!
//! Both say the same in other letters. An SLO is known by its service and its name, as Sloth calls it, and its period
//! is the one that the settings say, because Sloth takes it from its command line: 30 days by default. Its queries have the window left open; `source` puts the grid's in. Where
//! Sloth reads the mean of the ratios of five minutes, a budget here is reckoned from the events of the whole period.

use rust_decimal::Decimal;

use super::annotation::Annotations;
use super::{
    About, Found, GivenUp, Indicator, Method, Origin, Query, Recorder, Slo, about, dialect, period, target,
};
use crate::diagnostic::Diagnostic;
use crate::document::{Part, Schema};
use crate::settings::Settings;

/// The letters in which a definition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A file of its own.
    File,
    /// A resource of Kubernetes.
    Resource,
}

/// The kind of the resource.
pub(super) const KINDS: [&str; 1] = ["PrometheusServiceLevel"];

/// The keys whose letters differ.
struct Keys {
    /// The query that counts bad events.
    bad: &'static str,
    /// The query that counts all events.
    total: &'static str,
    /// The query that gives the share of bad events.
    ratio: &'static str,
}

impl Form {
    /// Its schema.
    const fn schema(self) -> Schema {
        match self {
            Self::File => Schema::Sloth,
            Self::Resource => Schema::SlothResource,
        }
    }

    /// Its keys.
    const fn keys(self) -> Keys {
        match self {
            Self::File => Keys { bad: "error_query", total: "total_query", ratio: "error_ratio_query" },
            Self::Resource => Keys { bad: "errorQuery", total: "totalQuery", ratio: "errorRatioQuery" },
        }
    }
}

/// The SLOs of a definition; what is wrong with it is told.
pub(super) fn slos(
    part: Part<'_>,
    form: Form,
    settings: &Settings,
    found: &mut Found,
    problems: &mut Vec<Diagnostic>,
) {
    let told = problems.len();
    problems.extend(part.check(form.schema()));
    let root = if form == Form::Resource { part.get("spec") } else { Some(part) };
    let Some(root) = root else { return };
    let named = root.get("service");
    let service = named.and_then(|part| dialect::service(part, part.text()?, settings, problems));
    let broken = problems.iter().skip(told).any(Diagnostic::is_error);
    let slos = root.get("slos").into_iter().flat_map(Part::items);
    let document = part;
    for part in slos {
        let told = problems.len();
        let (slo, otherwise) = slo(document, part, service, &form.keys(), settings, problems);
        // What the schema and the service have told is not told again.
        dialect::account(part, slo.is_some() || broken, told, problems);
        found.take(slo, otherwise);
    }
}

/// One SLO, and what is known of it where it cannot be read.
fn slo(
    document: Part<'_>,
    part: Part<'_>,
    service: Option<&str>,
    keys: &Keys,
    settings: &Settings,
    problems: &mut Vec<Diagnostic>,
) -> (Option<Slo>, GivenUp) {
    let aim = part.get("objective");
    let objective =
        aim.and_then(|aim| target::share(aim, aim.number()?, "objective", Decimal::ONE_HUNDRED, problems));
    let name = part.get("name");
    let id = service.zip(name.and_then(Part::text)).map(|(service, name)| format!("{service}-{name}"));
    let annotations = Annotations::of(document, id.as_deref(), &[], settings, problems);
    let terms = annotations.terms(objective, problems);
    let recorder = Some(Recorder::Sloth);
    let about = About { recorder, ..about::about(&annotations, settings, problems) };
    let indicator = part.get("sli").and_then(|sli| indicator(sli, keys));
    let seconds = settings.sloth_period;
    let text = format!("{}d", seconds / period::DAY);
    let period = name.and_then(|name| period::length(name, &text, seconds, settings.step, problems));
    let otherwise = GivenUp { name: id.clone().zip(name.map(Part::place)), indicator: indicator.clone() };
    let read = || {
        let (id, name, aim) = (id?, name?, aim?);
        Some(Slo {
            title: id.clone(),
            name: id,
            service: service?.to_owned(),
            objective: objective?,
            period: period?,
            period_place: name.place(),
            terms,
            about,
            origin: Origin::Explicit,
            calendar: None,
            method: Method::Occurrences,
            indicator: indicator?,
            alerts: Vec::new(),
            place: name.place(),
            objective_place: aim.place(),
        })
    };
    (read(), otherwise)
}

/// What an SLO counts.
fn indicator(sli: Part<'_>, keys: &Keys) -> Option<Indicator> {
    let query = |part: Part<'_>| Some(Query { text: part.text()?.to_owned(), place: part.place() });
    if let Some(events) = sli.get("events") {
        let (bad, total) = (query(events.get(keys.bad)?)?, query(events.get(keys.total)?)?);
        return Some(Indicator::Bad { bad, total });
    }
    if let Some(raw) = sli.get("raw") {
        return Some(Indicator::Ratio { ratio: query(raw.get(keys.ratio)?)?, is_good: false });
    }
    let id = sli.get("plugin")?.get("id")?;
    Some(Indicator::Plugin { id: id.text()?.to_owned(), place: id.place() })
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::diagnostic::{Code, SourceText};

    /// A definition with three SLOs.
    const SLOTH: &str = r#"
version: "prometheus/v1"
service: search
labels: { owner: discovery }
slos:
  - name: answers
    objective: 99.95
    sli:
      events:
        error_query: sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting: { name: SearchAnswers, page_alert: { disable: true } }
  - name: freshness
    objective: 95
    sli: { raw: { error_ratio_query: "1 - avg_over_time(fresh[{{.window}}])" } }
  - name: latency
    objective: 90.0
    sli: { plugin: { id: team/latency, options: { limit: "0.4" } } }
"#;

    /// The SLOs and problems of a text.
    fn loaded(text: &str) -> (Vec<Slo>, Vec<Diagnostic>) {
        loaded_with("", text)
    }

    /// The same with more settings.
    fn loaded_with(settings: &str, text: &str) -> (Vec<Slo>, Vec<Diagnostic>) {
        let settings = format!(
            "version: 1\n{settings}services: {{search: {{paths: [s]}}}}\nenvironments: {{p: {{}}}}\n"
        );
        let settings =
            crate::settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("it is valid");
        let (catalog, problems) = load(&[SourceText::new("a.yaml", text)], &settings);
        (catalog.slos, problems)
    }

    /// The same definition as a resource of Kubernetes.
    fn resource() -> String {
        let (head, slos) = SLOTH.split_once("slos:").expect("it has SLOs");
        assert!(head.contains("service: search"));
        let indented: String = slos.lines().map(|line| ["  ", line, "\n"].concat()).collect();
        let camel = indented
            .replace("error_query", "errorQuery")
            .replace("total_query", "totalQuery")
            .replace("error_ratio_query", "errorRatioQuery")
            .replace("page_alert", "pageAlert");
        format!(
            "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nmetadata: {{ name: search, namespace: m }}\n\
             spec:\n  service: search\n  slos:{camel}"
        )
    }

    #[test]
    fn both_forms_say_the_same() {
        for text in [SLOTH, &resource()] {
            let (slos, problems) = loaded(text);
            let names: Vec<&str> = slos.iter().map(|slo| slo.name.as_str()).collect();
            assert_eq!(names, ["search-answers", "search-freshness", "search-latency"], "{problems:#?}");
            assert_eq!(slos[0].objective.share(), Decimal::new(9_995, 4));
            assert_eq!((slos[0].period, slos[0].service.as_str()), (30 * 86_400, "search"));
            let Indicator::Bad { bad, .. } = &slos[0].indicator else { panic!("it counts bad events") };
            assert_eq!(bad.text, "sum(rate(http_requests_total{code=~\"5..\"}[{{.window}}]))");
            assert!(matches!(slos[1].indicator, Indicator::Ratio { is_good: false, .. }));
            assert!(matches!(&slos[2].indicator, Indicator::Plugin { id, .. } if id == "team/latency"));
            let told: Vec<(Code, bool)> =
                problems.iter().map(|problem| (problem.code, problem.is_error())).collect();
            assert_eq!(told, [(Code::Unsupported, false), (Code::Unsupported, false)]);
        }
    }

    #[test]
    fn the_period_is_the_one_that_sloth_is_run_with() {
        let (slos, _) = loaded_with("sloth_period: 28d\n", SLOTH);
        assert_eq!(slos[0].period, 28 * 86_400);
    }

    #[test]
    fn the_letters_of_one_form_are_refused_in_the_other() {
        let (_, problems) = loaded(&SLOTH.replace("error_query", "errorQuery"));
        let helps: Vec<&str> = problems.iter().map(|problem| problem.help.as_str()).collect();
        assert!(helps.contains(&"did you mean `error_query`?"), "{problems:#?}");
        let (_, problems) = loaded(&resource().replace("pageAlert", "page_alert"));
        assert_eq!(problems[0].help, "did you mean `pageAlert`?", "{problems:#?}");
    }

    #[test]
    fn an_indicator_is_one_of_three() {
        let both = SLOTH.replace("sli: { raw:", "sli: { plugin: { id: x }, raw:");
        assert_eq!(loaded(&both).1[0].message, "an indicator has `raw` or `plugin`, not both");
        let none =
            SLOTH.replace("sli: { plugin: { id: team/latency, options: { limit: \"0.4\" } } }", "sli: {}");
        assert_eq!(loaded(&none).1[0].message, "missing key `events`");
        let (_, problems) = loaded(&SLOTH.replace("objective: 95", "objective: 100"));
        assert!(problems[0].message.contains("leaves no error budget"), "{problems:#?}");
    }

    #[test]
    fn versions_that_are_not_read_are_never_passed_over() {
        for (from, to, code) in [
            ("prometheus/v1", "prometheus/v2", Code::Unsupported),
            ("prometheus/v1", "promethus/v1", Code::WrongValue),
        ] {
            let (_, problems) = loaded(&SLOTH.replace(from, to));
            assert_eq!((problems[0].code, problems[0].is_error()), (code, true), "{problems:#?}");
            assert!(problems[0].help.contains("`prometheus/v1`"), "{problems:#?}");
        }
        let (_, problems) = loaded(&SLOTH.replace("version: \"prometheus/v1\"\n", ""));
        assert_eq!(problems[0].message, "missing key `version`");
        let (_, problems) = loaded(&resource().replace("dev/v1", "dev/v2"));
        assert_eq!(problems[0].code, Code::Unsupported);
        let (_, problems) = loaded(&resource().replace("apiVersion: sloth.slok.dev/v1\n", ""));
        assert_eq!(problems[0].help.split(';').next(), Some("add `apiVersion: sloth.slok.dev/v1`"));
    }
}
