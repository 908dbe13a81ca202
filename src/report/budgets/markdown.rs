//! Budgets as a table in Markdown, for a page or a pull request. Names and reasons are escaped; debt is bold.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::text::burn;
use super::{Line, Outlook, Overview, Prospect};
use crate::report::escape::markdown as safe;
use crate::report::{adjusted, figure};

impl Overview {
    /// Everything as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        if let Some(plan) = &self.plan {
            for downtime in plan.downtimes() {
                let failing = figure::percent(plan.failing());
                let said = super::text::stretch(downtime, &TimeZone::UTC);
                let _infallible = writeln!(
                    out,
                    "Downtime {said}, {failing} failing, if nothing else burns and the traffic of one period earlier repeats.\n"
                );
            }
            out.push_str("| SLO | environment | before | takes | lowest | fits | clauses |\n|---|---|--:|--:|--:|---|---|\n");
        } else {
            out.push_str("| SLO | environment | objective | left | burn 1h | 24h | pace |\n|---|---|--:|--:|--:|--:|--:|\n");
        }
        for line in &self.lines {
            let cells = if self.plan.is_some() { planned(line) } else { present(line) };
            let (slo, environment) = (safe(&line.budget.slo), safe(&line.budget.environment));
            let _infallible = writeln!(out, "| {slo} | {environment} | {} |", cells.join(" | "));
        }
        for line in &self.lines {
            let said = match &line.outlook {
                Some(Ok(outlook)) => outlook.exclusion(safe).map(|said| format!("the downtime is {said}")),
                Some(Err(_)) => None,
                None => adjusted::sentence(&line.budget, safe),
            };
            if let Some(said) = said {
                let _infallible = writeln!(out, "\n{}: {said}.", safe(&self.name(line)));
            }
        }
        for (why, help, names) in self.unknown() {
            let names: Vec<String> = names.iter().map(|name| safe(name)).collect();
            let _infallible =
                writeln!(out, "\nNot known: {}: {}. {}.", names.join(", "), safe(&why), safe(help));
        }
        let source = self.source.as_deref().map_or_else(|| "no source".to_owned(), safe);
        let at = self.judged_at.map_or_else(String::new, |t| format!(" at {}", figure::instant(t)));
        let _infallible = writeln!(out, "\n<sub>{source}{at}</sub>");
        out
    }
}

/// A share; debt and nothing are bold.
fn share(share: Decimal) -> String {
    let said = figure::percent(share).replace('-', "−");
    if share <= Decimal::ZERO { format!("**{said}**") } else { said }
}

/// The cells of what is.
fn present(line: &Line) -> Vec<String> {
    let objective = figure::objective(line.budget.objective);
    match &line.budget.figures {
        Ok(known) => {
            let about = if known.estimated.is_some() { "about " } else { "" };
            let left = format!("{about}{}", share(known.remaining));
            vec![objective, left, burn(known, 0), burn(known, 2), figure::rate(known.pace)]
        }
        Err(gap) => {
            let blank = String::new;
            vec![objective, format!("*{}*", gap.brief()), blank(), blank(), blank()]
        }
    }
}

/// The cells of what is planned.
fn planned(line: &Line) -> Vec<String> {
    let blank = String::new;
    match &line.outlook {
        Some(Ok(outlook)) => {
            let before = outlook.taken.first().map_or_else(String::new, |taken| share(taken.before));
            let fits = if outlook.fits() { "yes" } else { "**no**" };
            let taken = figure::percent(outlook.share());
            vec![before, taken, share(outlook.lowest.1), fits.to_owned(), clauses(outlook)]
        }
        Some(Err(gap)) => vec![blank(), blank(), format!("*{}*", gap.brief()), blank(), blank()],
        None => vec![blank(), blank(), blank(), blank(), blank()],
    }
}

/// The clauses that would come into force.
fn clauses(outlook: &Outlook) -> String {
    let mut names: Vec<String> = outlook.new_clauses().map(|line| safe(&line.clause)).collect();
    if outlook.clauses.iter().any(|line| matches!(line.prospect, Prospect::Unknown(_))) {
        names.push("not known of all".to_owned());
    }
    match (names.is_empty(), outlook.policies.is_empty()) {
        (true, true) => "no policy".to_owned(),
        (true, false) => "none".to_owned(),
        (false, _) => names.join(", "),
    }
}
