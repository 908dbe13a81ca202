//! The report as a comment: two lines that stand for themselves in an e-mail, a table, then folded details.
//!
//! Text from data is escaped, paths and names stand in code spans, and nothing from data is ever a link.

mod curve;
mod proposed;
mod queries;
mod through;

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Place};
use crate::policy::ruling::{Obstacle, Standing};
use crate::policy::{Comparison, Evidence, Value};
use crate::report::escape::{code_span, markdown as safe, message, unaddressed};
use crate::report::{
    BudgetLine, Report, adjusted, claimed, consequence, figure, granted, part, period, recalled, waived,
};
use crate::verdict::{Effect, Exit, Weighed};

/// Deciding rulings that are told in a paragraph of their own; the rest stand in the table.
const SHOWN: usize = 3;

/// Problems that are listed; the annotations and the log have all.
const PROBLEMS: usize = 20;

/// The report as Markdown.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    opening(&mut out, report);
    if report.verdict.exit == Exit::Invalid {
        problems(&mut out, report);
        footer(&mut out, report);
        return out;
    }
    table(&mut out, report);
    if !report.budgets.is_empty() || !report.verdict.rulings.is_empty() {
        details(&mut out, report);
    }
    problems(&mut out, report);
    if let Some(proposed) = &report.proposed {
        proposed::write(&mut out, report, proposed);
    }
    footer(&mut out, report);
    out
}

/// A figure with a real minus sign.
fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// The icon and word of the verdict.
fn heading(report: &Report) -> &'static str {
    match (report.verdict.exit, report.verdict.effect) {
        (Exit::Invalid, _) => "🛑 Invalid",
        (_, Effect::Freeze) => "❄️ Freeze",
        (_, Effect::Restrict) => "🚧 Restrict",
        (_, Effect::Unknown) => "❓ Unknown",
        (_, Effect::Warn) => "⚠️ Warn",
        (_, Effect::Inform) => "ℹ️ Inform",
        (_, Effect::Proceed) => "✅ Proceed",
    }
}

/// The first lines: verdict, deciding clause, number against threshold, until when, what to do.
fn opening(out: &mut String, report: &Report) {
    if report.verdict.exit == Exit::Invalid {
        let errors = report.errors();
        let plural = if errors == 1 { "problem" } else { "problems" };
        let _ =
            writeln!(out, "**{}.** Nothing is decided: {errors} {plural} to mend first.\n", heading(report));
        return;
    }
    if report.undecided() {
        let reason = report.notes.first().map(|said| reason(said)).unwrap_or_default();
        let _ = writeln!(
            out,
            "**{}.** {reason}.\nWhat to do: mend that, and run this check again.\n",
            heading(report)
        );
        classes(out, report);
        return;
    }
    let services: Vec<String> = report.services().into_iter().map(safe).collect();
    let environment = report.environment.as_deref().map(safe).unwrap_or_default();
    let arrow = if services.is_empty() { "" } else { " → " };
    let _ = write!(out, "**{}: {}{arrow}{environment}.**", heading(report), services.join(", "));
    let mut deciding: Vec<&Weighed> = report.deciding().collect();
    // What holds is said before what is not known.
    deciding.sort_by_key(|weighed| !matches!(weighed.ruling.standing, Standing::InForce { .. }));
    if deciding.is_empty() {
        let said = match report.tightest() {
            Some((line, known)) => {
                let left = minus(&figure::percent(known.remaining));
                format!("{left} of the tightest budget is left ({}).", safe(&line.title))
            }
            None if report.change.services.is_empty() => "No service is touched.".to_owned(),
            None => "No budget was read.".to_owned(),
        };
        let _ = writeln!(out, " {said}\n");
        classes(out, report);
        return;
    }
    for (index, weighed) in deciding.iter().take(SHOWN).enumerate() {
        let _ = write!(out, "{}{}", if index == 0 { " " } else { "\n" }, decided(report, weighed));
        let _ = writeln!(out, "\n{}", until(report, weighed));
        if let Some(why) = report.eased(weighed) {
            let _ = writeln!(out, "The clause {}.", safe(&why));
        }
    }
    if deciding.len() > SHOWN {
        let _ = writeln!(out, "\nAnd {} more rulings like these.", deciding.len() - SHOWN);
    }
    if report.passing.canary {
        out.push_str("A canary passes.\n");
    }
    if let Some(passing) = granted::sentence(report, |class| format!("*{}*", safe(class)), code_span) {
        let _ = writeln!(out, "Passes anyway: {passing}.");
    }
    out.push('\n');
    classes(out, report);
}

/// The labels that claim a class: who set them, and whether they count; and waivers that change nothing.
fn classes(out: &mut String, report: &Report) {
    for said in claimed::sentences(report, safe, code_span) {
        let _ = writeln!(out, "Class: {said}.\n");
    }
    for said in waived::sentences(&report.verdict.waivers, safe) {
        let _ = writeln!(out, "Waiver: {said}.\n");
    }
}

/// The clause with its number against its threshold, or with what is not known.
fn decided(report: &Report, weighed: &Weighed) -> String {
    let ruling = &weighed.ruling;
    let slo = report.title_of(weighed);
    let clause = linked(report.permalink.as_deref(), &ruling.place, &format!("*{}*", safe(&ruling.clause)));
    let clause = format!("Clause {clause} of policy {}", safe(&ruling.policy));
    match (&ruling.obstacle, &ruling.standing) {
        (Some(Obstacle::Unknown { why }), Standing::Unknown | Standing::Idle | Standing::Untriggered) => {
            format!("{clause} could not be decided for {}: {}.", safe(&slo), reason(why))
        }
        (Some(Obstacle::Failed { message: why, place }), _) => {
            format!("{clause} failed at {}: {}.", code_span(&place.to_string()), reason(why))
        }
        (Some(Obstacle::Unknown { .. }) | None, _) => {
            if let [evidence] = weighed.ruling.evidence.as_slice()
                && evidence.fact == "remaining"
                && !matches!(evidence.value, Value::Unknown(_))
            {
                let (left, words) = (number(&evidence.value), against(weighed, evidence));
                return format!("{clause}: {} has **{left}** of its error budget left{words}.", safe(&slo));
            }
            let facts = facts(weighed);
            let facts = if facts.is_empty() { String::new() } else { format!(", {}", facts.join("; ")) };
            format!("{clause}: {}{facts}.", safe(&slo))
        }
    }
}

/// The facts that are known, against their thresholds; what is not known stands in the ruling's obstacle.
fn facts(weighed: &Weighed) -> Vec<String> {
    let known = |evidence: &&Evidence| !matches!(evidence.value, Value::Unknown(_));
    weighed.ruling.evidence.iter().filter(known).map(|evidence| fact(weighed, evidence)).collect()
}

/// One fact against its thresholds.
fn fact(weighed: &Weighed, evidence: &Evidence) -> String {
    let value = number(&evidence.value);
    format!("{} **{value}**{}", code_span(&evidence.fact), against(weighed, evidence))
}

/// The thresholds of a fact, in parentheses behind it; nothing where it was not compared.
fn against(weighed: &Weighed, evidence: &Evidence) -> String {
    let holds = follows_under(weighed.asks);
    let mut words = Vec::new();
    if let Some(comparison) = figure::limit(evidence) {
        words.push(said(comparison, holds, ""));
    }
    let thaw = weighed
        .ruling
        .thaw_evidence
        .iter()
        .find(|thaw| thaw.fact == evidence.fact && thaw.value == evidence.value);
    if let Some(comparison) = thaw.and_then(figure::limit) {
        words.push(said(comparison, "thaws", "read by `thaws`, "));
    }
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

/// What follows under a condition of a clause that asks for this much.
const fn follows_under(asks: Effect) -> &'static str {
    match asks {
        Effect::Freeze => "freezes",
        Effect::Restrict => "restricts",
        Effect::Warn => "warns",
        Effect::Proceed | Effect::Inform | Effect::Unknown => "holds",
    }
}

/// A value that a condition read; only numbers of ours go unescaped.
fn number(value: &Value) -> String {
    let text = figure::value(value);
    match value {
        Value::Ratio(_) | Value::Rate(_) | Value::Count(_) | Value::Time(_) | Value::Never => minus(&text),
        Value::Text(_) | Value::Word(_) | Value::Unknown(_) => safe(&text),
    }
}

/// What follows under the comparison that a condition asks for; where it is unclear what it asks, whether what was
/// compared holds.
fn said(compared: &Comparison, follows: &str, read: &str) -> String {
    let threshold = number(&compared.threshold);
    match compared.asked() {
        Some(asked) => format!("{follows} {} {threshold}", figure::condition(&asked)),
        None => format!("{read}{} {threshold}: {}", figure::operator(compared), figure::held(compared)),
    }
}

/// Until when, and what one can do now.
fn until(report: &Report, weighed: &Weighed) -> String {
    match (&weighed.ruling.standing, report.budget_of(weighed).map(|line| &line.figures)) {
        (Standing::InForce { thaws_at, since, at_least }, _) => {
            let at_least = if *at_least { "at least " } else { "" };
            let since = format!("since {at_least}{}", figure::instant(*since));
            match (recalled::ending(&weighed.ruling, safe), thaws_at) {
                (Some(ending), _) => format!("In force {since}; it {ending}."),
                (None, Some(at)) => {
                    let at = figure::instant(*at);
                    format!("Thaws **{at}** if nothing more burns; in force {since}.")
                }
                (None, None) => {
                    format!("In force {since}; it does not thaw by itself within a period.")
                }
            }
        }
        (_, Some(Err(gap))) => format!("What to do: {}.", gap.help()),
        _ if matches!(weighed.ruling.obstacle, Some(Obstacle::Unknown { .. })) => {
            let help = report.budget_of(weighed).and_then(|line| line.help(&weighed.ruling));
            let help = help.map(message);
            format!("What to do: {}.", help.unwrap_or_else(|| "look at what that fact reads".to_owned()))
        }
        _ => "What to do: mend the policy at that line, and run this check again.".to_owned(),
    }
}

/// One row per SLO.
fn table(out: &mut String, report: &Report) {
    if report.budgets.is_empty() {
        return;
    }
    out.push_str(
        "| SLO | objective | remaining | burn 1h | burn 24h | burn 72h | clause |\n|---|--:|--:|--:|--:|--:|---|\n",
    );
    for line in &report.budgets {
        let title = safe(&report.title(line));
        let objective = figure::objective(line.objective);
        let clauses = clauses_of(report, line);
        match &line.figures {
            Ok(known) => {
                let rate = |window: usize| match known.burn_rate.get(window) {
                    Some(Ok(figure)) if figure.no_traffic => "quiet".to_owned(),
                    Some(Ok(figure)) => minus(&figure::rate(figure.value)),
                    Some(Err(_)) | None => "?".to_owned(),
                };
                let left = minus(&figure::percent(known.remaining));
                let (hour, day, days) = (rate(0), rate(2), rate(3));
                let _ = writeln!(
                    out,
                    "| {title} | {objective} | **{left}** | {hour} | {day} | {days} | {clauses} |"
                );
            }
            Err(gap) => {
                let _ = writeln!(out, "| {title} | {objective} | *{}* | | | | {clauses} |", gap.brief());
            }
        }
    }
    out.push('\n');
    for line in &report.budgets {
        for said in period::sentence(line).into_iter().chain(part::sentence(line, safe)) {
            let _ = writeln!(out, "{}: {said}.\n", safe(&report.title(line)));
        }
    }
    through::sentences(out, report);
    for said in adjusted::sentences(report, "Without", safe) {
        let _ = writeln!(out, "{said}.\n");
    }
}

/// The clauses of an SLO that are not idle.
fn clauses_of(report: &Report, line: &BudgetLine) -> String {
    let same = |one: &&Weighed| one.ruling.slo == line.slo && one.ruling.environment == line.environment;
    let of_line = report.verdict.rulings.iter().filter(same);
    let said: Vec<String> = of_line
        .filter_map(|one| match one.ruling.standing {
            Standing::InForce { .. } => Some(format!("{} in force", safe(&one.ruling.clause))),
            Standing::Unknown => Some(format!("{} unknown", safe(&one.ruling.clause))),
            Standing::Idle | Standing::Untriggered => None,
        })
        .collect();
    said.join(", ")
}

/// Curve, evidence, who agreed, and what was asked.
fn details(out: &mut String, report: &Report) {
    curve::render(out, report);
    out.push_str("<details><summary>Evidence and policy</summary>\n\n");
    out.push_str("| clause | SLO | state | read |\n|---|---|---|---|\n");
    for weighed in &report.verdict.rulings {
        let ruling = &weighed.ruling;
        let state = match &ruling.standing {
            Standing::InForce { .. } => "in force",
            Standing::Idle => "idle",
            Standing::Unknown => "unknown",
            Standing::Untriggered => "manual, not triggered",
        };
        let mut read = facts(weighed);
        read.extend(recalled::sentences(ruling, safe));
        match &ruling.obstacle {
            Some(Obstacle::Unknown { why } | Obstacle::Failed { message: why, .. }) => {
                read.push(reason(why));
            }
            None => {}
        }
        let place = link(report.permalink.as_deref(), &ruling.place);
        let name = safe(&ruling.clause);
        let _ = writeln!(out, "| {name} {place} | {} | {state} | {} |", safe(&ruling.slo), read.join("; "));
    }
    out.push('\n');
    through::incidents(out, report);
    for follow in follows(report) {
        let _ = writeln!(out, "- {follow}");
    }
    for policy in &report.policies {
        let agreed: Vec<String> = policy
            .agreed_by
            .iter()
            .map(|(role, person)| format!("{} {}", safe(role), code_span(person)))
            .collect();
        let left = policy
            .silver_bullets
            // Before one is fired, the policy itself says how many there are.
            .filter(|(left, a_year)| left < a_year)
            .map_or_else(String::new, |left| format!("; {}", recalled::bullets_left(left)));
        let overdue = if policy.overdue { " **(overdue)**" } else { "" };
        let digest = policy.digest.get(..19).unwrap_or(&policy.digest);
        let of = policy.organization.as_ref().map_or_else(String::new, |organization| {
            let layer = format!("sha256:{}", organization.short());
            format!(", from the layer {} of organization {}", code_span(&layer), safe(&organization.name))
        });
        let _ = writeln!(
            out,
            "- Policy {} {} ({}{of}), agreed by {}; next review {}{overdue}{left}.",
            safe(&policy.id),
            safe(&policy.version),
            code_span(digest),
            agreed.join(", "),
            safe(&policy.next_review)
        );
    }
    out.push_str("\n</details>\n\n");
    queries::render(out, report);
}

/// What the clauses in force ask for besides stopping.
fn follows(report: &Report) -> Vec<String> {
    let mut follows = Vec::new();
    for weighed in &report.verdict.rulings {
        if !matches!(weighed.ruling.standing, Standing::InForce { .. }) {
            continue;
        }
        follows.extend(
            weighed.ruling.consequences.iter().filter_map(|asked| consequence::sentence(asked, safe)),
        );
    }
    follows.sort();
    follows.dedup();
    follows
}

/// A place as a link to its commit, where there is one, and in a code span elsewhere.
fn link(permalink: Option<&str>, place: &Place) -> String {
    linked(permalink, place, &code_span(&place.to_string()))
}

/// Safe Markdown as a link to a place, where its commit can be looked at.
fn linked(permalink: Option<&str>, place: &Place, text: &str) -> String {
    // A path goes into an address only when it has no character that could end it.
    let plain = |path: &str| path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    match permalink {
        Some(base) if plain(place.source.path()) => {
            format!("[{text}]({base}{}#L{})", place.source.path(), place.line())
        }
        _ => text.to_owned(),
    }
}

/// What is wrong in what was written. Errors decide, so they stand in the open; warnings are the same whoever asks, so they
/// are folded.
fn problems(out: &mut String, report: &Report) {
    let (errors, warnings): (Vec<_>, Vec<_>) = report.problems.iter().partition(|problem| problem.is_error());
    mistakes(out, report, &errors);
    if warnings.is_empty() {
        return;
    }
    let plural = if warnings.len() == 1 { "warning" } else { "warnings" };
    let _ = writeln!(
        out,
        "<details><summary>{} {plural} about what is written on the base</summary>\n",
        warnings.len()
    );
    mistakes(out, report, &warnings);
    out.push_str("</details>\n\n");
}

/// The first of some problems, a line each.
fn mistakes(out: &mut String, report: &Report, problems: &[&Diagnostic]) {
    for problem in problems.iter().take(PROBLEMS) {
        let _ = writeln!(out, "- {}", mistake(report.permalink.as_deref(), problem));
    }
    if problems.len() > PROBLEMS {
        let _ = writeln!(out, "- and {} more; the log has them all", problems.len() - PROBLEMS);
    }
    if !problems.is_empty() {
        out.push('\n');
    }
}

/// A reason, without the address of whom it is about.
fn reason(text: &str) -> String {
    message(&unaddressed(text))
}

/// One problem, its place linked.
fn mistake(permalink: Option<&str>, problem: &Diagnostic) -> String {
    let place = problem.place().map_or_else(String::new, |place| format!("{} ", link(permalink, place)));
    let kind = if problem.is_error() { "error" } else { "warning" };
    let help =
        if problem.help.is_empty() { String::new() } else { format!(" — {}", message(&problem.help)) };
    format!("**{kind}** {place}{}{help}", message(&problem.message))
}

/// Where the facts come from and until when the verdict holds.
fn footer(out: &mut String, report: &Report) {
    let mut facts = Vec::new();
    if let Some(source) = &report.source {
        let judged =
            report.judged_at.map_or_else(String::new, |t| format!(", judged at {}", figure::instant(t)));
        // The address of an internal system is nobody's business in a comment that may be public.
        let source = source.split_once(" at ").map_or(source.as_str(), |(kind, _)| kind);
        facts.push(format!("{}{judged}", safe(source)));
    }
    if !report.verdict.rulings.is_empty() || report.verdict.exit == Exit::Proceed {
        facts.push(format!("valid until {}", figure::moment(report.verdict.valid_until)));
    }
    if let Some(base) = report.change.base.as_ref() {
        let id = base.id.get(..7).unwrap_or(&base.id);
        facts.push(format!("rules of {} at {}", code_span(&base.name), code_span(id)));
    }
    let told = usize::from(report.undecided());
    facts.extend(report.notes.iter().skip(told).map(|note| reason(note)));
    if !facts.is_empty() {
        let _ = writeln!(out, "<sub>{}</sub>", facts.join(" · "));
    }
}
