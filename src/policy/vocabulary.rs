//! Every word of the policy language, each written down once: facts with their unit, range and formula, and functions
//! with the form in which they are called. The keys of a header come from their schema.
//!
//! What is answered to a misspelling, what a policy must not define anew, what `explain` says of a word, and what editors
//! and the language's reference are given come from here.

mod function;
mod key;
pub mod word;

pub use function::{FUNCTIONS, Function, Role};
pub use key::{Key, keys};

/// What a fact takes in its parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is read by its name, without parentheses.
    Nothing,
    /// Texts that are windows: whole multiples of the grid's step, up to the period.
    Windows,
    /// A text that is a length of time.
    Length,
    /// A text that is a name.
    Name,
    /// A text that is a priority of incidents.
    Priority,
}

/// One fact of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// As a policy writes it.
    pub form: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Its type with its range.
    pub unit: &'static str,
    /// What it is, and the formula that it is reckoned by.
    pub about: &'static str,
}

impl Fact {
    /// Its name: what stands between `budget.` and the parentheses, `sla.remaining` for `budget.sla.remaining`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let written = self.form.split('(').next().unwrap_or(self.form);
        written.split_once('.').map_or(written, |(_, name)| name)
    }

    /// The type of its value, as the engine calls it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.unit.split(',').next().unwrap_or_default() {
            "true or false" => "bool",
            "length of time" => "time",
            named @ ("ratio" | "rate" | "count" | "name") => named,
            _ => "?",
        }
    }

    /// The names and types of what stands in its parentheses.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, &'static str)> {
        let inside = self.form.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
        let given: Vec<&str> = inside.split(", ").filter(|argument| !argument.is_empty()).collect();
        let what = match self.takes {
            Takes::Nothing | Takes::Name => "name",
            Takes::Windows => "window",
            Takes::Length => "length",
            Takes::Priority => "priority",
        };
        let texts = given.iter().filter(|argument| argument.starts_with('"')).count();
        let mut text = 0;
        let named = given.iter().map(|argument| {
            if !argument.starts_with('"') {
                return ("number".to_owned(), "int | decimal");
            }
            text += 1;
            (if texts > 1 { format!("{what}_{text}") } else { what.to_owned() }, "String")
        });
        named.collect()
    }
}

/// A fact of the table.
const fn fact(form: &'static str, takes: Takes, unit: &'static str, about: &'static str) -> Fact {
    Fact { form, takes, unit, about }
}

/// All facts. `T` is the objective, `P` the period; `bad` and `total` are summed over the window in the index.
pub const FACTS: [Fact; 32] = [
    fact(
        "budget.remaining",
        Takes::Nothing,
        "ratio, at most 1; negative in debt",
        "the share of the error budget that is left: 1 - bad_P / ((1 - T) total_P); in a period of the calendar bad is what \
         was bad since it began",
    ),
    fact("budget.consumed", Takes::Nothing, "ratio, at least 0", "the share that is spent: 1 - remaining"),
    fact(
        "budget.burned(\"24h\")",
        Takes::Windows,
        "ratio, at least 0",
        "the share of the period's budget that went within the window: bad_w / ((1 - T) total_P); in a period of the \
         calendar it looks back to the beginning at most",
    ),
    fact(
        "budget.burn_rate(\"1h\")",
        Takes::Windows,
        "rate, at least 0",
        "how many times faster than evenly the budget burned in the window: (bad_w / total_w) / (1 - T)",
    ),
    fact(
        "budget.burns(14.4, \"1h\", \"5m\")",
        Takes::Windows,
        "true or false",
        "the burn rate is above the number in both windows (SRE Workbook, chapter 5)",
    ),
    fact(
        "budget.pace",
        Takes::Nothing,
        "rate, at least 0",
        "how many times faster than evenly the budget is spent over what has passed of the period: consumed / elapsed, \
         which is burn_rate(P) for a rolling period where nothing is given back",
    ),
    fact(
        "budget.elapsed",
        Takes::Nothing,
        "ratio, above 0 and at most 1",
        "the share of the period that is over, by the real length of a period of the calendar; a rolling one is over \
         whole: 1",
    ),
    fact(
        "budget.premature",
        Takes::Nothing,
        "true or false",
        "the budget is spent before its period is over: pace > 1",
    ),
    fact(
        "budget.time_to_exhaustion",
        Takes::Nothing,
        "length of time, 0 when nothing is left, never when nothing burns",
        "until nothing is left if the last day goes on: remaining x P / burn_rate(24h)",
    ),
    fact(
        "budget.exhausts_within(\"3d\")",
        Takes::Length,
        "true or false",
        "nothing is left after that time, or already: time_to_exhaustion at or below it",
    ),
    fact(
        "budget.worst_incident",
        Takes::Nothing,
        "ratio, at least 0",
        "the share that the largest incident of the period depleted: bad / ((1 - T) total_P) over a run of points \
         with burn_rate(1h) > 1, pauses up to 1h included",
    ),
    fact(
        "budget.burned_by(\"dependency\")",
        Takes::Name,
        "ratio, at least 0",
        "the share that went through a dependency: bad within incidents of its SLOs in the same environment / \
         ((1 - T) total_P), an incident being a run of points with burn_rate(1h) > 1, pauses up to 1h included; 0 where \
         the service does not declare it, not known where one of those SLOs is not or there is none",
    ),
    fact(
        "budget.signal(\"cpu\")",
        Takes::Name,
        "true or false",
        "something besides failed events fires, such as an alert on a resource: the query under `signals` in slogate.yaml \
         is not 0 at that instant; not known where it has no number",
    ),
    fact(
        "budget.breaches(\"1h\")",
        Takes::Windows,
        "count, at least 0",
        "how often within the window the burn rate of a step rose above 1",
    ),
    fact(
        "budget.priority_reaches(\"P2\")",
        Takes::Priority,
        "true or false",
        "an incident would have that priority, P1 to P5, or a more urgent one: the SLO's own priority while \
         burn_rate(1h) > 1 or a table gives one; without one the more urgent of two tables, at most 20, 40, 60 or 80 % \
         left with pace or burn_rate(24h) > 1 (P1 to P4), and more than 75 % burned in 5m, 50 % in 10m, 25 % in 15m, \
         25 % in 20m (P1 to P4)",
    ),
    fact(
        "budget.sla.remaining",
        Takes::Nothing,
        "ratio, at most 1; negative in debt",
        "the share that is left of the budget against the SLA, S: 1 - bad_P / ((1 - S) total_P); 1 without an SLA",
    ),
    fact(
        "budget.sla.consumed",
        Takes::Nothing,
        "ratio, at least 0",
        "the share that is spent of the budget against the SLA: 1 - sla.remaining; 0 without an SLA",
    ),
    fact(
        "budget.sla.burned(\"24h\")",
        Takes::Windows,
        "ratio, at least 0",
        "the share of the budget against the SLA, S, that went within the window: bad_w / ((1 - S) total_P); 0 without \
         an SLA",
    ),
    fact(
        "budget.sla.burn_rate(\"1h\")",
        Takes::Windows,
        "rate, at least 0",
        "how many times faster than evenly the budget against the SLA, S, burned: (bad_w / total_w) / (1 - S); 0 without \
         an SLA",
    ),
    fact(
        "budget.sla.objective",
        Takes::Nothing,
        "ratio, at least 0 and below 1",
        "what the SLA promises: S; 0 without an SLA",
    ),
    fact(
        "budget.quarter.remaining",
        Takes::Nothing,
        "ratio, at most 1; negative in debt",
        "the share that is left of the budget of the calendar quarter (UTC), Q: 1 - bad since its start / \
         ((1 - T) total_Q)",
    ),
    fact(
        "budget.quarter.consumed",
        Takes::Nothing,
        "ratio, at least 0",
        "the share that is spent of the budget of the calendar quarter: 1 - quarter.remaining",
    ),
    fact(
        "budget.quarter.burned_by_kind(\"network\")",
        Takes::Name,
        "ratio, at least 0",
        "the share of the budget of the calendar quarter, Q, that outages of one kind depleted: bad in the steps that they \
         touch / ((1 - T) total_Q); not known where nobody records the kinds of outages",
    ),
    fact(
        "budget.quarter.worst_kind",
        Takes::Nothing,
        "ratio, at least 0",
        "the largest share of the budget of the calendar quarter that one kind of outage depleted; not known where nobody \
         records the kinds of outages",
    ),
    fact("budget.objective", Takes::Nothing, "ratio, above 0 and below 1", "the objective: T"),
    fact(
        "budget.bad",
        Takes::Nothing,
        "count, at least 0",
        "the period's bad events, or bad slices of time where these are counted: bad_P",
    ),
    fact(
        "budget.total",
        Takes::Nothing,
        "count, at least 0",
        "all events of the period, or all slices of time: total_P",
    ),
    fact("budget.service", Takes::Nothing, "name", "the service"),
    fact("budget.slo", Takes::Nothing, "name", "the SLO"),
    fact("budget.environment", Takes::Nothing, "name", "the environment whose events count"),
    fact("budget.phase", Takes::Nothing, "name", "the phase of the service's lifecycle, as the settings say"),
    fact("budget.tier", Takes::Nothing, "name", "the tier of the service, as the settings say"),
];

/// The types of values, with what each compares with.
pub const TYPES: [(&str, &str); 11] = [
    ("ratio", "a share; it compares with a ratio and with `0`, so write `percent(10)` and not `10`"),
    ("rate", "a multiple of burning evenly; it compares with numbers"),
    ("count", "a number of events; it compares with numbers, and one count divided by another is a ratio"),
    ("time", "a length of time; it compares with texts such as `\"3d\"`"),
    ("name", "a name; it compares with texts by `==` and `!=`, and may be looked for `in` a list of texts"),
    ("bool", "true or false; it stands by itself, or behind `!`"),
    ("budget", "what a condition is given: one budget at one instant"),
    ("sla", "the budget against the SLA, behind `budget.sla`"),
    ("quarter", "the budget of the calendar quarter, behind `budget.quarter`"),
    ("clause", "what `clause(…)` answers"),
    ("consequence", "what is handed to `.then(…)`"),
];

/// The fact of a name.
#[must_use]
pub fn fact_named(name: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.name() == name)
}

/// What stands between `budget.` and facts of its own.
pub const GROUPS: [&str; 2] = ["sla", "quarter"];

/// The names of all facts.
pub fn fact_names() -> impl Iterator<Item = &'static str> + Clone {
    FACTS.iter().map(Fact::name)
}

/// The function of a name, if it is no fact.
#[must_use]
pub fn function_named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The methods of a clause.
pub(super) fn of_clauses() -> Vec<&'static str> {
    let methods = FUNCTIONS.iter().filter(|function| function.role == Role::OfClause);
    methods.map(|function| function.name).collect()
}

/// The constructors of consequences, and the methods of what each makes.
pub(super) fn consequences() -> impl Iterator<Item = (&'static str, &'static [&'static str])> + Clone {
    FUNCTIONS.iter().filter_map(|function| match function.role {
        Role::Makes(methods) => Some((function.name, methods)),
        Role::Declares(_) | Role::OfClause | Role::OfConsequence | Role::Value(_) => None,
    })
}

/// Functions that are written by themselves.
pub(super) fn alone() -> impl Iterator<Item = &'static str> + Clone {
    FUNCTIONS.iter().filter(|function| function.behind().is_none()).map(|function| function.name)
}

/// What the engine itself can be asked.
pub(super) const ENGINE: [&str; 8] =
    ["Fn", "call", "curry", "type_of", "is_def_fn", "is_def_var", "is_shared", "contains"];

/// The form of a function of the language.
pub(super) fn signature(name: &str) -> Option<&'static str> {
    let own = function_named(name).map(|function| function.form);
    let behind_a_group = || FACTS.iter().find(|fact| fact.name().split('.').nth(1) == Some(name));
    own.or_else(|| fact_named(name).or_else(behind_a_group).map(|fact| fact.form))
}

/// Every name that a policy may call and must not define.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().map(|function| function.name);
    functions.chain(ENGINE).chain(GROUPS).chain(fact_names())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_form_and_there_is_none_twice() {
        for name in names().filter(|name| !ENGINE.contains(name) && !GROUPS.contains(name)) {
            let form = signature(name).unwrap_or_else(|| panic!("`{name}` has no form"));
            assert!(form.contains(name), "{name}: {form}");
            assert_eq!(names().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert!(FACTS.iter().all(|fact| (fact.takes == Takes::Nothing) != fact.form.ends_with(')')));
    }

    #[test]
    fn every_fact_has_a_type_and_a_name_for_each_of_its_arguments() {
        for fact in FACTS {
            let known = TYPES.iter().any(|(name, _)| *name == fact.kind());
            assert!(known, "{}: the unit `{}` begins with no type", fact.form, fact.unit);
            let given = fact.form.split_once('(').map_or(0, |(_, inside)| inside.split(", ").count());
            assert_eq!(fact.parameters().len(), given, "{}", fact.form);
        }
    }
}
