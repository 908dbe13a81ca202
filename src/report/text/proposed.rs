//! What a change makes of the rules that judge it, on a terminal: first what its own rules would decide.

use super::ruling::numbers;
use super::{ASIDE, Page, SHOWN, at, clean};
use crate::policy::ruling::Obstacle;
use crate::report::ink::Ink;
use crate::report::proposed::{Proposed, becomes};
use crate::report::{amendment, figure, resettled};
use crate::verdict::{Effect, Weighed};

/// Revisions and problems that are shown, of each; the rest are counted.
const PROPOSED: usize = 20;

impl Page<'_> {
    /// What the change makes of the rules that judge it.
    pub(super) fn proposed(&mut self) {
        let Some(proposed) = &self.report.proposed else { return };
        let mut lines = vec![format!("by this change: {}", proposed.summary())];
        lines.extend(self.outcome(proposed));
        for resettled in proposed.settings.iter().take(PROPOSED) {
            let said = resettled::sentence(resettled, clean);
            lines.push(if resettled.redirects() { self.look.ink(Ink::Alarm, &said) } else { said });
        }
        for retold in proposed.revisions.iter().take(PROPOSED) {
            let said = retold.sentence(clean);
            let is_alarming = retold.eases_an_exhausted_budget();
            lines.push(if is_alarming { self.look.ink(Ink::Alarm, &said) } else { said });
        }
        for amendment in proposed.amendments.iter().take(PROPOSED) {
            let said = amendment::sentence(amendment, clean, |text| format!("`{}`", clean(text)));
            let said = format!("{said} ({})", at(&amendment.place));
            lines.push(if amendment.loosens { self.look.ink(Ink::Alarm, &said) } else { said });
        }
        for found in proposed.problems.iter().take(PROPOSED) {
            let problem = &found.problem;
            let kind = if problem.is_error() { "error" } else { "warning" };
            let place = problem.place().map_or_else(String::new, |place| format!(" ({})", at(place)));
            lines.push(format!("{kind}: {}{place}", clean(&problem.message)));
            lines.push(format!("help: {}", clean(&problem.help)));
        }
        let more = proposed.beyond(PROPOSED);
        if more > 0 {
            lines.push(format!("and {more} more; --format json has them all"));
        }
        lines.extend(proposed.untold.iter().map(|why| clean(why)));
        let mut heading = "proposed";
        for line in lines {
            self.say(&format!("  {heading:<13}   "), ASIDE, &line);
            heading = "";
        }
    }

    /// What its own rules would decide, beside what those of the base do.
    fn outcome(&self, proposed: &Proposed) -> Vec<String> {
        let Some(said) = proposed.decided(self.report, clean) else { return Vec::new() };
        let said = format!("its own rules: {said}");
        let mut lines =
            vec![if proposed.frees(self.report) { self.look.ink(Ink::Alarm, &said) } else { said }];
        let Some(Ok(own)) = &proposed.outcome else { return lines };
        if own.verdict.effect == Effect::Proceed
            && let Some((line, known)) = own.tightest()
        {
            let left = figure::percent(known.remaining);
            lines.push(format!("tightest by them: {}, {left} left", clean(&own.title(line))));
        }
        for (base, now) in proposed.undone(self.report).into_iter().take(SHOWN) {
            let (clause, slo) = (clean(&base.ruling.clause), clean(&self.report.title_of(base)));
            lines.push(match now {
                None => format!("{clause} would not be asked of {slo}"),
                Some(now) => format!("{clause} would be {}: {slo}{}", becomes(now), read(now)),
            });
        }
        for weighed in proposed.deciding(self.report).into_iter().take(SHOWN) {
            let (clause, slo) = (clean(&weighed.ruling.clause), clean(&own.title_of(weighed)));
            lines.push(format!("{clause} would {}: {slo}{}", weighed.effect.as_str(), read(weighed)));
        }
        lines.extend(proposed.unknown(clean));
        lines
    }
}

/// What a ruling rests on, behind a comma; empty where that is no number.
fn read(weighed: &Weighed) -> String {
    let said: Vec<String> = match &weighed.ruling.obstacle {
        Some(Obstacle::Unknown { why }) => vec![clean(why)],
        Some(Obstacle::Failed { message, .. }) => vec![clean(message)],
        None => numbers(weighed),
    };
    let said: Vec<String> =
        said.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if said.is_empty() { String::new() } else { format!(", {}", said.join("; ")) }
}
