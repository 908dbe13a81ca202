//! A report that `check` wrote, told to a person who did not see it: what was judged, what decided on which numbers,
//! who passes, until when, and what was not known.
//!
//! The report has been held to its schema before; whatever stands in it is shown and never obeyed.

use super::clause::Which;
use super::recorded::{consequence, instant};
use super::told::{Told, place, short, text, texts};
use super::{Page, Writer, name, words};
use crate::document::Part;
use crate::policy::prose::{self, Piece, listed};
use crate::policy::recorded::{decimal, evidence};
use crate::report::figure;
use crate::report::recalled::UNFORESEEN;

/// A report in words.
#[must_use]
pub fn verdict(report: Part<'_>, page: Page) -> String {
    let mut writer = Writer::new(page);
    let told = Told(report);
    writer.headline(told);
    writer.paragraph("", &told.judged());
    writer.paragraph("", &told.outcome());
    let (deciding, others): (Vec<Part<'_>>, Vec<Part<'_>>) =
        told.rulings().partition(|ruling| told.decides(*ruling));
    if !deciding.is_empty() {
        writer.section("What decided");
        for ruling in deciding {
            writer.ruling(told, ruling);
        }
    }
    writer.passing(told);
    writer.unknown(told);
    writer.others(&others);
    writer.problems(told);
    writer.budgets(told);
    writer.adjusted(told);
    writer.policies(told);
    writer.notes(told);
    writer.end()
}

impl Writer {
    /// The verdict's word and what it is about.
    fn headline(&mut self, told: Told<'_>) {
        let mut word = told.word().to_owned();
        word.get_mut(..1).map(str::make_ascii_uppercase).unwrap_or_default();
        let mut title = vec![words(&word)];
        let services = told.subjects();
        if !services.is_empty() {
            title.push(words(": "));
            title.extend(listed(&services));
        }
        if !told.verdict("environment").is_empty() {
            title.extend([words(" → "), name(told.verdict("environment"))]);
        }
        if self.page == Page::Markdown {
            self.text.push_str("## ");
        }
        self.paragraph("", &title);
    }

    /// The title of a part.
    pub(super) fn section(&mut self, title: &str) {
        match self.page {
            Page::Terminal(_) => self.lines("", "", &[words(title)]),
            Page::Markdown => self.paragraph("", &[words(&format!("### {title}"))]),
        }
    }

    /// One ruling, whole.
    fn ruling(&mut self, told: Told<'_>, ruling: Part<'_>) {
        self.head(told, ruling);
        if let Some(calendar) = told.budget_of(ruling).and_then(|budget| budget.get("calendar")) {
            let bound = |key: &str| instant(text(calendar, key));
            let bounds = format!("over the period since {}; it ends {}", bound("start"), bound("end"));
            self.bullet(1, &[words(&bounds)]);
        }
        for (key, which) in [("evidence", Which::When), ("thaw_evidence", Which::Thaws)] {
            for read in ruling.get(key).into_iter().flat_map(Part::items).filter_map(evidence) {
                self.compared(&read, which);
            }
        }
        self.topped_up(ruling);
        let is_in_force = text(ruling, "state") == "in_force";
        if is_in_force {
            self.duration(ruling);
        }
        self.obstacle(ruling);
        self.effect(told, ruling);
        if is_in_force {
            self.consequences(ruling);
        }
        self.text.push('\n');
    }

    /// The clause that rules, its policy, and the SLO that it rules of.
    fn head(&mut self, told: Told<'_>, ruling: Part<'_>) {
        let mut head = vec![name(text(ruling, "clause")), words(": "), name(text(ruling, "title"))];
        let policy = text(ruling, "policy");
        head.extend([words(" (policy "), name(policy), words(" "), name(told.version_of(policy))]);
        if let Some(place) = ruling.get("at").and_then(place) {
            head.extend([words(", "), place]);
        }
        head.push(words(")"));
        head.extend([
            words(", for "),
            name(told.title_of(ruling)),
            words(" of "),
            name(text(ruling, "service")),
        ]);
        self.bullet(0, &head);
    }

    /// Since when a clause is in force, and when it ends.
    fn duration(&mut self, ruling: Part<'_>) {
        let at_least = ruling.get("since_at_least").and_then(Part::boolean) == Some(true);
        let at_least = if at_least { "at least " } else { "" };
        let mut reads = ["evidence", "thaw_evidence"].into_iter().filter_map(|key| ruling.get(key));
        let on_signal =
            reads.any(|read| read.items().filter_map(evidence).any(|one| figure::is_signal(&one)));
        let ends = match text(ruling, "thaws_at") {
            "" if on_signal => UNFORESEEN.to_owned(),
            "" => "does not end by itself within a period".to_owned(),
            at => format!("ends {}, if nothing more burns", instant(at)),
        };
        let since = instant(text(ruling, "since"));
        self.bullet(1, &[words(&format!("in force since {at_least}{since}; {ends}"))]);
    }

    /// Why a ruling comes to something else than its clause asks for, where it does.
    fn effect(&mut self, told: Told<'_>, ruling: Part<'_>) {
        let (stated, effect) = (text(ruling, "stated"), text(ruling, "effect"));
        if stated == effect {
            return;
        }
        let excepted = ruling.get("excepted").and_then(Part::boolean) == Some(true);
        let why = if excepted {
            ", because the change's class is excepted".to_owned()
        } else if told.is_estimated(ruling) && told.verdict("mode") == "enforce" {
            ", because the budget is only estimated".to_owned()
        } else {
            format!(" where the mode is {}", told.verdict("mode"))
        };
        self.bullet(1, &[words(&format!("asks for {stated} and comes to {effect}{why}"))]);
    }

    /// What a clause in force asks for.
    fn consequences(&mut self, ruling: Part<'_>) {
        for asked in ruling.get("consequences").into_iter().flat_map(Part::items) {
            match consequence(asked) {
                Some(consequence) => {
                    let (mut pieces, automation) = prose::consequence(&consequence);
                    pieces.push(words(&format!(" ({})", automation.as_str())));
                    self.bullet(1, &pieces);
                }
                None => self.bullet(1, &[Piece::Code(text(asked, "kind").to_owned())]),
            }
        }
    }

    /// Why a ruling is not decided, where it is not.
    fn obstacle(&mut self, ruling: Part<'_>) {
        let Some(obstacle) = ruling.get("obstacle").filter(|obstacle| obstacle.is_map()) else { return };
        let failed = text(obstacle, "kind") == "failed";
        let mut pieces =
            vec![words(if failed { "failed: " } else { "because " }), name(text(obstacle, "message"))];
        if let Some(place) = place(obstacle) {
            pieces.extend([words(" ("), place, words(")")]);
        }
        self.bullet(1, &pieces);
    }

    /// Who passes although the change was withheld.
    fn passing(&mut self, told: Told<'_>) {
        let classes: Vec<String> = told.excepted().into_iter().collect();
        if classes.is_empty() {
            return;
        }
        let mut pieces = vec![words("What passes: changes of class ")];
        pieces.extend(listed(&classes));
        pieces.push(words("; whatever withheld this one excepts them."));
        self.paragraph("", &pieces);
    }

    /// Budgets that were not known.
    fn unknown(&mut self, told: Told<'_>) {
        let budgets = told.0.get("budgets").into_iter().flat_map(Part::items);
        let gaps: Vec<(Part<'_>, Part<'_>)> =
            budgets.filter_map(|budget| Some((budget, budget.get("gap")?))).collect();
        if gaps.is_empty() {
            return;
        }
        self.section("What was not known");
        for (budget, gap) in gaps {
            self.bullet(0, &[name(text(budget, "title")), words(": "), name(text(gap, "detail"))]);
            self.bullet(1, &[words("help: "), name(text(gap, "help"))]);
        }
        self.text.push('\n');
    }

    /// The rulings that did not decide, a line each.
    fn others(&mut self, rulings: &[Part<'_>]) {
        if rulings.is_empty() {
            return;
        }
        self.section("What else was looked at");
        for ruling in rulings {
            let state = match text(*ruling, "state") {
                "in_force" => "in force",
                "unknown" => "not known",
                "manual" => "manual, not triggered",
                _ => "idle",
            };
            let effect = match text(*ruling, "effect") {
                "proceed" => String::new(),
                effect => format!(", which comes to {effect}"),
            };
            let mut pieces = vec![name(text(*ruling, "policy")), words("/"), name(text(*ruling, "clause"))];
            pieces.extend([words(" for "), name(text(*ruling, "slo")), words(&format!(": {state}{effect}"))]);
            self.bullet(0, &pieces);
        }
        self.text.push('\n');
    }

    /// What was wrong in what was written.
    fn problems(&mut self, told: Told<'_>) {
        let problems: Vec<Part<'_>> = told.0.get("problems").into_iter().flat_map(Part::items).collect();
        if problems.is_empty() {
            return;
        }
        self.section("What was wrong in what was written");
        for problem in problems {
            let mut pieces =
                vec![words(&format!("{}: ", text(problem, "severity"))), name(text(problem, "message"))];
            if let Some(place) = place(problem) {
                pieces.extend([words(" ("), place, words(")")]);
            }
            self.bullet(0, &pieces);
            if !text(problem, "help").is_empty() {
                self.bullet(1, &[words("help: "), name(text(problem, "help"))]);
            }
        }
        self.text.push('\n');
    }

    /// By which texts it was judged.
    fn policies(&mut self, told: Told<'_>) {
        let policies: Vec<Part<'_>> = told.0.get("policies").into_iter().flat_map(Part::items).collect();
        if policies.is_empty() {
            return;
        }
        self.section("By which policies");
        for policy in policies {
            let mut pieces =
                vec![name(text(policy, "id")), words(" "), name(text(policy, "version")), words(": ")];
            pieces.push(Piece::Code(text(policy, "file").to_owned()));
            if !text(policy, "commit").is_empty() {
                pieces.extend([words(" at commit "), Piece::Code(short(text(policy, "commit")))]);
            }
            pieces.extend([words(", "), Piece::Code(short(text(policy, "digest"))), words("; agreed by ")]);
            let agreed = policy.get("agreed_by").into_iter().flat_map(Part::entries);
            let agreed: Vec<String> =
                agreed.filter_map(|(role, person)| Some(format!("{role} ({})", person.text()?))).collect();
            pieces.extend(listed(&agreed));
            let overdue = policy.get("overdue").and_then(Part::boolean) == Some(true);
            pieces.push(words(if overdue { "; its review was due: " } else { "; next review: " }));
            pieces.push(name(text(policy, "next_review")));
            if !text(policy, "effective_from").is_empty() {
                pieces.extend([words("; it only informs until "), name(text(policy, "effective_from"))]);
            }
            self.bullet(0, &pieces);
        }
        self.text.push('\n');
    }

    /// The budgets that were known.
    fn budgets(&mut self, told: Told<'_>) {
        let budgets = told.0.get("budgets").into_iter().flat_map(Part::items);
        let known: Vec<(Part<'_>, String)> = budgets
            .filter_map(|budget| Some((budget, figure::percent(decimal(budget.get("remaining")?)?))))
            .collect();
        if !known.is_empty() {
            self.section("What was left of the budgets");
            for (budget, left) in known {
                self.bullet(0, &[name(text(budget, "title")), words(&format!(": {left}"))]);
            }
            self.text.push('\n');
        }
    }

    /// What else a reader must know.
    fn notes(&mut self, told: Told<'_>) {
        let notes = texts(told.0, "notes");
        if !notes.is_empty() {
            self.section("Notes");
            for note in notes {
                self.bullet(0, &[name(&note)]);
            }
        }
    }
}
