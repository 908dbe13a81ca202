//! The report for a person at a terminal: the verdict first, then the clause that decided with its numbers against
//! its thresholds, until when, and what one can do. Colour never carries anything alone. Problems are `problem`'s.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::diagnostic::Place;
use crate::policy::ruling::{Obstacle, Standing};
use crate::policy::{Evidence, Value};
use crate::report::escape::terminal as clean;
use crate::report::problem::Look;
use crate::report::{
    BudgetLine, Figured, Report, adjusted, attribution, chart, claimed, consequence, figure, granted, part,
    period, recalled, waived,
};
use crate::verdict::{Effect, Exit, Weighed};

mod proposed;

/// Deciding rulings that are shown whole; the rest are counted.
const SHOWN: usize = 5;

/// Cells of a budget's bar.
const BAR: u32 = 12;

/// Cells of a title in the table.
const WIDEST: usize = 40;

/// A colour or weight, as the number of a terminal's "select graphic rendition".
#[derive(Debug, Clone, Copy)]
enum Ink {
    /// Bold on red, green, yellow or blue ground.
    Banner(Effect),
    /// Bold.
    Strong,
    /// Dim.
    Faint,
    /// Red.
    Alarm,
}

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
    /// Text in a colour, where there is colour.
    fn ink(&self, ink: Ink, text: &str) -> String {
        if !self.look.colour {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Banner(Effect::Freeze | Effect::Restrict) => "1;37;41",
            Ink::Banner(Effect::Proceed) => "1;30;42",
            Ink::Banner(Effect::Warn | Effect::Unknown) => "1;30;43",
            Ink::Banner(Effect::Inform) => "1;37;44",
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Alarm => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// One of two ways to write a thing, with Unicode and without.
    fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.look.unicode { unicode } else { ascii }
    }

    /// The verdict's word as a banner.
    fn banner(&self) -> String {
        let word = self.report.word().to_uppercase();
        self.ink(Ink::Banner(self.report.verdict.effect), &format!(" {word} "))
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
        self.ink(Ink::Strong, &subject)
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
        let _ = writeln!(self.out, "{} {}   {tightest}", self.banner().trim_start(), self.subject());
        self.adjusted("");
        self.claimed("");
        self.waived("");
        self.proposed();
        self.notes("");
    }

    /// The labels that claim a class.
    fn claimed(&mut self, indent: &str) {
        for said in claimed::sentences(self.report, clean, |label| format!("`{}`", clean(label))) {
            let _ = writeln!(self.out, "{indent}{said}");
        }
    }

    /// The waivers that change nothing.
    fn waived(&mut self, indent: &str) {
        for said in waived::sentences(&self.report.verdict.waivers, clean) {
            let _ = writeln!(self.out, "{indent}{said}");
        }
    }

    /// What adjustments turn.
    fn adjusted(&mut self, indent: &str) {
        for said in adjusted::sentences(self.report, "without", clean) {
            let _ = writeln!(self.out, "{indent}{said}");
        }
    }

    /// What is shown when nothing could be decided because something written is wrong.
    fn invalid(&mut self) {
        let errors = self.report.errors();
        let plural = if errors == 1 { "problem" } else { "problems" };
        let _ =
            writeln!(self.out, "\n {} nothing is decided: {errors} {plural} to mend first\n", self.banner());
        self.notes("  ");
    }

    /// What is shown when the world did not answer before anything could be asked.
    fn undecided(&mut self) {
        let reason = self.report.notes.first().map(|reason| clean(reason)).unwrap_or_default();
        let _ = writeln!(self.out, "\n {} {}   {reason}\n", self.banner(), self.subject());
        self.claimed("  ");
        self.waived("  ");
        self.proposed();
        self.notes("  ");
    }

    /// Everything.
    fn whole(&mut self) {
        let heading = format!("\n {} {}\n", self.banner(), self.subject());
        let _ = writeln!(self.out, "{heading}");
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

    /// One ruling: its name and place, its numbers, since when and until when.
    fn ruling(&mut self, weighed: &Weighed) {
        let ruling = &weighed.ruling;
        let name = clean(&ruling.clause);
        let indent = " ".repeat(name.width() + 5);
        let place = self.ink(Ink::Faint, &at(&ruling.place));
        let title = clean(&ruling.title);
        let _ = writeln!(self.out, "  {}   {title}   {place}", self.ink(Ink::Strong, &name));
        let _ = writeln!(self.out, "{indent}{}", clean(&self.report.title_of(weighed)));
        for line in numbers(weighed) {
            let _ = writeln!(self.out, "{indent}{line}");
        }
        if let Standing::InForce { since, at_least, thaws_at } = ruling.standing {
            let lasted = self.report.judged_at.map_or(0, |t| t - since);
            let at_least = if at_least { "at least " } else { "" };
            let since = figure::instant(since);
            let _ =
                writeln!(self.out, "{indent}in force since {at_least}{since} ({})", figure::lasting(lasted));
            let _ = match (recalled::ending(ruling, clean), thaws_at) {
                (Some(ending), _) => writeln!(self.out, "{indent}{ending}"),
                (None, Some(at)) => {
                    writeln!(self.out, "{indent}thaws {}, if nothing more burns", figure::instant(at))
                }
                (None, None) => writeln!(self.out, "{indent}does not thaw by itself within a period"),
            };
        }
        for said in recalled::sentences(ruling, clean) {
            let _ = writeln!(self.out, "{indent}{said}");
        }
        match &ruling.obstacle {
            Some(Obstacle::Unknown { why }) => {
                let _ = writeln!(self.out, "{indent}not known: {}", clean(why));
                let line = self.report.budget_of(weighed);
                if let Some(help) = line.and_then(|line| line.help(ruling)) {
                    let _ = writeln!(self.out, "{indent}help: {help}");
                }
            }
            Some(Obstacle::Failed { message, place }) => {
                let _ = writeln!(self.out, "{indent}failed: {} ({})", clean(message), at(place));
                let _ = writeln!(self.out, "{indent}help: mend the policy at that line");
            }
            None => {}
        }
        if let Some(why) = self.report.eased(weighed) {
            let _ = writeln!(self.out, "{indent}{}", clean(&why));
        }
        if matches!(ruling.standing, Standing::InForce { .. }) {
            for said in ruling.consequences.iter().filter_map(|asked| consequence::sentence(asked, clean)) {
                let _ = writeln!(self.out, "{indent}{} {said}", self.glyph("→", "->"));
            }
        }
        self.out.push('\n');
    }

    /// The table of budgets and the curve of the tightest.
    fn budgets(&mut self) {
        if self.report.budgets.is_empty() {
            return;
        }
        let titles: Vec<String> = self.report.budgets.iter().map(|line| self.name(line)).collect();
        let widest = titles.iter().map(|title| title.width()).max().unwrap_or(0).max(3);
        let heading = format!(
            "  {:<widest$}   {:>9}   {:<24}   {:>7}   {:>7}   {:>7}",
            "SLO", "objective", "remaining", "burn 1h", "24h", "72h"
        );
        let _ = writeln!(self.out, "{}", self.ink(Ink::Faint, &heading));
        for (line, title) in self.report.budgets.iter().zip(titles) {
            let objective = figure::objective(line.objective);
            let rest = match &line.figures {
                Ok(known) => self.known(known),
                Err(gap) => self.ink(Ink::Alarm, &format!("not known: {}", gap.called())),
            };
            let gap = " ".repeat(widest.saturating_sub(title.width()));
            let _ = writeln!(self.out, "  {title}{gap}   {objective:>9}   {rest}");
        }
        for line in &self.report.budgets {
            for said in period::sentence(line).into_iter().chain(part::sentence(line, clean)) {
                let _ = writeln!(self.out, "  {}: {said}", self.name(line));
            }
        }
        for line in &self.report.budgets {
            for through in attribution::notable(self.report, line) {
                let said = attribution::sentence(line, through, clean);
                let _ = writeln!(self.out, "  {}: {said}", self.name(line));
                let rule = [attribution::rule(through.1)];
                for detail in rule.into_iter().chain(attribution::incidents(through.1, clean)) {
                    let _ = writeln!(self.out, "    {}", self.ink(Ink::Faint, &detail));
                }
            }
        }
        self.adjusted("  ");
        if let Some((line, _)) = self.report.tightest() {
            let curve = chart::sparkline(line, self.look.unicode);
            let _ = writeln!(
                self.out,
                "  last {}  {curve}  {}",
                figure::period(line.period),
                self.ink(Ink::Faint, &self.name(line))
            );
        }
        self.out.push('\n');
    }

    /// A budget's title, cut to what a table bears.
    fn name(&self, line: &BudgetLine) -> String {
        let title = clean(&self.report.title(line));
        let mut cut = String::new();
        for character in title.chars() {
            if cut.width() + character.width().unwrap_or(0) > WIDEST {
                cut.push_str(self.glyph("…", "~"));
                break;
            }
            cut.push(character);
        }
        cut
    }

    /// The figures of one known budget: a bar, what is left, how fast it burns.
    fn known(&self, known: &Figured) -> String {
        let left = format!("{:>9}", figure::percent(known.remaining));
        let left = if known.remaining <= Decimal::ZERO { self.ink(Ink::Alarm, &left) } else { left };
        let rate = |window: usize| match known.burn_rate.get(window) {
            Some(Ok(figure)) if figure.no_traffic => "quiet".to_owned(),
            Some(Ok(figure)) => figure::rate(figure.value),
            Some(Err(_)) | None => "?".to_owned(),
        };
        format!(
            "{} {left}   {:>7}   {:>7}   {:>7}",
            chart::bar(known.remaining, BAR, self.look.unicode),
            rate(0),
            rate(2),
            rate(3)
        )
    }

    /// What passes anyway, and what the other clauses say.
    fn afterwards(&mut self) {
        let passing = &self.report.passing;
        if let Some(classes) = granted::sentence(self.report, clean, clean) {
            let _ = writeln!(self.out, "  passes anyway   {classes}");
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
            let _ = writeln!(self.out, "  {heading:<13}   {said}{}", self.ink(Ink::Faint, &slos));
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
            facts.push(format!("policy {} {} @ {from}", clean(&policy.id), clean(&policy.version)));
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
        let line = format!("  {}", facts.join(self.glyph(" · ", " | ")));
        let _ = writeln!(self.out, "{}", self.ink(Ink::Faint, &line));
        self.notes("  ");
    }

    /// What else a reader must know, besides a note that stands above already.
    fn notes(&mut self, indent: &str) {
        for note in self.report.notes.iter().skip(usize::from(self.report.undecided())) {
            let line = format!("{indent}{}", clean(note));
            let _ = writeln!(self.out, "{}", self.ink(Ink::Faint, &line));
        }
    }
}

/// `policies/payments.rhai:18`.
fn at(place: &Place) -> String {
    clean(&place.to_string())
}

/// The numbers that a ruling rests on against their thresholds, a line a fact.
fn numbers(weighed: &Weighed) -> Vec<String> {
    let ruling = &weighed.ruling;
    let holds = match weighed.asks {
        Effect::Freeze => "freezes",
        Effect::Restrict => "restricts",
        Effect::Warn => "warns",
        Effect::Proceed | Effect::Inform | Effect::Unknown => "holds",
    };
    // The same fact may have two values: conditions held steadily for different times.
    let same = |one: &Evidence, other: &Evidence| one.fact == other.fact && one.value == other.value;
    let thaw_of = |when: &Evidence| ruling.thaw_evidence.iter().find(|thaw| same(thaw, when));
    let when = |evidence: &Evidence| said(evidence, holds, "");
    let thaws = |evidence: &Evidence| said(evidence, "thaws", "read by `thaws`, ");
    let mut lines = Vec::new();
    for evidence in known(&ruling.evidence) {
        let mut words = Vec::new();
        words.extend(when(evidence));
        words.extend(thaw_of(evidence).and_then(thaws));
        lines.push(number(evidence, &words));
    }
    for evidence in known(&ruling.thaw_evidence) {
        if ruling.evidence.iter().all(|when| !same(when, evidence)) {
            lines.push(number(evidence, &Vec::from_iter(thaws(evidence))));
        }
    }
    lines
}

/// What follows under the comparison that a condition asks for; where it is unclear what it asks, whether what was
/// compared holds.
fn said(evidence: &Evidence, follows: &str, read: &str) -> Option<String> {
    let compared = figure::limit(evidence)?;
    Some(match compared.asked() {
        Some(asked) => {
            format!("{follows} {} {}", figure::condition(&asked), figure::value(&asked.threshold))
        }
        None => format!("{read}{}: {}", figure::threshold(compared), figure::held(compared)),
    })
}

/// The facts that are known; what is not known stands in the ruling's obstacle.
fn known(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    evidence.iter().filter(|evidence| !matches!(evidence.value, Value::Unknown(_)))
}

/// One fact with what is said of it.
fn number(evidence: &Evidence, words: &[String]) -> String {
    let fact = format!("{} {}", clean(&evidence.fact), clean(&figure::value(&evidence.value)));
    if words.is_empty() { fact } else { format!("{fact:<26} {}", words.join(", ")) }
}
