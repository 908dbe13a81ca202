//! The report for a person at a terminal: the verdict first, then the clause that decided with its numbers against
//! its thresholds, until when, and what one can do. Colour never carries anything alone. Problems are `problem`'s.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::diagnostic::Place;
use crate::policy::ruling::{Obstacle, Standing};
use crate::report::escape::terminal as clean;
use crate::report::ink::Ink;
use crate::report::problem::Look;
use crate::report::{Report, adjusted, claimed, consequence, figure, granted, recalled, waived, wrapped};
use crate::verdict::{Effect, Exit, Weighed};

mod proposed;
mod ruling;
mod table;

/// Deciding rulings that are shown whole; the rest are counted.
const SHOWN: usize = 5;

/// Where what is said beside the rulings begins, in columns.
const ASIDE: usize = 18;

/// The renderer: a look and what has been written so far.
struct Page<'a> {
    /// The report.
    report: &'a Report,
    /// How it may look.
    look: Look,
    /// What has been written.
    out: String,
}

/// The report as text. A change that may simply proceed takes one line.
#[must_use]
pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page { report, look, out: String::new() };
    if report.verdict.exit == Exit::Invalid {
        page.invalid();
    } else if report.verdict.effect == Effect::Proceed {
        page.proceed();
    } else if report.undecided() {
        page.undecided();
    } else {
        page.whole();
    }
    if look.unicode { page.out } else { figure::plain(&page.out) }
}

impl Page<'_> {
    /// One of two ways to write a thing, with Unicode and without.
    fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.look.unicode { unicode } else { ascii }
    }

    /// A line of prose, which hangs behind so many spaces where it is longer than there is room.
    fn say(&mut self, first: &str, hang: usize, text: &str) {
        self.out.push_str(&self.look.hanging(first, hang, text));
    }

    /// The verdict's word as a banner.
    fn banner(&self) -> String {
        let word = self.report.word().to_uppercase();
        self.look.ink(Ink::Banner(self.report.verdict.effect), &format!(" {word} "))
    }

    /// The banner and what it is about, between two blank lines.
    fn headline(&mut self, about: &str) {
        self.out.push('\n');
        self.say(&format!(" {} ", self.banner()), 2, about);
        self.out.push('\n');
    }

    /// `checkout → production`.
    fn subject(&self) -> String {
        let services: Vec<String> = self.report.services().into_iter().map(clean).collect();
        let environment = self.report.environment.as_deref().map(clean).unwrap_or_default();
        let subject = if services.is_empty() {
            environment
        } else {
            format!("{} {} {environment}", services.join(", "), self.glyph("→", "->"))
        };
        self.look.ink(Ink::Strong, &subject)
    }

    /// The one line of a change that may proceed, with the notes that a reader must not miss.
    fn proceed(&mut self) {
        let tightest = match self.report.tightest() {
            Some((line, known)) => {
                format!("tightest: {}, {} left", clean(&line.title), figure::percent(known.remaining))
            }
            None if self.report.change.services.is_empty() => "no service is touched".to_owned(),
            None => match self.report.budgets.first() {
                Some(line) => format!("{} is not known", self.name(line)),
                None => "no budget was read".to_owned(),
            },
        };
        let (banner, subject) = (self.banner(), self.subject());
        self.say(&format!("{} ", banner.trim_start()), 4, &format!("{subject}   {tightest}"));
        self.adjusted("");
        self.claimed("");
        self.waived("");
        self.proposed();
        self.notes("");
    }

    /// The labels that claim a class.
    fn claimed(&mut self, indent: &str) {
        for said in claimed::sentences(self.report, clean, |label| format!("`{}`", clean(label))) {
            self.say(indent, indent.width().max(2), &said);
        }
    }

    /// The waivers that change nothing.
    fn waived(&mut self, indent: &str) {
        for said in waived::sentences(&self.report.verdict.waivers, clean) {
            self.say(indent, indent.width().max(2), &said);
        }
    }

    /// What adjustments turn.
    fn adjusted(&mut self, indent: &str) {
        for said in adjusted::sentences(self.report, "without", clean) {
            self.say(indent, indent.width().max(2), &said);
        }
    }

    /// What is shown when nothing could be decided because something written is wrong.
    fn invalid(&mut self) {
        let errors = self.report.errors();
        let plural = if errors == 1 { "problem" } else { "problems" };
        self.headline(&format!("nothing is decided: {errors} {plural} to mend first"));
        self.notes("  ");
    }

    /// What is shown when the world did not answer before anything could be asked.
    fn undecided(&mut self) {
        let reason = self.report.notes.first().map(|reason| clean(reason)).unwrap_or_default();
        self.headline(&format!("{}   {reason}", self.subject()));
        self.claimed("  ");
        self.waived("  ");
        self.proposed();
        self.notes("  ");
    }

    /// Everything.
    fn whole(&mut self) {
        self.headline(&self.subject());
        let deciding: Vec<&Weighed> = self.report.deciding().collect();
        for weighed in deciding.iter().take(SHOWN) {
            self.ruling(weighed);
        }
        if deciding.len() > SHOWN {
            let _ = writeln!(self.out, "  and {} more rulings like these\n", deciding.len() - SHOWN);
        }
        self.budgets();
        self.afterwards();
        self.proposed();
        self.footer();
    }

    /// What passes anyway, and what the other clauses say.
    fn afterwards(&mut self) {
        let passing = &self.report.passing;
        if let Some(classes) = granted::sentence(self.report, clean, clean) {
            self.say("  passes anyway   ", ASIDE, &classes);
        }
        if passing.canary {
            let _ = writeln!(self.out, "  passes anyway   a canary");
        }
        self.claimed("  class           ");
        self.waived("  waiver          ");
        let mut heading = "also";
        for (said, slos) in self.asides() {
            let slos = if self.report.budgets.len() > 1 {
                format!("  ({})", slos.join(", "))
            } else {
                String::new()
            };
            let slos = self.look.ink(Ink::Faint, &slos);
            self.say(&format!("  {heading:<13}   "), ASIDE, &format!("{said}{slos}"));
            heading = "";
        }
    }

    /// The clauses that did not decide, in a few words, each with the SLOs that it says the same of.
    fn asides(&self) -> Vec<(String, Vec<String>)> {
        let mut asides: Vec<(String, Vec<String>)> = Vec::new();
        for weighed in self.report.others() {
            let (said, slo) = (self.aside(weighed), clean(&weighed.ruling.slo));
            match asides.iter_mut().find(|(known, _)| *known == said) {
                Some((_, slos)) => slos.push(slo),
                None => asides.push((said, vec![slo])),
            }
        }
        asides
    }

    /// One clause that did not decide, in a few words.
    fn aside(&self, weighed: &Weighed) -> String {
        let ruling = &weighed.ruling;
        let several = self.report.policies.len() > 1;
        let policy = if several { format!("{}/", clean(&ruling.policy)) } else { String::new() };
        let name = format!("{policy}{}", clean(&ruling.clause));
        match (&ruling.standing, &ruling.obstacle) {
            (_, Some(Obstacle::Unknown { why })) => {
                let gap = self.report.budget_of(weighed).and_then(|line| line.figures.as_ref().err());
                format!("{name} unknown: {}", gap.map_or_else(|| clean(why), |gap| gap.brief().to_owned()))
            }
            (_, Some(Obstacle::Failed { message, .. })) => format!("{name} failed: {}", clean(message)),
            (Standing::InForce { .. }, None) => {
                let asked =
                    ruling.consequences.iter().filter_map(|asked| consequence::sentence(asked, clean));
                let asked: Vec<String> = asked.collect();
                let asked = if asked.is_empty() { String::new() } else { format!(": {}", asked.join("; ")) };
                format!("{name} in force{asked}")
            }
            (Standing::Idle, None) => format!("{name} idle"),
            (Standing::Unknown, None) => format!("{name} unknown"),
            (Standing::Untriggered, None) => format!("{name} manual, not triggered"),
        }
    }

    /// Where the facts come from.
    fn footer(&mut self) {
        let mut facts: Vec<String> = Vec::new();
        for policy in &self.report.policies {
            let commit = policy.commit.as_deref().and_then(|commit| commit.get(..7)).unwrap_or("work tree");
            let from = match &policy.organization {
                Some(organization) => format!("sha256 {}", organization.short()),
                None => commit.to_owned(),
            };
            let policy_line = format!("policy {} {} @ {from}", clean(&policy.id), clean(&policy.version));
            facts.push(wrapped::kept(&policy_line));
            // Before one is fired, the policy itself says how many there are.
            let fired = policy.silver_bullets.filter(|(left, a_year)| left < a_year);
            facts.extend(fired.map(recalled::bullets_left));
        }
        if let Some(source) = &self.report.source {
            let judged = self
                .report
                .judged_at
                .map_or_else(String::new, |t| format!(", judged at {}", figure::instant(t)));
            facts.push(format!("{}{judged}", clean(source)));
        }
        facts.push(format!("valid until {}", figure::moment(self.report.verdict.valid_until)));
        let line = self.look.ink(Ink::Faint, &facts.join(self.glyph(" · ", " | ")));
        self.say("  ", 4, &line);
        self.notes("  ");
    }

    /// What else a reader must know, besides a note that stands above already.
    fn notes(&mut self, indent: &str) {
        for note in self.report.notes.iter().skip(usize::from(self.report.undecided())) {
            let line = self.look.ink(Ink::Faint, &clean(note));
            self.say(indent, indent.width() + 2, &line);
        }
    }
}

/// `policies/payments.rhai:18`.
fn at(place: &Place) -> String {
    clean(&place.to_string())
}
