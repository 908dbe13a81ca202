//! Conditions and consequences in words, for people who read no code.
//!
//! The words of a condition come from its syntax (`sense`), so a changed threshold is a changed sentence. What has no
//! words here is quoted as it was written: neither silence nor a sentence that says something else. Who shows the
//! pieces escapes them for the place where they are shown.

use rust_decimal::Decimal;

use super::sense::{self, Compares, Constant, Fact, Operator, Sense, Written};
use super::{After, Automation, Condition, Consequence, Policy, length as lengths};

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Words(String),
    /// A name or a text that somebody gave.
    Name(String),
    /// A part of the policy, as it is written.
    Code(String),
}

/// Which question a condition answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When a clause comes into force.
    Begins,
    /// When it ends.
    Ends,
}

/// A condition in words, to stand after `when` or `until`.
#[must_use]
pub fn condition(policy: &Policy, condition: &Condition, moment: Moment) -> Vec<Piece> {
    let mut teller = Teller { moment, pieces: Vec::new() };
    teller.sense(&sense::read(policy, condition), condition.steadily.is_some());
    if let Some(steadily) = condition.steadily {
        teller.say(format!(", and has done so at every point of the last {}", length(steadily)));
    }
    merged(teller.pieces)
}

/// When a clause is in force that follows another one, in words.
#[must_use]
pub fn after(after: &After) -> Vec<Piece> {
    vec![
        Piece::Words(format!("For {} after ", length(after.length))),
        Piece::Name(after.clause.clone()),
        Piece::Words(" ends, unless it comes back".to_owned()),
    ]
}

/// A consequence in words, and who sees to it.
#[must_use]
pub fn consequence(consequence: &Consequence) -> (Vec<Piece>, Automation) {
    let words = |text: &str| Piece::Words(text.to_owned());
    let name = |text: &str| Piece::Name(text.to_owned());
    let quoted = |text: &str| vec![words("“"), name(text), words("”")];
    let passing = |mut pieces: Vec<Piece>, except: &[String]| {
        if !except.is_empty() {
            pieces.push(words("; "));
            pieces.extend(listed(except));
            pieces.push(words(" changes pass"));
        }
        pieces
    };
    let pieces = match consequence {
        Consequence::Freeze { environment, except } => {
            passing(vec![words("releases to "), name(environment), words(" stop")], except)
        }
        Consequence::Restrict { to, except } => {
            passing(vec![words(&format!("only a {} rollout may ship", to.as_str()))], except)
        }
        Consequence::LimitReleases { a_day, except } => {
            let plural = if *a_day == 1 { "" } else { "s" };
            passing(vec![words(&format!("at most {a_day} release{plural} a day may ship"))], except)
        }
        Consequence::Warn(text) => [vec![words("whoever ships is warned: ")], quoted(text)].concat(),
        Consequence::Inform(text) => [vec![words("whoever ships is told: ")], quoted(text)].concat(),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let place = if *top_of_backlog {
                "an action item goes on top of the backlog"
            } else {
                "there is an action item"
            };
            let due = due.map_or_else(String::new, |seconds| format!(", due within {}", length(seconds)));
            [vec![words(&format!("{place}{due}: "))], quoted(title)].concat()
        }
        Consequence::Postmortem => vec![words("a postmortem is held")],
        Consequence::Engage(who) => vec![name(who), words(" is asked for help")],
        Consequence::Notify(who) => vec![name(who), words(" is told the state of the budget")],
        Consequence::Assign(part) => {
            vec![words(&format!("{} of the engineers work on reliability", share(*part)))]
        }
        Consequence::Escalate { decides, how } => {
            [listed(decides), vec![words(" decides: ")], quoted(how)].concat()
        }
        Consequence::CodeYellow => {
            vec![words("code yellow: everyone affected works on reliability, in business hours")]
        }
        Consequence::CodeRed => {
            vec![words("code red: everyone affected works on reliability, around the clock")]
        }
        Consequence::HandBackOperations => vec![words("those who build the service run it again")],
    };
    (merged(pieces), consequence.automation())
}

/// `a, b and c`.
#[must_use]
pub fn listed(names: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match (index, index + 1 == names.len()) {
            (0, _) => {}
            (_, true) => pieces.push(Piece::Words(" and ".to_owned())),
            (_, false) => pieces.push(Piece::Words(", ".to_owned())),
        }
        pieces.push(Piece::Name(name.clone()));
    }
    pieces
}

/// Pieces with neighbouring words joined.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Words(last)), Piece::Words(next)) => last.push_str(&next),
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

/// A share with all its digits: `10 %`.
pub(super) fn share(share: Decimal) -> String {
    format!("{} %", share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(share).normalize())
}

/// A length of time in the largest unit that holds it without a rest: `7 days`, and `24 hours` for a day.
fn length(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds % length == 0 && seconds != *length);
    let one = units.into_iter().find(|(_, length)| seconds == *length);
    match (one, whole) {
        (Some(("day", _)), _) => "24 hours".to_owned(),
        (Some((unit, _)), _) => format!("1 {unit}"),
        (None, Some((unit, length))) => format!("{} {unit}s", seconds / length),
        (None, None) => format!("{seconds} seconds"),
    }
}

/// Puts a sense into words.
struct Teller {
    /// Which question it answers.
    moment: Moment,
    /// What was said until now.
    pieces: Vec<Piece>,
}

impl Teller {
    /// Says some of our own words.
    fn say(&mut self, words: impl Into<String>) {
        self.pieces.push(Piece::Words(words.into()));
    }

    /// Says a sense; `inside` another list it stands in parentheses.
    fn sense(&mut self, sense: &Sense, inside: bool) {
        match sense {
            Sense::Constant(true) => self.say("the budget is known"),
            Sense::Constant(false) => self.say("what never happens does (the condition is always false)"),
            Sense::All(parts) => self.list(parts, ", and ", inside),
            Sense::Any(parts) => self.list(parts, ", or ", inside),
            Sense::Compares(compares) => self.compares(compares),
            Sense::Written(written) => self.written(written),
        }
    }

    /// Says several senses.
    fn list(&mut self, parts: &[Sense], joint: &str, inside: bool) {
        if inside {
            self.say("(");
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.say(joint);
            }
            self.sense(part, parts.len() > 1);
        }
        if inside {
            self.say(")");
        }
    }

    /// Quotes what has no words.
    fn written(&mut self, written: &Written) {
        self.pieces.push(Piece::Code(written.text.clone()));
        for (index, (name, value)) in written.given.iter().enumerate() {
            self.say(if index == 0 { " (where " } else { " and " });
            self.pieces.push(Piece::Code(name.clone()));
            self.say(" is ");
            self.pieces.push(Piece::Name(value.clone()));
        }
        if !written.given.is_empty() {
            self.say(")");
        }
        self.say(if written.negated { " does not hold" } else { " holds" });
    }

    /// Says a comparison; one that has no words is written anew, with its numbers.
    fn compares(&mut self, compares: &Compares) {
        let Compares { fact, operator, constant, .. } = compares;
        let window = fact.argument.as_deref().and_then(lengths::length).map(length);
        match (fact.name.as_str(), constant, window) {
            ("remaining", Constant::Number(number), _) => self.remaining(*operator, *number),
            ("consumed", Constant::Number(number), _) => {
                self.say(format!("{} of the error budget is spent", amount(*operator, &share(*number))));
            }
            ("burned", Constant::Number(number), Some(window)) => {
                let amount = amount(*operator, &share(*number));
                self.say(format!("{amount} of the period's budget went within {window}"));
            }
            ("burn_rate", Constant::Number(number), Some(window)) => {
                self.burn_rate(*operator, *number, &window);
            }
            ("burned_by", Constant::Number(number), _) => {
                let amount = amount(*operator, &share(*number));
                self.say(format!("{amount} of the error budget went through "));
                self.pieces.push(Piece::Name(fact.argument.clone().unwrap_or_default()));
            }
            ("worst_incident", Constant::Number(number), _) => {
                let amount = amount(*operator, &share(*number));
                self.say(format!("{amount} of the period's budget went in one incident"));
            }
            ("pace", Constant::Number(number), _) => {
                let amount = amount(*operator, &number.normalize().to_string());
                self.say(format!("the budget is spent {amount} times faster than evenly over the period"));
            }
            ("objective", Constant::Number(number), _) => {
                self.say(format!("the objective is {}", amount(*operator, &share(*number))));
            }
            ("bad", Constant::Number(number), _) => {
                let amount = amount(*operator, &number.normalize().to_string());
                self.say(format!("{amount} events of the period were bad"));
            }
            ("total", Constant::Number(number), _) => {
                let amount = amount(*operator, &number.normalize().to_string());
                self.say(format!("there were {amount} events in the period"));
            }
            ("service" | "slo" | "environment", Constant::Text(text), _)
                if matches!(operator, Operator::Equal | Operator::Unequal) =>
            {
                let what = if fact.name == "slo" { "SLO" } else { fact.name.as_str() };
                let is = if *operator == Operator::Equal { "is" } else { "is not" };
                self.say(format!("the {what} {is} "));
                self.pieces.push(Piece::Name(text.clone()));
            }
            _ => self.anew(fact, *operator, constant),
        }
    }

    /// Quotes a comparison that has no words.
    fn anew(&mut self, fact: &Fact, operator: Operator, constant: &Constant) {
        let argument = fact.argument.as_ref().map_or_else(String::new, |text| format!("(\"{text}\")"));
        let constant = match constant {
            Constant::Number(number) => number.normalize().to_string(),
            Constant::Text(text) => format!("\"{text}\""),
        };
        let operator = match operator {
            Operator::Below => "<",
            Operator::AtMost => "<=",
            Operator::Above => ">",
            Operator::AtLeast => ">=",
            Operator::Equal => "==",
            Operator::Unequal => "!=",
        };
        self.pieces.push(Piece::Code(format!("budget.{}{argument} {operator} {constant}", fact.name)));
        self.say(" holds");
    }

    /// Says how much is left.
    fn remaining(&mut self, operator: Operator, number: Decimal) {
        let again = if self.moment == Moment::Ends { " again" } else { "" };
        let debt = share(-number);
        // What comes back passes the threshold from below.
        let amount = if operator == Operator::AtLeast && self.moment == Moment::Ends {
            share(number)
        } else {
            amount(operator, &share(number))
        };
        let said = match (operator, number.cmp(&Decimal::ZERO).is_lt(), number.is_zero()) {
            (Operator::AtMost, _, true) => "no error budget is left".to_owned(),
            (Operator::Below, _, true) => "the error budget is overspent".to_owned(),
            (Operator::Above, _, true) => format!("some error budget is left{again}"),
            (Operator::AtLeast, _, true) => "the error budget is not overspent".to_owned(),
            (Operator::AtMost, true, _) => format!("the error budget is overspent by at least {debt}"),
            (Operator::Below, true, _) => format!("the error budget is overspent by more than {debt}"),
            (Operator::Above, true, _) => {
                format!("the error budget is not overspent by as much as {debt}")
            }
            (Operator::AtLeast, true, _) => format!("the error budget is not overspent by more than {debt}"),
            (Operator::Above | Operator::AtLeast, ..) => {
                format!("{amount} of the error budget is left{again}")
            }
            (Operator::AtMost | Operator::Below | Operator::Equal | Operator::Unequal, ..) => {
                format!("{amount} of the error budget is left")
            }
        };
        self.say(said);
    }

    /// Says how fast it burns.
    fn burn_rate(&mut self, operator: Operator, number: Decimal, window: &str) {
        let spoken_of =
            self.pieces.iter().any(|piece| matches!(piece, Piece::Words(words) if words.contains("budget")));
        let subject = if spoken_of { "it burns" } else { "the error budget burns" };
        let last = window.strip_prefix("1 ").unwrap_or(window);
        let over = format!("than evenly over the last {last}");
        let amount = amount(operator, &number.normalize().to_string());
        let said = match (operator, number == Decimal::ONE) {
            (Operator::Above, true) => format!("{subject} faster {over}"),
            (Operator::Below, true) => format!("{subject} slower {over}"),
            (Operator::AtMost, true) => format!("{subject} no faster {over}"),
            (Operator::AtLeast, true) => format!("{subject} at least as fast as evenly over the last {last}"),
            _ if number > Decimal::ONE => format!("{subject} {amount} times faster {over}"),
            _ => format!("{subject} {amount} times as fast as evenly over the last {last}"),
        };
        self.say(said);
    }
}

/// `at least 10 %`.
fn amount(operator: Operator, number: &str) -> String {
    let word = match operator {
        Operator::Below => "less than",
        Operator::AtMost => "at most",
        Operator::Above => "more than",
        Operator::AtLeast => "at least",
        Operator::Equal => "exactly",
        Operator::Unequal => "other than",
    };
    format!("{word} {number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::policy::Names;

    /// A policy with one clause, whose conditions are these, below some declarations.
    fn policy(before: &str, when: &str, thaws: &str) -> Policy {
        let text = format!(
            r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
                agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
            {before}
            clause("c", "C").when({when}).thaws({thaws}).then(warn("w"));"#
        );
        let names = Names { teams: vec!["t".to_owned()], step: 300, ..Names::default() };
        let (policy, _) = Policy::load(&SourceText::new("policies/p.rhai", text), &names).expect("it loads");
        policy
    }

    fn told(pieces: &[Piece]) -> String {
        let shown = |piece: &Piece| match piece {
            Piece::Words(text) | Piece::Name(text) => text.clone(),
            Piece::Code(text) => format!("`{text}`"),
        };
        pieces.iter().map(shown).collect()
    }

    fn below(before: &str, when: &str) -> String {
        let policy = policy(before, when, "|budget| budget.remaining > 0");
        told(&condition(&policy, policy.clauses[0].when.as_ref().expect("a condition"), Moment::Begins))
    }

    fn when(condition: &str) -> String {
        below("", &format!("|budget| {condition}"))
    }

    fn until(written: &str) -> String {
        let policy = policy("", "|budget| budget.remaining < 0", &format!("|budget| {written}"));
        told(&condition(&policy, policy.clauses[0].thaws.as_ref().expect("a condition"), Moment::Ends))
    }

    #[test]
    fn conditions_have_words() {
        assert_eq!(when("budget.remaining <= 0"), "no error budget is left");
        assert_eq!(until("budget.remaining >= percent(10)"), "10 % of the error budget is left again");
        assert_eq!(
            when("budget.burned(\"24h\") >= percent(30) && budget.burn_rate(\"1h\") > 6"),
            "at least 30 % of the period's budget went within 24 hours, and it burns more than 6 times faster than \
             evenly over the last hour"
        );
        assert_eq!(
            when("budget.remaining < percent(-20)"),
            "the error budget is overspent by more than 20 %"
        );
        assert_eq!(when("percent(99.95) <= budget.objective"), "the objective is at least 99.95 %");
        assert_eq!(
            when("budget.burn_rate(\"6h\") > 1"),
            "the error budget burns faster than evenly over the last 6 hours"
        );
        assert_eq!(when("budget.slo != \"a\""), "the SLO is not a");
    }

    #[test]
    fn a_changed_threshold_is_a_changed_sentence() {
        for share in [5, 10, 25] {
            let written = format!("budget.remaining <= percent({share})");
            assert_eq!(when(&written), format!("at most {share} % of the error budget is left"));
        }
    }

    #[test]
    fn parentheses_and_negations_keep_their_meaning() {
        assert_eq!(when("!(budget.remaining <= 0)"), "some error budget is left");
        let [debt, bad, few] = ["budget.remaining < 0", "budget.bad > 5", "budget.total < 7"];
        let [in_debt, was_bad, were_few] = [
            "the error budget is overspent",
            "more than 5 events of the period were bad",
            "there were less than 7 events in the period",
        ];
        assert_eq!(
            when(&format!("{debt} || {bad} && {few}")),
            format!("{in_debt}, or ({was_bad}, and {were_few})")
        );
        assert_eq!(
            when(&format!("({debt} || {bad}) && {few}")),
            format!("({in_debt}, or {was_bad}), and {were_few}")
        );
        let neither = "the error budget is not overspent, and at most 5 events of the period were bad";
        assert_eq!(when(&format!("!({debt} || {bad})")), neither);
    }

    #[test]
    fn constants_and_functions_are_followed() {
        let constant = "const LEFT = percent(10); const HALF = 2;";
        assert_eq!(
            below(constant, "|budget| budget.remaining <= LEFT / HALF"),
            "at most 5 % of the error budget is left"
        );
        let function = "fn gone(of) { of.remaining <= 0 }";
        assert_eq!(below(function, "|budget| gone(budget)"), "no error budget is left");
        assert_eq!(below(function, "gone"), "no error budget is left");
        assert_eq!(when("{ let left = budget.remaining; left <= 0 }"), "no error budget is left");
    }

    #[test]
    fn what_has_no_words_is_quoted() {
        assert_eq!(
            when("(budget.bad + budget.bad) * 2 > budget.total"),
            "`(budget.bad + budget.bad) * 2 > budget.total` holds"
        );
        assert_eq!(
            when("!(budget.bad * 2 > (budget.total)) && budget.remaining <= 0"),
            "`budget.bad * 2 > (budget.total)` does not hold, and no error budget is left"
        );
        assert_eq!(
            below("const N = 3;", "|budget| budget.bad * N > budget.total"),
            "`budget.bad * N > budget.total` (where `N` is 3) holds"
        );
        let branch = "{ if budget.total > 9 { budget.remaining <= 0 } else { false } }";
        assert_eq!(when(branch), format!("`{branch}` holds"));
        let noted = "budget.bad * 2 // \"twice\"\n    > budget.total";
        assert_eq!(when(noted), "`budget.bad * 2 > budget.total` holds");
        let local = "{ let twice = budget.bad * 2; twice > budget.total && budget.remaining <= 0 }";
        assert_eq!(when(local), format!("`{local}` holds"));
        assert_eq!(
            when("[\"a\", \"b\"].contains(budget.slo) && budget.remaining < 0"),
            "`[\"a\", \"b\"].contains(budget.slo)` holds, and the error budget is overspent"
        );
    }
}
