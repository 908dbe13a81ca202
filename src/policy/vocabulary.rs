//! Every word of the policy language, each written down once: facts with their unit, range and formula, and functions
//! with the form in which they are called.
//!
//! What is answered to a misspelling, what a policy must not define anew and what the README lists come from here.

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
    /// Its name: what stands between the dot and the parentheses.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.form.split(['.', '(']).nth(1).unwrap_or(self.form)
    }
}

/// A fact of the table.
const fn fact(form: &'static str, takes: Takes, unit: &'static str, about: &'static str) -> Fact {
    Fact { form, takes, unit, about }
}

/// All facts. `T` is the objective, `P` the period; `bad` and `total` are summed over the window in the index.
pub const FACTS: [Fact; 18] = [
    fact(
        "budget.remaining",
        Takes::Nothing,
        "ratio, at most 1; negative in debt",
        "the share of the error budget that is left: 1 - bad_P / ((1 - T) total_P)",
    ),
    fact("budget.consumed", Takes::Nothing, "ratio, at least 0", "the share that is spent: 1 - remaining"),
    fact(
        "budget.burned(\"24h\")",
        Takes::Windows,
        "ratio, at least 0",
        "the share of the period's budget that went within the window: bad_w / ((1 - T) total_P)",
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
        "how many times faster than evenly the budget is spent over the period: burn_rate(P)",
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
        "the share that went through a dependency; not known until dependencies are attributed",
    ),
    fact(
        "budget.signal(\"cpu\")",
        Takes::Name,
        "true or false",
        "an alert from elsewhere fires; not known until a source gives signals",
    ),
    fact("budget.objective", Takes::Nothing, "ratio, above 0 and below 1", "the objective: T"),
    fact("budget.bad", Takes::Nothing, "count, at least 0", "the period's bad events: bad_P"),
    fact("budget.total", Takes::Nothing, "count, at least 0", "all events of the period: total_P"),
    fact("budget.service", Takes::Nothing, "name", "the service"),
    fact("budget.slo", Takes::Nothing, "name", "the SLO"),
    fact("budget.environment", Takes::Nothing, "name", "the environment whose events count"),
];

/// The fact of a name.
#[must_use]
pub fn fact_named(name: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.name() == name)
}

/// The names of all facts.
pub fn fact_names() -> impl Iterator<Item = &'static str> + Clone {
    FACTS.iter().map(Fact::name)
}

/// Every function of the language that is no fact, as a policy writes it.
const SIGNATURES: [(&str, &str); 26] = [
    ("policy", "policy(#{ version: \"1.0.0\", scope: #{ team: \"…\" }, … })"),
    ("clause", "clause(\"name\", \"title\")"),
    ("when", ".when(|budget| budget.remaining <= 0)"),
    ("thaws", ".thaws(|budget| budget.remaining >= percent(10))"),
    ("steadily", ".steadily(\"3d\")"),
    ("after", ".after(\"exhausted\", \"3d\")"),
    ("then", ".then(freeze(\"production\"))"),
    ("manual", ".manual()"),
    ("freeze", "freeze(\"environment\")"),
    ("restrict", "restrict(\"canary\")"),
    ("limit_releases", "limit_releases(2)"),
    ("except", ".except([\"class\", …])"),
    ("warn", "warn(\"text\")"),
    ("inform", "inform(\"text\")"),
    ("action_item", "action_item(\"title\")"),
    ("top_of_backlog", ".top_of_backlog()"),
    ("due", ".due(\"7d\")"),
    ("postmortem", "postmortem()"),
    ("engage", "engage(\"@team\")"),
    ("notify", "notify(\"@team\")"),
    ("assign", "assign(percent(50))"),
    ("escalate", "escalate()"),
    ("code_yellow", "code_yellow()"),
    ("code_red", "code_red()"),
    ("hand_back_operations", "hand_back_operations()"),
    ("percent", "percent(10)"),
];

/// The methods of a clause.
pub(super) const OF_CLAUSES: [&str; 6] = ["when", "thaws", "steadily", "after", "then", "manual"];

/// The constructors of consequences, and the methods of what each makes.
pub(super) const CONSEQUENCES: [(&str, &[&str]); 14] = [
    ("freeze", &["except"]),
    ("restrict", &["except"]),
    ("limit_releases", &["except"]),
    ("warn", &[]),
    ("inform", &[]),
    ("action_item", &["top_of_backlog", "due"]),
    ("postmortem", &[]),
    ("engage", &[]),
    ("notify", &[]),
    ("assign", &[]),
    ("escalate", &[]),
    ("code_yellow", &[]),
    ("code_red", &[]),
    ("hand_back_operations", &[]),
];

/// Functions that stand alone and make no consequence.
pub(super) const OTHERS: [&str; 5] = ["policy", "clause", "percent", "print", "debug"];

/// What the engine itself can be asked.
pub(super) const ENGINE: [&str; 8] =
    ["Fn", "call", "curry", "type_of", "is_def_fn", "is_def_var", "is_shared", "contains"];

/// The form of a function of the language.
pub(super) fn signature(name: &str) -> Option<&'static str> {
    let own = SIGNATURES.iter().find(|(known, _)| *known == name).map(|(_, form)| *form);
    own.or_else(|| fact_named(name).map(|fact| fact.form))
}

/// Every name that a policy may call and must not define.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let consequences = CONSEQUENCES.iter().flat_map(|(name, methods)| std::iter::once(name).chain(*methods));
    OF_CLAUSES.iter().chain(consequences).chain(&OTHERS).chain(&ENGINE).copied().chain(fact_names())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_form() {
        let quiet = ["print", "debug"];
        for name in names().filter(|name| !quiet.contains(name) && !ENGINE.contains(name)) {
            let form = signature(name).unwrap_or_else(|| panic!("`{name}` has no form"));
            assert!(form.contains(name), "{name}: {form}");
        }
        assert!(FACTS.iter().all(|fact| (fact.takes == Takes::Nothing) != fact.form.ends_with(')')));
    }
}
