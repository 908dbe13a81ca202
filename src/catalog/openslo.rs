//! OpenSLO v1, and the draft of v2 that only calls some things otherwise: SLOs, the SLIs and data sources that they refer to, and the alert policies beside them.
//!
//! Every SLO that follows its schema is read for what it is: by events, by slices of time, by the calendar, one
//! objective or several. Whether its budget can be reckoned is left to `unreckoned`. Alert policies, conditions and
//! targets are held to their schema and to what they refer to, and not used.

mod alert;
mod indicator;
mod objective;
mod parts;
mod references;
pub(super) mod v1alpha;
mod version;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::{Alert, Calendar, Found, GivenUp, Indicator, Origin, Slo, about, dialect, requirement};
use crate::catalog::annotation::Annotations;
use crate::diagnostic::{self, Code, Diagnostic, PLACEHOLDER, Place};
use crate::document::{Part, RuleSet};
use crate::settings::Settings;

use parts::Parts;
pub(super) use version::Version;

/// The kinds of document that versions 1 and 2 have.
pub(super) const KINDS: [&str; 7] =
    ["SLO", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"];

/// All documents of one version, of all files.
pub(super) struct Documents<'a> {
    /// The version.
    version: Version,
    /// All of them, in the order in which they were read.
    all: Vec<Part<'a>>,
    /// Kind and name, and what bears it.
    named: BTreeMap<(&'a str, &'a str), Part<'a>>,
    /// The names of the SLIs that were referred to.
    used: BTreeSet<&'a str>,
    /// Something in one of them is wrong.
    broken: bool,
    /// Kind and name of what was referred to in vain, and what to do about it.
    missed: RefCell<BTreeMap<(&'static str, &'a str), String>>,
    /// The rules that they are held to.
    rules: RuleSet,
}

/// For how many names that are missed the nearest is looked for.
const MOST_SEARCHED: usize = 200;

impl<'a> Documents<'a> {
    /// None yet, to be held to a set of rules.
    pub(super) fn new(version: Version, rules: RuleSet) -> Self {
        Self {
            version,
            all: Vec::new(),
            named: BTreeMap::new(),
            used: BTreeSet::new(),
            broken: false,
            missed: RefCell::default(),
            rules,
        }
    }

    /// Takes a document in.
    pub(super) fn take(&mut self, part: Part<'a>, problems: &mut Vec<Diagnostic>) {
        let found = part.check_by(self.version.schema(), self.rules);
        self.broken |= found.iter().any(Diagnostic::is_error);
        problems.extend(found);
        self.all.push(part);
        let kind = part
            .get("kind")
            .and_then(Part::text)
            .and_then(|kind| KINDS.into_iter().find(|known| *known == kind));
        let name = part.at("/metadata/name").and_then(|name| Some((name, name.text()?)));
        if let (Some(kind), Some((place, name))) = (kind, name) {
            match self.named.get(&(kind, name)) {
                Some(first) => problems.push(duplicate(kind, name, place.place(), &name_of(*first))),
                None => {
                    self.named.insert((kind, name), part);
                }
            }
        }
    }

    /// True when there is an SLO among them, even one that cannot be judged.
    pub(super) fn any_slo(&self) -> bool {
        self.of_kind("SLO").next().is_some()
    }

    /// Every SLO that can be read; what is wrong with the others is told.
    pub(super) fn slos(&mut self, settings: &Settings, found: &mut Found, problems: &mut Vec<Diagnostic>) {
        let documents: Vec<Part<'a>> = self.of_kind("SLO").collect();
        for part in documents {
            self.slo(part, settings, found, problems);
        }
        references::check(self, problems);
        // A name that is nearly this one is the mistake, and not the SLI.
        let missed = self.missed.borrow();
        let nearly: BTreeSet<&str> =
            missed.iter().filter(|((kind, _), _)| *kind == "SLI").map(|(_, help)| help.as_str()).collect();
        for sli in self.of_kind("SLI") {
            let Some(name) = sli.at("/metadata/name").and_then(Part::text) else { continue };
            if !self.used.contains(name) && !nearly.contains(diagnostic::meant(name).as_str()) {
                let problem = Diagnostic::warning(Code::Unused, format!("no SLO refers to the SLI `{name}`"));
                let help = format!("refer to it with `{}`, or remove it", self.version.reference());
                problems.push(problem.at(name_of(sli), "unused").help(help));
            }
        }
    }

    /// The documents of one kind.
    fn of_kind<'d>(&'d self, kind: &'d str) -> impl Iterator<Item = Part<'a>> + 'd {
        let is = move |part: &Part<'a>| part.get("kind").and_then(Part::text) == Some(kind);
        self.all.iter().copied().filter(is)
    }

    /// One SLO for each objective. The schema has told what is missing or malformed; the rest is told here.
    fn slo(
        &mut self,
        document: Part<'a>,
        settings: &Settings,
        found: &mut Found,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(spec) = document.get("spec") else { return };
        let before = problems.len();
        let named = self.version.service(spec);
        let service = named.and_then(|part| dialect::service(part, part.text()?, settings, problems));
        problems.extend(placeholder(spec));
        let window = objective::window(spec, settings.step, problems);
        let objectives: Vec<Part<'a>> = spec.get("objectives").into_iter().flat_map(Part::items).collect();
        let shared = self.shared(spec, &objectives, problems);
        let stopped = problems.iter().skip(before).any(Diagnostic::is_error);
        let mut parts = Parts::of(self.version, document, &objectives, problems);
        let several = objectives.len() > 1 || parts.is_some();
        let alerts = alert::alerts(spec, self);
        let above = Above { document, spec, service, window, shared, several, alerts };
        for (index, part) in objectives.into_iter().enumerate() {
            let told = problems.len();
            let whole = parts.as_ref().map(Parts::name);
            let (read, otherwise) = self.one(&above, (index, part), whole, settings, problems);
            dialect::account(part, read.is_some() || stopped || self.broken, told, problems);
            match &mut parts {
                Some(parts) => parts.take(read, problems),
                None => found.take(read, otherwise),
            }
        }
        if let Some(parts) = parts {
            parts.compose(found);
        }
    }

    /// The SLO of one objective, whose annotations are told under the name of the whole where it is a part of one; and
    /// what is known of it where it cannot be read.
    fn one(
        &mut self,
        above: &Above<'a>,
        (index, part): (usize, Part<'a>),
        whole: Option<&str>,
        settings: &Settings,
        problems: &mut Vec<Diagnostic>,
    ) -> (Option<Slo>, GivenUp) {
        let (version, spec) = (self.version, above.spec);
        let share = objective::objective(part, problems);
        let period = above.window.as_ref().map(|(period, _)| *period);
        let method = objective::method((spec, part), (settings.step, period), problems);
        let sli = if version.own(part).is_some() { self.indicator(part, problems) } else { above.shared };
        let inline = [spec, part].iter().any(|part| part.get(version.inline()).is_some());
        let aim = indicator::Aim { part, inline };
        let indicator = sli.and_then(|sli| indicator::indicator(sli, aim, self, problems));
        let called = called(above.document, part, above.several.then_some(index));
        let name = whole.or_else(|| called.as_ref().map(|called| called.name.as_str()));
        let annotations = Annotations::of(above.document, name, &[], settings, problems);
        let terms = annotations.terms(share, problems);
        requirement::idle(&annotations, method.as_ref(), problems);
        let about = about::about(&annotations, settings, problems);
        let otherwise = otherwise(called.as_ref().filter(|_| !above.several), indicator.as_ref());
        let read = || {
            let Called { name, title, place } = called?;
            let (period, calendar) = above.window.clone()?;
            Some(Slo {
                name,
                service: above.service?.to_owned(),
                title,
                objective: share?,
                terms,
                about,
                origin: Origin::Explicit,
                period,
                period_place: spec.at("/timeWindow/0/duration")?.place(),
                calendar,
                method: method?,
                indicator: indicator?,
                alerts: above.alerts.clone(),
                place,
                objective_place: target(part),
            })
        };
        (read(), otherwise)
    }

    /// The `spec` of the one indicator of an SLO; none for a composite one, where each objective has its own. What is
    /// neither, or both, is told.
    fn shared(
        &mut self,
        spec: Part<'a>,
        objectives: &[Part<'a>],
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Part<'a>> {
        let version = self.version;
        let own = |part: &&Part<'_>| version.own(**part).is_some();
        let shared = self.indicator(spec, problems);
        let owner = objectives.iter().find(own);
        match (version.own(spec), owner) {
            (Some(_), Some(owner)) => {
                let message = "an SLO has one indicator, or one in each objective, not both";
                let problem =
                    Diagnostic::error(Code::WrongValue, message).at(owner.key_place(), "has its own");
                let help = "take the indicator out of the objectives, or out of the SLO";
                problems.push(problem.help(ruled(help, "one-indicator", self.rules)));
            }
            (Some(_), None) => {}
            (None, Some(_)) => {
                let without = objectives.iter().filter(|part| !own(part));
                problems.extend(without.map(|part| self.without_indicator(*part)));
            }
            (None, None) => problems.push(self.without_indicator(spec)),
        }
        shared
    }

    /// The `spec` of the indicator of an SLO or an objective, inline or by reference.
    fn indicator(&mut self, spec: Part<'a>, problems: &mut Vec<Diagnostic>) -> Option<Part<'a>> {
        if let Some(inline) = spec.get(self.version.inline()) {
            return inline.get("spec");
        }
        let reference = spec.get(self.version.reference())?;
        let sli = self.resolve("SLI", reference, problems)?;
        self.used.insert(reference.text()?);
        sli.get("spec")
    }

    /// An SLO or an objective without an indicator.
    fn without_indicator(&self, spec: Part<'_>) -> Diagnostic {
        let (inline, reference) = (self.version.inline(), self.version.reference());
        let help = format!("add `{inline}` with the queries, or `{reference}` with the name of an SLI");
        Diagnostic::error(Code::MissingKey, format!("missing key `{inline}`"))
            .at(spec.key_place(), format!("`{inline}` or `{reference}` is needed here"))
            .help(ruled(&help, "missing-key", self.rules))
    }

    /// What a reference stands for; a reference to nothing is told.
    fn resolve(
        &self,
        kind: &'static str,
        reference: Part<'a>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Part<'a>> {
        let name = reference.text()?;
        if let Some(part) = self.named.get(&(kind, name)) {
            return Some(*part);
        }
        let help = self.missed(kind, name);
        let message = format!("there is no {kind} named `{name}`");
        // No budget depends on who is alerted.
        let idle = self.rules == RuleSet::Lenient && !["SLI", "DataSource"].contains(&kind);
        let problem = if idle {
            Diagnostic::warning(Code::UnknownName, message)
        } else {
            Diagnostic::error(Code::UnknownName, message)
        };
        let help = ruled(&help, "reference", self.rules);
        problems.push(problem.at(reference.place(), "refers to nothing").help(help));
        None
    }
}

impl<'a> Documents<'a> {
    /// What to do about a name that no document of a kind has. The nearest names are looked for a bounded number of
    /// times: thousands of names that are missed by thousands would cost minutes.
    fn missed(&self, kind: &'static str, name: &'a str) -> String {
        let mut told = self.missed.borrow_mut();
        let searched = told.len();
        let known = || {
            let from = self.named.range((kind, "")..).map(|((other, name), _)| (*other, *name));
            from.take_while(|(other, _)| *other == kind).map(|(_, name)| name)
        };
        let help = told.entry((kind, name)).or_insert_with(|| match known().next() {
            None => format!("add a document of kind `{kind}` with this name; there is none of that kind"),
            Some(_) if searched < MOST_SEARCHED => diagnostic::suggestion(name, known()),
            Some(_) => format!("add a document of kind `{kind}` with this name, or correct the name"),
        });
        help.clone()
    }
}

/// A help with the rule that refuses, and the set that it was taken from.
fn ruled(help: &str, rule: &str, rules: RuleSet) -> String {
    format!("{help} [openslo/{rule}, {}]", rules.as_str())
}

/// What a document says for all its objectives.
struct Above<'a> {
    /// The document.
    document: Part<'a>,
    /// Its `spec`.
    spec: Part<'a>,
    /// The service, where it is declared.
    service: Option<&'a str>,
    /// The period in seconds, and the calendar that it follows.
    window: Option<(i64, Option<Calendar>)>,
    /// The `spec` of the indicator that they share.
    shared: Option<Part<'a>>,
    /// Each has a name of its own.
    several: bool,
    /// The alerts.
    alerts: Vec<Alert>,
}

/// What an SLO is called, and where it stands.
struct Called {
    /// Its name.
    name: String,
    /// What people call it.
    title: String,
    /// Where it stands.
    place: Place,
}

/// What the SLO of one objective of a document is called; `index` tells it from those of the others, if there are.
fn called(document: Part<'_>, objective: Part<'_>, index: Option<usize>) -> Option<Called> {
    let text = |part: Option<Part<'_>>| {
        part.and_then(Part::text).filter(|text| !text.trim().is_empty()).map(ToOwned::to_owned)
    };
    let name = document.at("/metadata/name")?.text()?;
    let title = text(document.at("/metadata/displayName")).unwrap_or_else(|| name.to_owned());
    let Some(index) = index else {
        return Some(Called { name: name.to_owned(), title, place: name_of(document) });
    };
    let aim = text(objective.get("displayName"));
    Some(Called {
        name: each(name, aim.as_deref(), index),
        title: aim.map_or_else(|| title.clone(), |aim| format!("{title}: {aim}")),
        place: objective.key_place(),
    })
}

/// What is known of the SLO of an objective where it cannot be read. Documents of one name are told by themselves, so
/// the name of one of several objectives is of no use.
fn otherwise(called: Option<&Called>, indicator: Option<&Indicator>) -> GivenUp {
    let name = called.map(|called| (called.name.clone(), called.place.clone()));
    GivenUp { name, indicator: indicator.cloned() }
}

/// The name of one of several objectives of an SLO: by what people call it, else by its number.
fn each(name: &str, aim: Option<&str>, index: usize) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = aim.unwrap_or_default().chars().map(plain).collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() { format!("{name}/{}", index + 1) } else { format!("{name}/{}", words.join("-")) }
}

/// The warning about a sample that nobody has made their own.
fn placeholder(spec: Part<'_>) -> Option<Diagnostic> {
    let description = spec.get("description")?;
    description.text()?.contains(PLACEHOLDER).then(|| {
        let message = format!("the description of the SLO still says `{PLACEHOLDER}`");
        Diagnostic::warning(Code::Placeholder, message)
            .at(description.place(), "to be filled in")
            .help("write which requests it measures; its queries and its objective are a sample, too")
    })
}

/// Two documents of one kind and name.
fn duplicate(kind: &str, name: &str, place: Place, first: &Place) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("there are two documents of kind {kind} named `{name}`"))
        .at(place, format!("the first stands at {first}"))
        .help("give one of them another name; names are unique within a kind, across all files")
}

/// Where an objective's target is written; the objective itself where that is not to be seen.
fn target(objective: Part<'_>) -> Place {
    let target = objective.get("target").or_else(|| objective.get("targetPercent"));
    target.map_or_else(|| objective.key_place(), Part::place)
}

/// Where a document has its name, and else where it begins.
fn name_of(part: Part<'_>) -> Place {
    part.at("/metadata/name").map_or_else(|| part.key_place(), Part::place)
}
