//! Turns an SLO's query into something countable: a signed sum of counters.
//!
//! A budget needs events per step of the grid and over whole periods, so the window that somebody wrote into a
//! query is replaced; what cannot be counted over another window (a gauge, an average, a ratio, an offset) is
//! refused at its place with what to write instead (`promql/shape.rs`). Matchers of an environment are put into
//! every selector as data and printed escaped, never pasted as text. Asking is left to the sources.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::rc::Rc;

use promql_parser::label::{MatchOp, Matcher};

use crate::catalog::{Catalog, Query, Slo};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::settings::{Environment, Settings, Signal};

mod bounds;
mod expression;
mod fused;
mod recall;
mod relation;
mod renamed;
mod shape;
mod text;

pub use expression::Expression;
pub use fused::{Fused, Group, Pattern};
pub use recall::within;
pub use relation::{Side, Stray};
pub use text::is_open;

/// The label that holds a metric's name.
pub const NAME: &str = "__name__";

/// What a query counts: counters that are added and subtracted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// In the order in which they were written; never empty.
    terms: Rc<Vec<Term>>,
}

/// One counter of a sum. All series that it selects are summed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// It is subtracted.
    pub negative: bool,
    /// The author's statement that absence means zero: `or vector(0)`.
    pub or_zero: bool,
    /// The series.
    pub selector: Selector,
}

/// A metric with matchers. It prints as PromQL; equal ones print alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name.
    metric: String,
    /// Sorted, without repetitions.
    matchers: Vec<Matcher>,
}

/// Reads a query.
///
/// # Errors
/// When it does not parse, or is no signed sum of counters.
pub fn parse(query: &Query) -> Result<Counted, Diagnostic> {
    shape::parse(query)
}

/// Reads a signal's query.
///
/// # Errors
/// When it is no `PromQL`, or has no number at an instant.
pub fn read_signal(signal: &Signal) -> Result<Expression, Diagnostic> {
    expression::parse(&query_of(signal))
}

/// A signal's query, for those who point into it.
fn query_of(signal: &Signal) -> Query {
    Query { text: signal.query.clone(), place: signal.query_place.clone() }
}

/// Reads every query of every SLO and of every signal, and puts every environment's matchers in.
///
/// A query that is no PromQL is an error; one of an SLO that counts no events is a warning, and the budget is a gap.
/// A query that contradicts all environments in which the SLO holds is an error; one that only contradicts some is a
/// warning, and its budget is a gap in those. A default that contradicts an endpoint is an error.
#[must_use]
pub fn check(catalog: &Catalog, settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for slo in catalog.written().flat_map(Slo::counting) {
        let environments = environments(settings, |name| slo.holds_in(name));
        let Some((part, total, _)) = slo.indicator.counters() else { continue };
        // That a query is empty is told of the file.
        for query in [part, total].into_iter().filter(|query| !query.text.is_empty()) {
            match parse(query) {
                Ok(counted) => {
                    problems.extend(contradictions(query, &environments, |matchers| counted.admit(matchers)));
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    // What else is wrong with an SLO hides nothing that is wrong with its queries.
    let given_up = catalog.given_up.iter().filter_map(|slo| slo.indicator.as_ref()?.counters());
    problems
        .extend(given_up.flat_map(|(part, total, _)| [part, total]).filter_map(|query| parse(query).err()));
    let slos = catalog.slos.iter().flat_map(Slo::counting);
    problems.extend(slos.flat_map(|slo| endpoint_contradictions(&slo)));
    let everywhere = environments(settings, |_| true);
    for signal in settings.signals.values() {
        match read_signal(signal) {
            Ok(read) => problems.extend(contradictions(&query_of(signal), &everywhere, |matchers| {
                read.with_matchers(matchers).map(drop)
            })),
            Err(problem) => problems.push(problem),
        }
    }
    problems
}

/// The environments of which a query is asked, by name.
type Environments<'a> = Vec<(&'a str, &'a Environment)>;

/// The environments in which something holds.
fn environments(settings: &Settings, holds_in: impl Fn(&str) -> bool) -> Environments<'_> {
    let all = settings.environments.iter().map(|(name, environment)| (name.as_str(), environment));
    all.filter(|(name, _)| holds_in(name)).collect()
}

/// The environments whose matchers contradict a query.
fn contradictions(
    query: &Query,
    environments: &Environments<'_>,
    confined: impl Fn(&BTreeMap<String, String>) -> Result<(), String>,
) -> Vec<Diagnostic> {
    let refused: Vec<(&str, String)> = environments
        .iter()
        .filter_map(|(name, environment)| Some((*name, confined(&environment.matchers).err()?)))
        .collect();
    let everywhere = refused.len() == environments.len();
    refused
        .into_iter()
        .map(|(environment, reason)| {
            let message = format!("{reason}, which environment `{environment}` asks for");
            let problem = if everywhere {
                Diagnostic::error(Code::Query, message)
            } else {
                Diagnostic::warning(Code::Query, message)
            };
            let place = Place::new(&query.place.source, query.place.span.clone());
            problem.at(place, "contradicts the environment's matchers").help(
                "leave the label out of the query: the environment's `match` in slogate.yaml is put into every \
                 selector",
            )
        })
        .collect()
}

/// True when a query of an SLO excludes what an environment asks for, or the endpoint that the SLO is applied to, so
/// that nothing could match: `check` tells it where it stands.
#[must_use]
pub fn excludes(slo: &Slo, environment: &Environment) -> bool {
    let Some((part, total, _)) = slo.indicator.counters() else { return false };
    let of_endpoint = of_endpoint(slo);
    [part, total].into_iter().filter_map(|query| parse(query).ok()).any(|counted| {
        [&environment.matchers, &of_endpoint].iter().any(|matchers| counted.with_matchers(matchers).is_err())
    })
}

/// What the endpoint asks for that an SLO is applied to.
fn of_endpoint(slo: &Slo) -> BTreeMap<String, String> {
    slo.matchers().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The queries of a default that contradict the endpoint that it is applied to.
fn endpoint_contradictions(slo: &Slo) -> Vec<Diagnostic> {
    if slo.endpoint().is_none() || slo.matchers().next().is_none() {
        return Vec::new();
    }
    let matchers = of_endpoint(slo);
    let Some((part, total, _)) = slo.indicator.counters() else { return Vec::new() };
    let refused = [part, total].into_iter().filter_map(|query| {
        let reason = parse(query).ok()?.admit(&matchers).err()?;
        let endpoint = slo.endpoint().unwrap_or_default();
        let message = format!("{reason}, which endpoint `{endpoint}` of `{}` asks for", slo.service);
        let problem = Diagnostic::error(Code::Query, message);
        Some(problem.at(query.place.clone(), "contradicts the endpoint's matchers").help(
            "leave the label out of the query: the `match` of each endpoint in slogate.yaml is put into every selector \
             of a default",
        ))
    });
    refused.collect()
}

impl Counted {
    /// The counters, in the order in which they were written; never empty.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// True when the author said of every counter that absence means zero.
    #[must_use]
    pub fn or_zero(&self) -> bool {
        self.terms.iter().all(|term| term.or_zero)
    }

    /// Puts matchers of equality into every selector. One that is there already is kept.
    ///
    /// # Errors
    /// When a selector excludes one of the values, so that nothing could match.
    pub fn with_matchers(&self, matchers: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut counted = self.clone();
        for term in Rc::make_mut(&mut counted.terms) {
            confine(&mut term.selector.matchers, matchers)?;
        }
        Ok(counted)
    }

    /// Tells whether matchers of equality can be put into every selector.
    fn admit(&self, matchers: &BTreeMap<String, String>) -> Result<(), String> {
        self.terms.iter().try_for_each(|term| admit(&term.selector.matchers, matchers))
    }

    /// The PromQL that counts the events of a window, in seconds.
    #[must_use]
    pub fn increase(&self, window: i64) -> String {
        self.summed(|selector| selector.increase(window))
    }

    /// The PromQL of the events in a second, on average over a window as PromQL writes it (`5m`).
    #[must_use]
    pub fn rate(&self, window: &str) -> String {
        self.summed(|selector| selector.rate(window))
    }

    /// The PromQL that has a value where at least one of the counters is there over a window.
    #[must_use]
    pub fn presence(&self, window: &str) -> String {
        let rates: Vec<String> = self.terms.iter().map(|term| term.selector.rate(window)).collect();
        rates.join(" or ")
    }

    /// The signed sum of what is counted of each selector.
    fn summed(&self, count: impl Fn(&Selector) -> String) -> String {
        let mut text = String::new();
        let alone = self.terms.len() == 1;
        for (index, term) in self.terms.iter().enumerate() {
            text.push_str(match (index, term.negative) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            let sum = count(&term.selector);
            let _infallible = match (term.or_zero, alone && !term.negative) {
                (false, _) => write!(text, "{sum}"),
                (true, true) => write!(text, "{sum} or vector(0)"),
                (true, false) => write!(text, "({sum} or vector(0))"),
            };
        }
        text
    }

    /// True when a series with these labels (the metric's name as `__name__`) is counted.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.terms.iter().any(|term| term.selector.matches(labels))
    }
}

impl Selector {
    /// A metric with matchers in any order.
    fn new(metric: String, mut matchers: Vec<Matcher>) -> Self {
        sort(&mut matchers);
        Self { metric, matchers }
    }

    /// A metric with labels of exactly these values.
    #[must_use]
    pub fn of(metric: &str, labels: &[(&str, &str)]) -> Self {
        let equal = |(name, value): &(&str, &str)| Matcher::new(MatchOp::Equal, name, value);
        Self::new(metric.to_owned(), labels.iter().map(equal).collect())
    }

    /// The PromQL that counts the events of a window, in seconds, over all series.
    #[must_use]
    pub fn increase(&self, window: i64) -> String {
        format!("sum(increase({self}[{window}s]))")
    }

    /// The PromQL of the events in a second over all series, on average over a window as PromQL writes it (`5m`).
    fn rate(&self, window: &str) -> String {
        format!("sum(rate({self}[{window}]))")
    }

    /// True when a series with these labels (the metric's name as `__name__`) is selected. A label that is not
    /// there is empty, as Prometheus has it.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = |name: &str| labels.get(name).map_or("", String::as_str);
        value(NAME) == self.metric
            && self.matchers.iter().all(|matcher| matcher.is_match(value(&matcher.name)))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(&self.metric, self.matchers.iter().map(written).collect()))
    }
}

/// A metric with matchers that are PromQL already.
fn printed(metric: &str, mut matchers: Vec<String>) -> String {
    let plain = is_name(metric, ":");
    if !plain {
        matchers.insert(0, quoted(metric));
    }
    let inside = if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(",")) };
    format!("{}{inside}", if plain { metric } else { "" })
}

/// Puts matchers of equality to the matchers of a selector. One that is there already is kept.
fn confine(present: &mut Vec<Matcher>, matchers: &BTreeMap<String, String>) -> Result<(), String> {
    admit(present, matchers)?;
    present.extend(matchers.iter().map(|(name, value)| Matcher::new(MatchOp::Equal, name, value)));
    sort(present);
    Ok(())
}

/// Tells whether the matchers of a selector admit some values.
fn admit(present: &[Matcher], matchers: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in matchers {
        let mut same = present.iter().filter(|matcher| &matcher.name == name);
        if let Some(other) = same.find(|matcher| !matcher.is_match(value)) {
            return Err(format!("`{}` excludes `{name}={}`", written(other), quoted(value)));
        }
    }
    Ok(())
}

/// Brings matchers into the order in which they are printed.
fn sort(matchers: &mut Vec<Matcher>) {
    matchers.sort_by_cached_key(written);
    matchers.dedup();
}

/// A matcher as PromQL.
fn written(matcher: &Matcher) -> String {
    let name = if is_name(&matcher.name, "") { matcher.name.clone() } else { quoted(&matcher.name) };
    format!("{name}{}{}", matcher.op, quoted(&matcher.value))
}

/// True for a name that stands without quotes; `extra` characters are allowed too.
fn is_name(text: &str, extra: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || extra.contains(c);
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// A string as PromQL writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                let _infallible = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;

    fn counted(text: &str) -> Counted {
        let source = SourceText::new("a.yaml", text);
        let place = Place::new(&source, 0..text.len());
        parse(&Query { text: text.to_owned(), place }).expect("a query that can be counted")
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn matchers_go_into_every_selector_and_never_break_out() {
        let counted = counted("sum(a{z=\"1\"}) - b{env=\"x\\\"}) or vector(1) #\"}");
        let matchers = map(&[("env", "x\"}) or vector(1) #"), ("k8s.ns", "n")]);
        assert_eq!(
            counted.with_matchers(&matchers).expect("no contradiction").increase(60),
            "sum(increase(a{\"k8s.ns\"=\"n\",env=\"x\\\"}) or vector(1) #\",z=\"1\"}[60s])) - \
             sum(increase(b{\"k8s.ns\"=\"n\",env=\"x\\\"}) or vector(1) #\"}[60s]))"
        );
    }

    #[test]
    fn a_value_that_is_there_is_kept_and_another_one_contradicts() {
        let prod = map(&[("env", "prod")]);
        assert_eq!(counted("a{env=\"prod\"}").with_matchers(&prod), Ok(counted("a{env=\"prod\"}")));
        let error = counted("a{env=\"dev\"}").with_matchers(&prod).expect_err("a contradiction");
        assert_eq!(error, "`env=\"dev\"` excludes `env=\"prod\"`");
        assert!(counted("a{env!~\"p.*\"}").with_matchers(&prod).is_err());
        let narrowed = counted("a{env=~\"p.*\"}").with_matchers(&prod).expect("no contradiction");
        assert_eq!(narrowed.increase(1), "sum(increase(a{env=\"prod\",env=~\"p.*\"}[1s]))");
    }

    #[test]
    fn labels_match_as_prometheus_has_it() {
        let counted = counted("sum(a{code=~\"5..\",path!=\"/health\",zone=\"\"}) + b");
        assert!(counted.matches(&map(&[(NAME, "a"), ("code", "503")])));
        assert!(counted.matches(&map(&[(NAME, "b"), ("code", "200")])));
        assert!(!counted.matches(&map(&[(NAME, "a"), ("code", "5033")])));
        assert!(!counted.matches(&map(&[(NAME, "a"), ("code", "503"), ("zone", "z")])));
        assert!(!counted.matches(&map(&[(NAME, "a"), ("code", "503"), ("path", "/health")])));
        assert!(!counted.matches(&map(&[(NAME, "c")])));
    }

    #[test]
    fn names_that_need_quotes_get_them() {
        assert_eq!(
            counted("{\"my.metric\",a=\"b\"}").increase(5),
            "sum(increase({\"my.metric\",a=\"b\"}[5s]))"
        );
        assert_eq!(counted("job:x:sum").increase(5), "sum(increase(job:x:sum[5s]))");
    }

    /// Settings with two environments, `production` of `env=prod` and `staging` of `env=staging`.
    fn settings() -> Settings {
        use crate::settings::{Mode, OnUnknown, Unmapped};

        let environment = |value: &str| Environment { mode: Mode::Enforce, matchers: map(&[("env", value)]) };
        let source = SourceText::new("slogate.yaml", "");
        Settings {
            slos: Vec::new(),
            slo_rules: crate::document::RuleSet::Spec,
            sloth_period: crate::settings::SLOTH_PERIOD,
            policies: Vec::new(),
            adjustments: Vec::new(),
            adjustment_places: Vec::new(),
            excludable: crate::settings::EXCLUDABLE,
            services: BTreeMap::new(),
            environments: [("production", "prod"), ("staging", "staging")]
                .map(|(name, value)| (name.to_owned(), environment(value)))
                .into(),
            changes: BTreeMap::new(),
            signals: BTreeMap::new(),
            annotations: BTreeMap::new(),
            names: crate::settings::Conventions::default(),
            third_parties: BTreeMap::new(),
            lints: BTreeMap::new(),
            unmapped: Unmapped::All,
            ignore: Vec::new(),
            ignore_within: None,
            step: 300,
            on_unknown: OnUnknown::Block,
            commenting: crate::settings::Commenting::Always,
            acting: crate::settings::Acting::default(),
            snapshot: None,
            observers: None,
            place: Place::new(&source, 0..0),
        }
    }

    #[test]
    fn every_query_is_checked_against_every_environment() {
        let problems = |bad: &str, total: &str| {
            let slo = crate::source::plan::tests::slo("a", bad, total, false, 900);
            let problems = check(&Catalog { slos: vec![slo], ..Catalog::default() }, &settings());
            problems.into_iter().map(|problem| (problem.is_error(), problem.message)).collect::<Vec<_>>()
        };
        assert_eq!(problems("b", "sum(t)"), []);
        let refused = problems("avg(b)", "t[5m]");
        assert!(refused.len() == 2 && refused.iter().all(|(is_error, _)| !is_error), "{refused:?}");
        assert!(problems("b", "t{").iter().all(|(is_error, _)| *is_error));
        // The file's schema tells of a query that is empty, and nothing of one that is blank.
        assert_eq!((problems("", "t"), problems(" ", "t").len()), (Vec::new(), 1));
        let words = "`env=\"prod\"` excludes `env=\"staging\"`, which environment `staging` asks for";
        assert_eq!(problems("b", "t{env=\"prod\"}"), [(false, words.to_owned())]);
        let everywhere = problems("b", "t{env=\"dev\"}");
        assert!(everywhere.len() == 2 && everywhere.iter().all(|(is_error, _)| *is_error), "{everywhere:?}");
    }
}
