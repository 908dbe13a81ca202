//! Comparisons of facts in words, one sentence for each fact.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::{Moment, Piece, Teller, length, share};
use crate::catalog::PRIORITIES;
use crate::policy::length as lengths;
use crate::policy::sense::{Compares, Constant, Fact, Operator};

impl Teller {
    /// Says a comparison; one that has no words is written anew, with its numbers.
    pub(super) fn compares(&mut self, compares: &Compares) {
        let Compares { fact, operator, constant, .. } = compares;
        match constant {
            Constant::Number(number) => match sentence(fact, *operator, *number) {
                Some(said) => self.say(said),
                None => self.measured(fact, *operator, *number, constant),
            },
            Constant::Text(text) => self.named(fact, *operator, text, constant),
        }
    }

    /// Says a comparison with a number whose words depend on the moment, on what was said before, or hold a name.
    fn measured(&mut self, fact: &Fact, operator: Operator, number: Decimal, constant: &Constant) {
        let window = fact.argument.as_deref().and_then(lengths::length).map(length);
        let held = matches!(operator, Operator::AtLeast | Operator::Above);
        let name = || Piece::Name(fact.argument.clone().unwrap_or_default());
        match (fact.name.as_str(), window) {
            ("remaining", _) => self.remaining("", operator, number),
            ("sla.remaining", _) => self.remaining("SLA's ", operator, number),
            ("quarter.remaining", _) => self.remaining("quarter's ", operator, number),
            ("burn_rate", Some(window)) => self.burn_rate("", operator, number, &window),
            ("sla.burn_rate", Some(window)) => self.burn_rate("SLA's ", operator, number, &window),
            ("burned_by", _) => {
                self.say(format!("{} of the error budget went through ", amount(operator, &share(number))));
                self.pieces.push(name());
            }
            ("quarter.burned_by_kind", _) => {
                let amount = amount(operator, &share(number));
                self.say(format!("{amount} of the quarter's error budget went through outages of the kind "));
                self.pieces.push(name());
            }
            ("signal", _) => {
                self.say("the signal ");
                self.pieces.push(name());
                self.say(if held { " fires" } else { " does not fire" });
            }
            _ => self.anew(fact, operator, constant),
        }
    }

    /// Says a comparison with a name.
    fn named(&mut self, fact: &Fact, operator: Operator, text: &str, constant: &Constant) {
        let what = match fact.name.as_str() {
            "slo" => "the SLO",
            "service" => "the service",
            "environment" => "the environment",
            "phase" => "the phase of the service",
            "tier" => "the tier of the service",
            _ => return self.anew(fact, operator, constant),
        };
        let is = match operator {
            Operator::Equal => "is",
            Operator::Unequal => "is not",
            Operator::Below | Operator::AtMost | Operator::Above | Operator::AtLeast => {
                return self.anew(fact, operator, constant);
            }
        };
        self.say(format!("{what} {is} "));
        self.pieces.push(Piece::Name(text.to_owned()));
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

    /// Says how much is left; `whose` is empty or ends with a blank.
    fn remaining(&mut self, whose: &str, operator: Operator, number: Decimal) {
        let again = if self.moment == Moment::Ends { " again" } else { "" };
        let debt = share(-number);
        let budget = format!("the {whose}error budget");
        // What comes back passes the threshold from below.
        let amount = if operator == Operator::AtLeast && self.moment == Moment::Ends {
            share(number)
        } else {
            amount(operator, &share(number))
        };
        let said = match (operator, number.cmp(&Decimal::ZERO).is_lt(), number.is_zero()) {
            (Operator::AtMost, _, true) if whose.is_empty() => "no error budget is left".to_owned(),
            (Operator::AtMost, _, true) => format!("nothing of {budget} is left"),
            (Operator::Below, _, true) => format!("{budget} is overspent"),
            (Operator::Above, _, true) if whose.is_empty() => format!("some error budget is left{again}"),
            (Operator::Above, _, true) => format!("something of {budget} is left{again}"),
            (Operator::AtLeast, _, true) => format!("{budget} is not overspent"),
            (Operator::AtMost, true, _) => format!("{budget} is overspent by at least {debt}"),
            (Operator::Below, true, _) => format!("{budget} is overspent by more than {debt}"),
            (Operator::Above, true, _) => format!("{budget} is not overspent by as much as {debt}"),
            (Operator::AtLeast, true, _) => format!("{budget} is not overspent by more than {debt}"),
            (Operator::Above | Operator::AtLeast, ..) => format!("{amount} of {budget} is left{again}"),
            (Operator::AtMost | Operator::Below | Operator::Equal | Operator::Unequal, ..) => {
                format!("{amount} of {budget} is left")
            }
        };
        self.say(said);
    }

    /// Says how fast it burns; `whose` is empty or ends with a blank.
    fn burn_rate(&mut self, whose: &str, operator: Operator, number: Decimal, window: &str) {
        let said = |what: &str| {
            self.pieces.iter().any(|piece| matches!(piece, Piece::Words(words) if words.contains(what)))
        };
        // `it` is the budget that was spoken of, where that was no other one.
        let spoken_of =
            whose.is_empty() && said("budget") && !said("SLA's error") && !said("quarter's error");
        let subject =
            if spoken_of { "it burns".to_owned() } else { format!("the {whose}error budget burns") };
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

/// A comparison with a number that has the same words everywhere; none where it has not.
fn sentence(fact: &Fact, operator: Operator, number: Decimal) -> Option<String> {
    let window = fact.argument.as_deref().and_then(lengths::length).map(length);
    let part = || amount(operator, &share(number));
    let many = || amount(operator, &number.normalize().to_string());
    let within = || window.clone();
    Some(match fact.name.as_str() {
        "consumed" => format!("{} of the error budget is spent", part()),
        "burned" => format!("{} of the period's budget went within {}", part(), within()?),
        "worst_incident" => format!("{} of the period's budget went in one incident", part()),
        "elapsed" => format!("{} of the period is over", part()),
        "objective" => format!("the objective is {}", part()),
        "sla.objective" => format!("the SLA promises {}", part()),
        "sla.consumed" => format!("{} of the SLA's error budget is spent", part()),
        "sla.burned" => format!("{} of the SLA's error budget went within {}", part(), within()?),
        "quarter.consumed" => format!("{} of the quarter's error budget is spent", part()),
        "quarter.worst_kind" => {
            format!("{} of the quarter's error budget went through one kind of outage", part())
        }
        "breaches" => {
            format!("the error budget began to burn faster than evenly {} times within {}", many(), within()?)
        }
        "priority" => priority(operator, number)?,
        "bad" => format!("{} events of the period were bad", many()),
        "total" => format!("there were {} events in the period", many()),
        "pace" => pace(operator, number),
        "time_to_exhaustion" => exhaustion(operator, number)?,
        _ => return None,
    })
}

/// How fast the budget is spent over its period.
fn pace(operator: Operator, number: Decimal) -> String {
    match (operator, number == Decimal::ONE) {
        (Operator::Above, true) => {
            "the budget is spent faster than evenly over the period, so that it ends before the period does"
                .to_owned()
        }
        (Operator::AtMost, true) => "the budget is spent no faster than evenly over the period".to_owned(),
        _ => {
            let amount = amount(operator, &number.normalize().to_string());
            format!("the budget is spent {amount} times faster than evenly over the period")
        }
    }
}

/// How urgent an incident would be.
fn priority(operator: Operator, number: Decimal) -> Option<String> {
    let priority = PRIORITIES.into_iter().find(|priority| Decimal::from(priority.number()) == number)?;
    match operator {
        Operator::AtMost => Some(format!("an incident has the priority {priority} or a more urgent one")),
        Operator::Above => Some(format!("no incident has the priority {priority} or a more urgent one")),
        Operator::Below | Operator::AtLeast | Operator::Equal | Operator::Unequal => None,
    }
}

/// When nothing is left.
fn exhaustion(operator: Operator, seconds: Decimal) -> Option<String> {
    let length = length(seconds.to_i64()?);
    let begins = match operator {
        Operator::AtMost => format!("the error budget is gone within {length}"),
        Operator::Below => format!("the error budget is gone in less than {length}"),
        Operator::Above => format!("the error budget lasts more than {length}"),
        Operator::AtLeast => format!("the error budget lasts at least {length}"),
        Operator::Equal | Operator::Unequal => return None,
    };
    Some(format!("{begins} if it goes on like in the last day"))
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
