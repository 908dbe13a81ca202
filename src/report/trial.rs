//! The outcome of tests for a person at a terminal: one line for each case, and for one that failed what was wanted
//! beside what was got, with the facts that each clause read and its line. Machines are `json`'s and `junit`'s.

use std::fmt::Write as _;

use crate::diagnostic::Place;
use crate::policy::ruling::{Obstacle, Ruling, Standing};
use crate::policy::trial::coverage::Coverage;
use crate::policy::trial::{Moment, Want, told};
use crate::policy::{Consequence, Evidence, Value};
use crate::report::escape::terminal as clean;
use crate::report::{figure, recalled};

pub mod json;
pub mod junit;

/// Marks that no case has seen and that are listed; the rest are counted.
const LISTED: usize = 50;

/// Everything that there is to say about a run of tests.
#[derive(Debug, Default)]
pub struct Trials {
    /// The cases, in the order of their files.
    pub cases: Vec<Tried>,
    /// Policies without tests, by path.
    pub untested: Vec<String>,
    /// Cases that the filter left out.
    pub left_out: usize,
    /// What was seen of each policy, where that was asked for.
    pub coverage: Option<Vec<Coverage>>,
    /// The percentage that must be covered.
    pub min: Option<u8>,
}

/// One case as it went.
#[derive(Debug)]
pub struct Tried {
    /// The policy's id.
    pub policy: String,
    /// What the case shows.
    pub note: String,
    /// Where it is written.
    pub place: Place,
    /// The change's class.
    pub class: Option<String>,
    /// Its instants.
    pub moments: Vec<Moment>,
}

impl Tried {
    /// True when everything is as it was wanted.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.moments.iter().all(|moment| moment.mismatches.is_empty())
    }
}

impl Trials {
    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.passed()).count()
    }

    /// Seen marks and all marks, over all policies.
    #[must_use]
    pub fn covered(&self) -> Option<(usize, usize)> {
        let add = |sum: (usize, usize), one: &Coverage| (sum.0 + one.counts().0, sum.1 + one.counts().1);
        self.coverage.as_ref().map(|all| all.iter().fold((0, 0), add))
    }

    /// True when less is covered than must be.
    #[must_use]
    pub fn uncovered(&self) -> bool {
        match (self.covered(), self.min) {
            (Some((seen, all)), Some(min)) => seen * 100 < usize::from(min) * all,
            _ => false,
        }
    }
}

/// The outcome as text.
#[must_use]
pub fn render(trials: &Trials) -> String {
    let mut out = String::new();
    let width = trials.cases.iter().map(|case| case.policy.chars().count()).max().unwrap_or(0);
    for case in &trials.cases {
        let word = if case.passed() { "ok  " } else { "FAIL" };
        let _ = writeln!(out, "{word}  {:<width$}  {}", clean(&case.policy), clean(&case.note));
        for moment in case.moments.iter().filter(|moment| !moment.mismatches.is_empty()) {
            failure(&mut out, case, moment);
        }
        if !case.passed() {
            out.push('\n');
        }
    }
    for path in &trials.untested {
        let _ = writeln!(out, "none  {} has no tests beside it", clean(path));
    }
    let failed = trials.failed();
    let _ = write!(out, "\n{} passed, {failed} failed", trials.cases.len() - failed);
    let _ = match trials.left_out {
        0 => writeln!(out),
        left_out => writeln!(out, ", {left_out} left out by the filter"),
    };
    if trials.cases.len() > 1 {
        for case in trials.cases.iter().filter(|case| !case.passed()) {
            let _ = writeln!(out, "  {}  {}", case.place, clean(&case.note));
        }
    }
    for coverage in trials.coverage.iter().flatten() {
        covered(&mut out, coverage);
    }
    if let (true, Some(min), Some((seen, all))) = (trials.uncovered(), trials.min, trials.covered()) {
        let _ = writeln!(
            out,
            "\n{} is covered of {all} marks, and --min asks for {min} %",
            percentage(seen, all)
        );
    }
    out
}

/// One instant that is not as it was wanted.
fn failure(out: &mut String, case: &Tried, moment: &Moment) {
    let at = moment.t.map_or_else(String::new, |t| {
        // As the case says it, and as a calendar does.
        format!(", at {} ({})", told(t, moment.want.start), figure::instant(t))
    });
    let _ = writeln!(out, "\n      {}{at}", moment.want.place);
    let longest =
        |texts: &mut dyn Iterator<Item = &str>| texts.map(|text| text.chars().count()).max().unwrap_or(0);
    let rows = &moment.mismatches;
    let first = longest(&mut rows.iter().map(|row| row.what.as_str()));
    let second = longest(&mut rows.iter().map(|row| row.wanted.as_str()).chain(["wanted"])).min(48);
    let _ = writeln!(out, "      {:<first$}   {:<second$} | got", "", "wanted");
    for row in rows {
        let _ = writeln!(
            out,
            "      {:<first$}   {:<second$} | {}",
            clean(&row.what),
            clean(&row.wanted),
            clean(&row.got)
        );
    }
    out.push('\n');
    let several =
        moment.rulings.iter().any(|one| moment.rulings.first().is_some_and(|first| first.slo != one.slo));
    let mut beside = Vec::new();
    for ruling in &moment.rulings {
        let name =
            if several { format!("{} of {}", ruling.clause, ruling.slo) } else { ruling.clause.clone() };
        let wanted = wanted(&moment.want, ruling);
        if wanted.is_some() || is_reason(moment, ruling) {
            let _ = writeln!(
                out,
                "      {:<12} {}{}   {}",
                clean(&name),
                standing(ruling.standing),
                wanted.map_or_else(String::new, |wanted| format!(", wanted {wanted}")),
                ruling.place
            );
            read(out, ruling);
            let except = ruling.consequences.iter().filter_map(Consequence::except).flatten();
            if let Some(class) = except.into_iter().find(|class| case.class.as_ref() == Some(class)) {
                let _ = writeln!(out, "        except {} changes, and this is one", clean(class));
            }
        } else {
            beside.push(format!("{} {}", clean(&name), standing(ruling.standing)));
        }
    }
    if !beside.is_empty() {
        let _ = writeln!(out, "      also         {}", beside.join(", "));
    }
    for said in &moment.in_vain {
        let _ = writeln!(out, "      {}", clean(said));
    }
}

/// How a clause was wanted to stand, where it does not.
fn wanted(want: &Want, ruling: &Ruling) -> Option<&'static str> {
    let among = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.contains(&ruling.clause));
    match (among(&want.clauses), among(&want.unknown), ruling.standing) {
        (Some(true), _, Standing::Idle | Standing::Unknown | Standing::Untriggered) => Some("in force"),
        (_, Some(true), Standing::Idle | Standing::Untriggered | Standing::InForce { .. }) => Some("unknown"),
        (Some(false), Some(false), Standing::InForce { .. } | Standing::Unknown) => Some("idle"),
        (Some(false), None, Standing::InForce { .. }) => Some("not in force"),
        (None, Some(false), Standing::Unknown) => Some("known"),
        _ => None,
    }
}

/// Whether a clause that stands as it was wanted, or of which nothing was wanted, can have made the difference.
fn is_reason(moment: &Moment, ruling: &Ruling) -> bool {
    let told = |what: &str| moment.mismatches.iter().any(|one| one.what == what);
    let follows = told("effect") || told("consequences");
    let named = moment
        .mismatches
        .iter()
        .any(|one| one.what.strip_suffix(&ruling.clause).is_some_and(|before| before.ends_with(" of ")));
    let stands = !matches!(ruling.standing, Standing::Idle | Standing::Untriggered);
    named || follows && (stands || moment.want.clauses.is_none())
}

/// The facts that a clause read.
fn read(out: &mut String, ruling: &Ruling) {
    for (evidence, condition) in [(&ruling.evidence, "when"), (&ruling.thaw_evidence, "thaws")] {
        for one in evidence {
            let _ = writeln!(out, "        {condition:<6} {}", fact(one));
        }
    }
    for said in recalled::bullets(ruling, clean).into_iter().chain(recalled::sentences(ruling, clean)) {
        let _ = writeln!(out, "        {said}");
    }
    if let Some(Obstacle::Failed { message, place }) = &ruling.obstacle {
        let _ = writeln!(out, "        failed at {place}: {}", clean(message));
    }
}

/// Where a clause stands, in words.
fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::InForce { .. } => "in force",
        Standing::Idle => "idle",
        Standing::Unknown => "unknown",
        Standing::Untriggered => "not triggered",
    }
}

/// A fact with its value, and the comparison that it stood in: `remaining -2 %, at or below 0 %: holds`.
fn fact(evidence: &Evidence) -> String {
    let value = match &evidence.value {
        Value::Unknown(why) => format!("is not known: {}", clean(why)),
        known @ (Value::Ratio(_)
        | Value::Rate(_)
        | Value::Count(_)
        | Value::Time(_)
        | Value::Never
        | Value::Text(_)
        | Value::Word(_)) => clean(&figure::value(known)),
    };
    let compared = evidence.compared.as_ref().map_or_else(String::new, |comparison| {
        format!(", {}: {}", clean(&figure::threshold(comparison)), figure::held(comparison))
    });
    format!("{} {value}{compared}", clean(&evidence.fact))
}

/// What of a policy was seen, and what was not.
fn covered(out: &mut String, coverage: &Coverage) {
    let (seen, all) = coverage.counts();
    let _ = writeln!(out, "\n{} {}: {seen} of {all} marks", clean(&coverage.policy), percentage(seen, all));
    let missing = || coverage.marks().filter(|mark| !mark.seen);
    for mark in missing().take(LISTED) {
        let _ = writeln!(out, "  {}  {}: {}", mark.place, clean(&mark.clause), clean(&mark.missing));
    }
    let more = missing().count().saturating_sub(LISTED);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

/// A percentage, rounded down, so that 100 % is all.
fn percentage(seen: usize, all: usize) -> String {
    format!("{} %", (seen * 100).checked_div(all).unwrap_or(100))
}
