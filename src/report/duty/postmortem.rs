//! What the issue of a postmortem says: a template, with the impact on the budgets filled in.
//!
//! The impact is read of the incidents that end within the judged period (`Figures::incidents`). Of all of them the one
//! that took most stands in sentences, and a table has those that took most. An incident is over when an hour has passed since it last
//! burned: until then a further one would be the same.

use std::cmp::Reverse;
use std::fmt::Write as _;

use rust_decimal::Decimal;

use crate::report::duty::template::{Blank, Template};
use crate::report::duty::{Affected, Duty, Purpose, issue};
use crate::report::escape::{code_span, markdown};
use crate::report::{attribution, figure};

/// The longest pause within an incident, in seconds.
const HOUR: i64 = 3_600;

/// How long after an incident its postmortem is held at the latest, in seconds: 72 hours.
const HELD_WITHIN: i64 = 72 * HOUR;

/// The most incidents of an SLO that are listed; fewer where many SLOs are affected.
const LISTED: usize = 10;

/// When a postmortem is due, in seconds since the epoch: 72 hours after the incident that took most, and no earlier than 72
/// hours after the clause came into force, which an incident of long ago can still bring about; none while that incident
/// goes on.
#[must_use]
pub fn due(duty: &Duty) -> Option<i64> {
    let since = duty.since()?;
    let from = match worst(duty) {
        None => since,
        Some(worst) if is_over(worst.end, duty.judged_at) => since.max(worst.end),
        Some(_) => return None,
    };
    Some(from.saturating_add(HELD_WITHIN))
}

/// The template with what is known of a duty.
#[must_use]
pub fn filled(template: &Template, duty: &Duty) -> String {
    let worst = worst(duty);
    let of_worst =
        |say: &dyn Fn(&Worst<'_>) -> String| worst.as_ref().map_or_else(|| "(no incident)".to_owned(), say);
    template.filled(|blank| match blank {
        Blank::Budgets => issue::budgets(duty.affected()).trim_end().to_owned(),
        Blank::BurnedBy => burned_by(duty.affected()),
        Blank::Clause => issue::clause(duty),
        Blank::Depleted => of_worst(&|worst| issue::signed(&figure::percent(worst.share))),
        Blank::Due => {
            let due = duty.due(&Purpose::Postmortem).map(figure::instant);
            due.unwrap_or_else(|| "72 hours after the incident is over".to_owned())
        }
        Blank::Duration => of_worst(&|worst| figure::period(worst.end - worst.begin)),
        Blank::Environment => markdown(&duty.environment),
        Blank::IncidentEnd => of_worst(&|worst| ended(worst.end, duty.judged_at)),
        Blank::IncidentStart => of_worst(&|worst| figure::instant(worst.begin)),
        Blank::Incidents => incidents(duty),
        Blank::JudgedAt => figure::instant(duty.judged_at),
        Blank::Largest => {
            worst.as_ref().map_or_else(|| "No single incident took it.".to_owned(), Worst::sentence)
        }
        Blank::Objective => each(duty, |one| {
            one.line.as_ref().map_or_else(|| "?".to_owned(), |line| figure::objective(line.objective))
        }),
        Blank::Policy => markdown(&format!("{} {}", duty.policy, duty.version)),
        Blank::Remaining => each(duty, |one| {
            let known = one.line.as_ref().and_then(|line| line.figures.as_ref().ok());
            let known = known.map(|known| issue::signed(&figure::percent(known.remaining)));
            known.unwrap_or_else(|| "not known".to_owned())
        }),
        Blank::Service => code_span(&duty.service),
        Blank::Since => duty.since().map_or_else(|| "(not known)".to_owned(), figure::instant),
        Blank::Slo => each(duty, |one| code_span(&one.slo)),
        Blank::Speed => of_worst(&|worst| worst.speed().map_or_else(|| "?x".to_owned(), figure::rate)),
        Blank::Title => markdown(duty.title.trim_end_matches('.')),
    })
}

/// The incident that took most.
struct Worst<'a> {
    /// The SLO whose budget it took of.
    of: &'a Affected,
    /// Its begin, in seconds since the epoch.
    begin: i64,
    /// Its end, likewise.
    end: i64,
    /// The share of the grant that it took.
    share: Decimal,
}

impl Worst<'_> {
    /// What it took, in a sentence.
    fn sentence(&self) -> String {
        let speed =
            self.speed().map_or_else(String::new, |speed| format!(", {} the even pace", figure::rate(speed)));
        format!(
            "The largest incident took {} of the error budget of {} in {}{speed}.",
            issue::signed(&figure::percent(self.share)),
            code_span(&self.of.slo),
            figure::period(self.end - self.begin)
        )
    }

    /// How many times faster than evenly it took that: its share of the grant over its share of the period.
    fn speed(&self) -> Option<Decimal> {
        let period = Decimal::from(self.of.line.as_ref()?.period);
        self.share.checked_mul(period)?.checked_div(Decimal::from(self.end - self.begin))
    }
}

/// The incident that took most of a budget, of all SLOs; the newest of those that took the same.
fn worst(duty: &Duty) -> Option<Worst<'_>> {
    let all = duty.affected().iter().flat_map(|of| {
        of.incidents.iter().map(move |(begin, end, share)| Worst {
            of,
            begin: *begin,
            end: *end,
            share: *share,
        })
    });
    all.max_by_key(|one| (one.share, one.end))
}

/// Something of each SLO, in their order.
fn each(duty: &Duty, say: impl Fn(&Affected) -> String) -> String {
    duty.affected().iter().map(say).collect::<Vec<_>>().join(", ")
}

/// Whether an incident that ended then is over.
const fn is_over(end: i64, judged_at: i64) -> bool {
    judged_at.saturating_sub(end) > HOUR
}

/// When an incident ended.
fn ended(end: i64, judged_at: i64) -> String {
    if is_over(end, judged_at) {
        figure::instant(end)
    } else {
        format!("{}, and may go on", figure::instant(end))
    }
}

/// A table of the incidents that took most of each budget, the oldest first.
fn incidents(duty: &Duty) -> String {
    let mut text = "| incident | lasted | of the budget | SLO |\n|---|---|--:|---|\n".to_owned();
    let mut more = 0;
    let each = (issue::ROWS / duty.affected().len().max(1)).clamp(1, LISTED);
    for (place, one) in duty.affected().iter().enumerate() {
        let mut listed = one.incidents.clone();
        listed.sort_by_key(|(begin, _, share)| (Reverse(*share), Reverse(*begin)));
        listed.truncate(if place < issue::ROWS { each } else { 0 });
        listed.sort_unstable();
        more += one.incidents.len() - listed.len();
        for (begin, end, share) in listed {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} to {} | {} | {} | {} |",
                figure::instant(begin),
                ended(end, duty.judged_at),
                figure::period(end - begin),
                issue::signed(&figure::percent(share)),
                code_span(&one.slo)
            );
        }
    }
    if duty.affected().iter().all(|one| one.incidents.is_empty()) {
        return "In the period that is judged there was no incident: the budget went slowly.".to_owned();
    }
    if more > 0 {
        let _ = write!(text, "\nAnd {more} that took less.");
    }
    text.trim_end().to_owned()
}

/// What went through dependencies; what is not known of one is said.
fn burned_by(affected: &[Affected]) -> String {
    let lines = affected.iter().filter_map(|one| one.line.as_ref());
    let said = lines.flat_map(|line| line.through.iter().map(move |through| (line, through))).map(
        |(line, through)| match &through.known {
            Ok(known) => attribution::sentence(line, (through, known), markdown),
            Err(why) => format!(
                "{}: not known, because {}",
                markdown(&through.dependency),
                markdown(&why.to_string())
            ),
        },
    );
    let said: Vec<String> = said.collect();
    if said.is_empty() { "the policy asks about none".to_owned() } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, SourceText};
    use crate::report::duty::State;

    /// When everything is judged: far behind the epoch.
    const NOW: i64 = 1_000 * HOUR;

    fn affected(slo: &str, since: i64, incidents: &[(i64, i64, i64)]) -> Affected {
        let share = |(begin, end, percent): &(i64, i64, i64)| (*begin, *end, Decimal::new(*percent, 2));
        Affected {
            slo: slo.to_owned(),
            since,
            at_least: false,
            thaws_at: None,
            evidence: Vec::new(),
            line: None,
            incidents: incidents.iter().map(share).collect(),
        }
    }

    fn duty(affected: Vec<Affected>) -> Duty {
        Duty {
            policy: "p".to_owned(),
            version: "1.0.0".to_owned(),
            organization: None,
            clause: "c".to_owned(),
            title: "<!-- @all | {{slo}}".to_owned(),
            service: "s".to_owned(),
            environment: "e".to_owned(),
            place: Place::new(&SourceText::new("p.rhai", "clause"), 0..6),
            link: None,
            state: State::InForce(affected),
            period: None,
            judged_at: NOW,
            purposes: vec![Purpose::Postmortem],
            notices: Vec::new(),
        }
    }

    #[test]
    fn it_is_due_three_days_after_the_worst_incident_and_after_the_clause_came_into_force() {
        let at =
            |since: i64, incidents: &[(i64, i64, i64)]| due(&duty(vec![affected("a", since, incidents)]));
        let held = |from: i64| Some(from + 72 * HOUR);
        assert_eq!(at(50, &[]), held(50), "what went slowly has no incident");
        assert_eq!(at(50, &[(0, 100, 9), (200, 300, 1)]), held(100), "what took less is another matter");
        assert_eq!(at(150, &[(0, 100, 9)]), held(150), "an incident of long ago");
        assert_eq!(at(50, &[(0, NOW - HOUR, 9)]), None, "it may go on");
        assert_eq!(at(50, &[(0, NOW - HOUR - 1, 9)]), held(NOW - HOUR - 1));
    }

    #[test]
    fn the_worst_incident_of_all_slos_stands_in_sentences_and_nothing_of_data_is_markup() {
        let source =
            SourceText::new("t.md", "{{incident_start}} {{duration}} {{depleted}} {{speed}} {{title}}");
        let template = Template::read(&source).expect("a template");
        let both = duty(vec![
            affected("a", 50, &[(0, HOUR, 10), (9 * HOUR, 11 * HOUR, 30)]),
            affected("b", 50, &[(4 * HOUR, 5 * HOUR, 20)]),
        ]);
        assert_eq!(
            filled(&template, &both),
            "1 Jan 09:00 UTC 2h 30 % ?x &lt;\\!-- @\u{200B}all \\| \\{\\{slo\\}\\}",
        );
        let none = "(no incident)";
        let slow = filled(&template, &duty(vec![affected("a", 50, &[])]));
        assert!(slow.starts_with(&format!("{none} {none} {none} {none} ")), "{slow}");
    }

    #[test]
    fn the_table_has_what_took_most_in_the_order_of_time_and_counts_the_rest() {
        let many: Vec<(i64, i64, i64)> =
            (0..12).map(|n| (n * 10 * HOUR, (n * 10 + 1) * HOUR, n % 6 + 1)).collect();
        let table = incidents(&duty(vec![affected("a", 50, &many)]));
        let shares: Vec<&str> = table.lines().skip(2).filter_map(|line| line.split(" | ").nth(2)).collect();
        assert_eq!(shares, ["2 %", "3 %", "4 %", "5 %", "6 %", "2 %", "3 %", "4 %", "5 %", "6 %"]);
        assert!(table.ends_with("\n\nAnd 2 that took less."), "{table}");
    }
}
