//! `organization.yaml`: what an organisation asks of every team.
//!
//! A layer says the least that a team's settings, SLOs and policies may come to, and nothing of what a team has: no
//! services, no sources. How it joins a team's settings is `join`'s, and how it travels as one text `organization`'s.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::glob::Reach;
use super::load::{Loader, mode, only_document};
use super::{
    Acting, ChangeClass, Commenting, Conventions, EXCLUDABLE, Environment, Mode, OnUnknown, SLOTH_PERIOD,
    Settings, Unmapped, percentage, share,
};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{Part, RuleSet, Schema};

/// The file's name, at the root of the organisation's directory.
pub const FILE: &str = "organization.yaml";

/// Where an organisation's policies are when it does not say.
const POLICIES: &str = "policies/*.rhai";

/// The grid on which an organisation's policies are tried, in seconds; a team may have another.
pub const STEP: i64 = 300;

/// Whether teams may declare classes of change of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classes {
    /// They may; the organisation's policies never except them.
    Open,
    /// There are the organisation's and no others.
    Closed,
}

/// What an organisation asks of every team. What is not said is left to the teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The organisation's name.
    pub name: String,
    /// Globs of its policies, where it names any: those must find one.
    pub policies: Option<Vec<String>>,
    /// The least mode of environments that every team must declare.
    pub environments: BTreeMap<String, Mode>,
    /// Its classes of change by name.
    pub changes: BTreeMap<String, ChangeClass>,
    /// Whether teams may declare further ones.
    pub classes: Classes,
    /// The least that a path does that no service claims.
    pub unmapped: Option<Unmapped>,
    /// Globs of the paths that teams may ignore.
    pub ignore: Option<Vec<String>>,
    /// The least that an unknown budget does.
    pub on_unknown: Option<OnUnknown>,
    /// The most silver bullets a year that a policy may have.
    pub silver_bullets: Option<u32>,
    /// The least share of good events that an SLO may aim at: above 0, below 1.
    pub minimum: Option<Decimal>,
    /// The most of a period that exclusions may take, from 0 to 1.
    pub excludable: Option<Decimal>,
}

impl Layer {
    /// Reads and checks a layer.
    ///
    /// # Errors
    /// Every problem of the text.
    pub fn load(source: &SourceText) -> Result<Self, Vec<Diagnostic>> {
        let document = only_document(source, "`version: 1` and `organization`")?;
        let mut problems = document.check(Schema::Organization);
        let layer = Loader { root: document.root(), problems: &mut problems }.layer();
        diagnostic::sort(&mut problems);
        if problems.is_empty() { Ok(layer) } else { Err(problems) }
    }
}

impl Layer {
    /// Globs of its policies, and where they are when it names none.
    #[must_use]
    pub fn policy_globs(&self) -> Vec<String> {
        self.policies.clone().unwrap_or_else(|| vec![POLICIES.to_owned()])
    }

    /// The settings of the organisation's own repository, in which its policies are tested and told: the names of the
    /// layer, on the usual grid, without a service. `source` is the layer's text.
    #[must_use]
    pub fn alone(&self, source: &SourceText) -> Settings {
        let declared = |(name, mode): (&String, &Mode)| {
            (name.clone(), Environment { mode: *mode, matchers: BTreeMap::new() })
        };
        Settings {
            slos: Vec::new(),
            slo_rules: RuleSet::Spec,
            sloth_period: SLOTH_PERIOD,
            policies: self.policy_globs(),
            adjustments: Vec::new(),
            adjustment_places: Vec::new(),
            excludable: self.excludable.unwrap_or(EXCLUDABLE),
            services: BTreeMap::new(),
            third_parties: BTreeMap::new(),
            environments: self.environments.iter().map(declared).collect(),
            changes: self.changes.clone(),
            signals: BTreeMap::new(),
            annotations: BTreeMap::new(),
            names: Conventions::default(),
            lints: BTreeMap::new(),
            unmapped: Unmapped::All,
            ignore: Vec::new(),
            ignore_within: None,
            step: STEP,
            on_unknown: OnUnknown::Block,
            commenting: Commenting::Always,
            acting: Acting::default(),
            snapshot: None,
            observers: None,
            place: Place::line_of(source, 1),
        }
    }
}

impl Loader<'_, '_> {
    /// The whole layer; what is wrong or missing takes its default, and stands among the problems.
    fn layer(&mut self) -> Layer {
        let root = self.root;
        let environments = root.get("environments").into_iter().flat_map(Part::entries);
        let least = |(name, part): (&str, Part<'_>)| (name.to_owned(), mode(part).unwrap_or(Mode::Enforce));
        Layer {
            name: self.word("organization").unwrap_or_default().to_owned(),
            policies: root.get("policies").map(|_| self.globs(root, "policies", Reach::Directory, &[])),
            environments: environments.map(least).collect(),
            changes: self.changes(),
            classes: match self.word("classes") {
                Some("closed") => Classes::Closed,
                Some(_) | None => Classes::Open,
            },
            unmapped: self.unmapped(),
            ignore: root.get("ignore").map(|_| self.globs(root, "ignore", Reach::Repository, &[])),
            on_unknown: self.on_unknown(),
            silver_bullets: self.silver_bullets(),
            minimum: self.minimum(),
            excludable: self.excludable(),
        }
    }

    /// The most silver bullets; the schema holds them to their range and lets `3.0` pass.
    fn silver_bullets(&mut self) -> Option<u32> {
        let part = self.root.get("silver_bullets")?;
        let number = part.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            let problem = Diagnostic::error(Code::WrongValue, "`silver_bullets` is no whole number");
            self.problems.push(problem.at(part.place(), "not a number such as 3").help("write digits alone"));
        }
        number
    }

    /// The most of a period that may be excluded, as a share.
    fn excludable(&mut self) -> Option<Decimal> {
        let part = self.root.at("/exclusions/most")?;
        let text = part.text()?;
        let read = share(text);
        if read.is_none() {
            let message = format!("`{text}` is no share of a period");
            let problem = Diagnostic::error(Code::WrongValue, message).at(part.place(), "above 100 %");
            self.problems.push(problem.help("write a percentage from `0 %` to `100 %`"));
        }
        read
    }

    /// The least objective, as a share.
    fn minimum(&mut self) -> Option<Decimal> {
        let part = self.root.at("/objectives/minimum")?;
        let share = percentage(part.text()?);
        if share.is_some() {
            return share;
        }
        let problem = Diagnostic::error(Code::WrongValue, "the least objective must be above 0 %");
        self.problems.push(
            problem
                .at(part.place(), "every objective is above this")
                .help("write a percentage such as `99 %`"),
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<Layer, Vec<Diagnostic>> {
        Layer::load(&SourceText::new(FILE, text))
    }

    #[test]
    fn a_layer_is_read_whole() {
        let layer = loaded(
            "version: 1\norganization: acme\nenvironments: {production: {mode: enforce}, staging: {mode: warn}}\n\
             changes: {hotfix: {label: hotfix, granted_by: admin}}\nclasses: closed\nunmapped: warn\nignore: [docs/**]\n\
             on_unknown: block\nsilver_bullets: 3\nobjectives: {minimum: 99.5 %}\nexclusions: {most: 5 %}\n",
        )
        .expect("it is valid");
        assert_eq!(layer.name, "acme");
        assert_eq!(layer.environments["staging"], Mode::Warn);
        assert_eq!(layer.changes["hotfix"].granted_by.words(), "admin");
        assert_eq!((layer.classes, layer.unmapped), (Classes::Closed, Some(Unmapped::Warn)));
        assert_eq!(layer.ignore, Some(vec!["docs/**".to_owned()]));
        assert_eq!((layer.on_unknown, layer.silver_bullets), (Some(OnUnknown::Block), Some(3)));
        assert_eq!((layer.minimum, layer.excludable), (Some(Decimal::new(995, 3)), Some(Decimal::new(5, 2))));
    }

    #[test]
    fn what_is_not_said_is_left_to_the_teams() {
        let layer = loaded("version: 1\norganization: acme\n").expect("it is valid");
        assert!(layer.environments.is_empty() && layer.changes.is_empty() && layer.ignore.is_none());
        assert_eq!(layer.policies, None);
        assert_eq!((layer.unmapped, layer.on_unknown, layer.silver_bullets), (None, None, None));
        assert_eq!((layer.minimum, layer.classes), (None, Classes::Open));
        let nothing = loaded("version: 1\norganization: acme\nignore: []\n").expect("it is valid");
        assert_eq!(nothing.ignore, Some(Vec::new()), "an empty list lets nothing be ignored");
    }

    #[test]
    fn a_layer_with_a_problem_is_none() {
        for (text, line, words) in [
            ("version: 1\n", 1, "`organization`"),
            ("version: 1\norganization: a\nservices: {}\n", 3, "`services`"),
            ("version: 1\norganization: a\nenvironments: {p: {}}\n", 3, "`mode`"),
            ("version: 1\norganization: a\nobjectives: {minimum: 0 %}\n", 3, "above 0 %"),
            ("version: 1\norganization: a\nobjectives: {minimum: 100 %}\n", 3, "`100 %`"),
            ("version: 1\norganization: a\nsilver_bullets: 400\n", 3, "`400`"),
            ("version: 1\norganization: a\nsilver_bullets: 3.0\n", 3, "whole number"),
            ("version: 1\norganization: a\nignore: [/x]\n", 3, "`/x`"),
        ] {
            let problems = loaded(text).expect_err(text);
            let first = problems.first().expect("a problem");
            assert!(first.message.contains(words), "{first:?}");
            assert_eq!(first.place().expect("placed").line(), line, "{first:?}");
        }
    }
}
