//! `slogate.yaml` from its text: held to its schema, then to what a schema cannot say.
//!
//! Every problem of the file is told in one run: what the schema has refused is passed over here, and everything
//! else is still looked at. Settings with an error are no settings, because half of a rule is another rule.

use std::collections::BTreeMap;

use super::glob::Reach;
use super::{
    Commenting, Environment, Level, Mode, Note, Noted, OnUnknown, SLOTH_PERIOD, Service, Settings, Signal,
    Snapshot, Unmapped, duration, glob,
};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part, RuleSet, Schema};

/// The shortest and the longest step, in seconds.
const STEPS: std::ops::RangeInclusive<i64> = 10..=DAY;
/// A day, in seconds.
const DAY: i64 = 86_400;

/// Reads and checks settings.
pub(super) fn load(source: &SourceText) -> (Option<Settings>, Vec<Diagnostic>) {
    let document = match only_document(source, "`version: 1`, `services` and `environments`") {
        Ok(document) => document,
        Err(problems) => return (None, problems),
    };
    let mut problems = document.check(Schema::Settings);
    let settings = Loader { root: document.root(), problems: &mut problems }.settings(source);
    diagnostic::sort(&mut problems);
    let valid = !problems.iter().any(Diagnostic::is_error);
    (valid.then_some(settings), problems)
}

/// The one document of a file; `wanted` is what an empty one lacks.
pub(super) fn only_document(source: &SourceText, wanted: &str) -> Result<Document, Vec<Diagnostic>> {
    let mut documents = document::parse(source)?.into_iter();
    match (documents.next(), documents.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(second)) => Err(vec![
            Diagnostic::error(Code::WrongValue, format!("`{}` holds more than one document", source.path()))
                .at(second.root().key_place(), "the second begins here")
                .help("keep one, and remove the `---` between them"),
        ]),
        (None, _) => Err(vec![
            Diagnostic::error(Code::MissingKey, format!("`{}` is empty", source.path()))
                .at(Place::line_of(source, 1), "nothing is declared")
                .help(format!("add {wanted}")),
        ]),
    }
}

/// Reads settings, and collects what is wrong beyond the schema.
pub(super) struct Loader<'a, 'p> {
    /// The document's outermost value.
    pub(super) root: Part<'a>,
    /// What has been found.
    pub(super) problems: &'p mut Vec<Diagnostic>,
}

impl<'a> Loader<'a, '_> {
    /// All of them; what is wrong or missing takes its default, and stands among the problems.
    fn settings(&mut self, source: &SourceText) -> Settings {
        let services = self.services();
        Settings {
            slos: self.globs(self.root, "slos", Reach::Directory, &super::SLOS),
            sloth_period: self.word("sloth_period").and_then(duration).unwrap_or(SLOTH_PERIOD),
            slo_rules: self.word("slo_rules").and_then(RuleSet::named).unwrap_or(RuleSet::Spec),
            policies: self.globs(self.root, "policies", Reach::Directory, &["policies/*.rhai"]),
            adjustments: self.globs(self.root, "adjustments", Reach::Directory, &[]),
            adjustment_places: self.places("adjustments"),
            excludable: super::EXCLUDABLE,
            third_parties: self.third_parties(&services),
            services,
            environments: self.environments(),
            changes: self.changes(),
            signals: self.signals(),
            annotations: self.annotations(),
            names: self.conventions(),
            lints: self.lints(),
            unmapped: self.unmapped().unwrap_or(Unmapped::All),
            ignore: self.globs(self.root, "ignore", Reach::Repository, &[]),
            ignore_within: None,
            step: self.step(),
            on_unknown: self.on_unknown().unwrap_or(OnUnknown::Block),
            commenting: if self.word("comment") == Some("quiet") {
                Commenting::Quiet
            } else {
                Commenting::Always
            },
            acting: self.acting(),
            snapshot: self.snapshot(),
            observers: self.observers(),
            place: Place::line_of(source, self.root.place().line()),
        }
    }

    /// What an unknown budget does, where it is said.
    pub(super) fn on_unknown(&self) -> Option<OnUnknown> {
        match self.word("on_unknown")? {
            "warn" => Some(OnUnknown::Warn),
            _ => Some(OnUnknown::Block),
        }
    }

    /// What a path does that no service claims, where it is said.
    pub(super) fn unmapped(&self) -> Option<Unmapped> {
        match self.word("unmapped")? {
            "warn" => Some(Unmapped::Warn),
            "ignore" => Some(Unmapped::Ignore),
            _ => Some(Unmapped::All),
        }
    }

    /// The text under a key of the root.
    pub(super) fn word(&self, key: &str) -> Option<&'a str> {
        self.root.get(key).and_then(Part::text)
    }

    /// A list of globs.
    pub(super) fn globs(&mut self, part: Part<'a>, key: &str, reach: Reach, default: &[&str]) -> Vec<String> {
        let Some(list) = part.get(key) else {
            return default.iter().map(|pattern| (*pattern).to_owned()).collect();
        };
        let mut globs = Vec::new();
        for (item, pattern) in list.items().filter_map(|item| Some((item, item.text()?))) {
            if let Some((message, help)) = glob::problem(pattern, reach) {
                let problem = Diagnostic::error(Code::WrongValue, message);
                self.problems.push(problem.at(item.place(), "this glob").help(help));
            }
            globs.push(pattern.to_owned());
        }
        globs
    }

    /// Where the texts of a list of the root stand.
    fn places(&self, key: &str) -> Vec<Place> {
        let items = self.root.get(key).into_iter().flat_map(Part::items);
        items.filter(|item| item.text().is_some()).map(Part::place).collect()
    }

    /// The services by name.
    fn services(&mut self) -> BTreeMap<String, Service> {
        let mut services = BTreeMap::new();
        for (name, part) in self.root.get("services").into_iter().flat_map(Part::entries) {
            let text = |key: &str| part.get(key).and_then(Part::text).map(ToOwned::to_owned);
            let service = Service {
                team: text("team"),
                paths: self.globs(part, "paths", Reach::Repository, &[]),
                dependencies: self.dependencies(part, name),
                phase: text("phase"),
                tier: text("tier"),
                endpoints: self.endpoints(part),
                place: part.key_place(),
            };
            services.insert(name.to_owned(), service);
        }
        services
    }

    /// The environments by name.
    fn environments(&self) -> BTreeMap<String, Environment> {
        let entries = self.root.get("environments").into_iter().flat_map(Part::entries);
        let environment = |(name, part): (&str, Part<'_>)| {
            let mode = mode(part).unwrap_or(Mode::Inform);
            (name.to_owned(), Environment { mode, matchers: matchers(part) })
        };
        entries.map(environment).collect()
    }

    /// The signals by name.
    fn signals(&self) -> BTreeMap<String, Signal> {
        let entries = self.root.get("signals").into_iter().flat_map(Part::entries);
        let signal = |(name, part): (&str, Part<'_>)| {
            let query = part.get("query")?;
            let (text, query_place) = (query.text()?.to_owned(), query.place());
            Some((name.to_owned(), Signal { query: text, query_place, place: part.key_place() }))
        };
        entries.filter_map(signal).collect()
    }

    /// What is said of SLOs, by their names.
    fn annotations(&self) -> BTreeMap<String, Noted> {
        let entries = self.root.get("annotations").into_iter().flat_map(Part::entries);
        let noted = |(slo, part): (&str, Part<'_>)| {
            let notes = part.entries().map(|(key, part)| (key.to_owned(), Note::of(part))).collect();
            (slo.to_owned(), Noted { notes, place: part.key_place() })
        };
        entries.map(noted).collect()
    }

    /// How bad lints are, by their codes.
    fn lints(&self) -> BTreeMap<String, Level> {
        let entries = self.root.get("lints").into_iter().flat_map(Part::entries);
        let level = |(code, part): (&str, Part<'_>)| {
            let level = match part.text()? {
                "off" => Level::Off,
                "error" => Level::Error,
                _ => Level::Warn,
            };
            Some((code.to_owned(), level))
        };
        entries.filter_map(level).collect()
    }

    /// The grid's step in seconds.
    fn step(&mut self) -> i64 {
        const DEFAULT: i64 = 300;
        let Some(part) = self.root.get("step") else { return DEFAULT };
        let Some((text, seconds)) = part.text().and_then(|text| Some((text, duration(text)?))) else {
            return DEFAULT;
        };
        let reason = if !STEPS.contains(&seconds) {
            "a step is between 10s and 1d"
        } else if DAY % seconds != 0 {
            "a day is no whole number of such steps"
        } else {
            return seconds;
        };
        let problem = Diagnostic::error(Code::WrongValue, format!("the step cannot be `{text}`: {reason}"));
        self.problems
            .push(problem.at(part.place(), reason).help("write `1m`, `5m` or `1h`; `5m` is the default"));
        DEFAULT
    }

    /// The path of the recorded history.
    fn snapshot(&mut self) -> Option<Snapshot> {
        let part = self.root.get("source")?.get("snapshot")?;
        let path = part.text()?;
        self.within(part, ("snapshot", path), "history.om.gz");
        Some(Snapshot { path: path.to_owned(), place: part.place() })
    }

    /// Tells of a path that leads out of the directory of the settings.
    pub(super) fn within(&mut self, part: Part<'_>, (what, path): (&str, &str), example: &str) {
        if path.contains('\\') || path.split('/').any(|step| matches!(step, "" | "." | "..")) {
            let message = format!("the {what} `{path}` is not a path within the directory of this file");
            let problem = Diagnostic::error(Code::WrongValue, message).at(part.place(), "leads elsewhere");
            let help = format!("write a path relative to this file, without `..`, such as `{example}`");
            self.problems.push(problem.help(help));
        }
    }
}

/// The labels that tell the events of an environment or of an endpoint, and their values.
pub(super) fn matchers(part: Part<'_>) -> BTreeMap<String, String> {
    let entries = part.get("match").into_iter().flat_map(Part::entries);
    entries.filter_map(|(label, value)| Some((label.to_owned(), value.text()?.to_owned()))).collect()
}

/// The mode of an environment, where it is said.
pub(super) fn mode(environment: Part<'_>) -> Option<Mode> {
    match environment.get("mode").and_then(Part::text)? {
        "enforce" => Some(Mode::Enforce),
        "warn" => Some(Mode::Warn),
        _ => Some(Mode::Inform),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;

    /// The sample of the documentation.
    const SAMPLE: &str = r#"
version: 1
slos: ["slos/**/*.yaml"]
policies: ["policies/*.rhai"]
services:
  checkout: { team: payments, paths: ["services/checkout/**", "deploy/checkout/**"], dependencies: [payment-gateway] }
environments:
  production: { mode: enforce, match: { env: prod-eu } }     # label matchers injected into every selector
  staging:    { mode: inform,  match: { env: staging } }
changes:
  hotfix:      { label: hotfix,      granted_by: maintain }
  reliability: { label: reliability, granted_by: write }
unmapped: all
ignore: ["docs/**", "**/*.md"]
step: 5m
on_unknown: block
signals:
  cpu: { query: 'max(node_cpu_ratio) > bool 0.9', description: "a machine at its limit" }
source: { snapshot: history.om.gz }
"#;

    /// The settings and problems of a text.
    fn loaded(text: &str) -> (Option<Settings>, Vec<Diagnostic>) {
        load(&SourceText::new("slogate.yaml", text))
    }

    /// The line and message of each problem of a text.
    fn messages(text: &str) -> Vec<(usize, String)> {
        let (settings, problems) = loaded(text);
        assert!(settings.is_none(), "what is wrong gives no settings");
        problems
            .into_iter()
            .map(|problem| (problem.place().expect("placed").line(), problem.message))
            .collect()
    }

    #[test]
    fn the_documented_sample_loads() {
        let (settings, problems) = loaded(SAMPLE);
        assert_eq!(problems, []);
        let settings = settings.expect("it is valid");
        assert_eq!(settings.environment("production").expect("declared").mode, Mode::Enforce);
        assert_eq!(settings.environment("production").expect("declared").matchers["env"], "prod-eu");
        assert_eq!(settings.service("checkout").expect("declared").dependencies[0].name, "payment-gateway");
        assert_eq!(settings.class("reliability").expect("declared").granted_by.words(), "write");
        assert_eq!(settings.services_of("payments").collect::<Vec<_>>(), ["checkout"]);
        assert_eq!(
            (settings.step, settings.snapshot.as_ref().map(|snapshot| snapshot.path.as_str())),
            (300, Some("history.om.gz"))
        );
        let cpu = &settings.signals["cpu"];
        assert_eq!(cpu.query, "max(node_cpu_ratio) > bool 0.9");
        assert_eq!((cpu.place.line(), cpu.query_place.text()), (18, "'max(node_cpu_ratio) > bool 0.9'"));
        assert_eq!(settings.services["checkout"].place.line(), 6);
        assert_eq!(settings.place.source.path(), "slogate.yaml");
    }

    #[test]
    fn what_is_left_out_takes_its_default() {
        let (settings, problems) = loaded("version: 1\nservices: {a: {paths: [a]}}\nenvironments: {p: {}}\n");
        assert_eq!(problems, []);
        let settings = settings.expect("it is valid");
        assert_eq!(settings.slos, super::super::SLOS);
        assert_eq!(settings.policies, ["policies/*.rhai"]);
        assert_eq!((settings.slo_rules, settings.sloth_period), (RuleSet::Spec, 30 * 86_400));
        assert_eq!(
            (settings.step, settings.unmapped, settings.on_unknown),
            (300, Unmapped::All, OnUnknown::Block)
        );
        assert_eq!(settings.environments["p"].mode, Mode::Inform);
        assert_eq!((settings.ignore, settings.snapshot, settings.changes.len()), (vec![], None, 0));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let settings = loaded(SAMPLE).0.expect("it is valid");
        let problem = settings.environment("prodution").expect_err("it is not declared");
        assert_eq!(problem.message, "`slogate.yaml` declares no environment `prodution`");
        assert_eq!(problem.help, "did you mean `production`?");
        assert!(settings.service("chekout").expect_err("not declared").help.contains("`checkout`"));
        assert!(settings.class("none").is_err());
    }

    #[test]
    fn every_problem_is_told_in_one_run() {
        let text = "version: 1\nslos: [/abs/*.yaml]\nservices: {a: {paths: [a, 'b['], dependencies: [a]}}\n\
            environments: {p: {mod: enforce}}\nchanges: {x: {label: l}, y: {label: l}}\nstep: 7m\nsource: {snapshot: ../h.om}\n";
        let found = messages(text);
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 3, 4, 5, 6, 7], "{found:#?}");
    }

    #[test]
    fn a_step_is_a_whole_part_of_a_day() {
        let with = |step: &str| {
            loaded(&format!(
                "version: 1\nservices: {{a: {{paths: [a]}}}}\nenvironments: {{p: {{}}}}\nstep: {step}\n"
            ))
        };
        for (step, seconds) in
            [("10s", 10), ("30s", 30), ("5m", 300), ("1h", 3_600), ("1d", 86_400), ("24h", 86_400)]
        {
            assert_eq!(with(step).0.expect("it is valid").step, seconds, "{step}");
        }
        for step in ["9s", "7m", "2d", "0m", "5", "5 m", "-5m", "1w", "1.5h", "999999d"] {
            assert!(with(step).0.is_none(), "{step}");
        }
    }

    #[test]
    fn a_snapshot_lies_within_the_directory() {
        let with = |path: &str| {
            loaded(&format!(
                "version: 1\nservices: {{a: {{paths: [a]}}}}\nenvironments: {{p: {{}}}}\nsource: {{snapshot: '{path}'}}\n"
            ))
        };
        assert!(with("data/history.om").0.is_some());
        for path in ["/etc/passwd", "../h.om", "a/../../h.om", "./h.om", "a\\\\..\\\\h.om", "", "a//b"] {
            assert!(with(path).0.is_none(), "{path}");
        }
    }

    #[test]
    fn the_file_is_one_document_that_is_not_empty() {
        assert_eq!(messages("# nothing\n"), [(1, "`slogate.yaml` is empty".to_owned())]);
        assert_eq!(messages("version: 1\n---\nversion: 1\n")[0].0, 3);
        assert!(messages("- a\n")[0].1.contains("must be a mapping"));
    }

    #[test]
    fn a_metric_name_is_no_label_that_can_be_matched() {
        let found =
            messages("version: 1\nservices: {a: {paths: [a]}}\nenvironments: {p: {match: {__name__: x}}}\n");
        assert_eq!(found, [(3, "`__name__` is not a label's name".to_owned())]);
    }
}
