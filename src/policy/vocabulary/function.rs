//! The functions of the policy language, each written down once: how it is written, what it takes and answers, what it
//! does, and who carries it out where it makes a consequence.

use super::super::Automation;

/// Where a function is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// By itself: it declares, and answers what can be said more of.
    Declares(Option<&'static str>),
    /// Behind a clause.
    OfClause,
    /// By itself: it makes a consequence, behind which these methods may follow.
    Makes(&'static [&'static str]),
    /// Behind a consequence.
    OfConsequence,
    /// By itself: it makes a value of a type, or shows one.
    Value(Option<&'static str>),
}

/// One function that is no fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Where it is written.
    pub role: Role,
    /// As a policy writes it.
    pub form: &'static str,
    /// What stands in its parentheses: names and types.
    pub takes: &'static [(&'static str, &'static str)],
    /// What it does.
    pub about: &'static str,
    /// Who carries out what it makes or changes; none where it makes no consequence.
    pub automation: Option<Automation>,
}

impl Function {
    /// The type of what it answers; none for nothing.
    #[must_use]
    pub const fn answers(&self) -> Option<&'static str> {
        match self.role {
            Role::Declares(answer) | Role::Value(answer) => answer,
            Role::OfClause => Some("clause"),
            Role::Makes(_) | Role::OfConsequence => Some("consequence"),
        }
    }

    /// The type of what it is written behind; none where it stands by itself.
    #[must_use]
    pub const fn behind(&self) -> Option<&'static str> {
        match self.role {
            Role::OfClause => Some("clause"),
            Role::OfConsequence => Some("consequence"),
            Role::Declares(_) | Role::Makes(_) | Role::Value(_) => None,
        }
    }

    /// The consequences that it is written behind.
    pub fn owners(&self) -> impl Iterator<Item = &'static str> {
        let name = self.name;
        FUNCTIONS
            .iter()
            .filter(move |owner| matches!(owner.role, Role::Makes(methods) if methods.contains(&name)))
            .map(|owner| owner.name)
    }
}

/// A function of the table.
const fn function(
    name: &'static str,
    role: Role,
    form: &'static str,
    takes: &'static [(&'static str, &'static str)],
    about: &'static str,
) -> Function {
    Function { name, role, form, takes, about, automation: None }
}

/// A consequence of the table, or a method of one.
const fn by(automation: Automation, function: Function) -> Function {
    Function { automation: Some(automation), ..function }
}

/// What follows a consequence that stops somebody.
const STOPPING: Role = Role::Makes(&["except"]);

/// A consequence behind which nothing follows.
const PLAIN: Role = Role::Makes(&[]);

/// All functions, in the order in which a policy meets them.
pub const FUNCTIONS: [Function; 29] = [
    function(
        "policy",
        Role::Declares(None),
        "policy(#{ version: \"1.0.0\", scope: #{ team: \"…\" }, … })",
        &[("header", "Map")],
        "declares the policy, once a file: what is agreed around its clauses",
    ),
    function(
        "clause",
        Role::Declares(Some("clause")),
        "clause(\"name\", \"title\")",
        &[("name", "String"), ("title", "String")],
        "declares a clause: a name that is unique in the policy, and what it says, in one line",
    ),
    function(
        "when",
        Role::OfClause,
        ".when(|budget| budget.remaining <= 0)",
        &[("condition", "FnPtr")],
        "the clause comes into force where the condition holds",
    ),
    function(
        "thaws",
        Role::OfClause,
        ".thaws(|budget| budget.remaining >= percent(10))",
        &[("condition", "FnPtr")],
        "the clause ends where this condition holds and `when` does not; without it, where `when` no longer holds",
    ),
    function(
        "steadily",
        Role::OfClause,
        ".steadily(\"3d\")",
        &[("length", "String")],
        "the condition before it counts once it held at every point of that time; a point that is not known lets nothing begin and ends nothing",
    ),
    function(
        "after",
        Role::OfClause,
        ".after(\"exhausted\", \"3d\")",
        &[("clause", "String"), ("length", "String")],
        "the clause is in force for that time after another clause of the policy ended, instead of by a condition",
    ),
    function(
        "then",
        Role::OfClause,
        ".then(freeze(\"production\"))",
        &[("consequence", "consequence")],
        "what follows while the clause is in force; may be written several times",
    ),
    function(
        "on_gap",
        Role::OfClause,
        ".on_gap()",
        &[],
        "the clause is in force while the budget is not known, instead of by a condition; it adds to what not knowing \
         does anyway, and eases nothing",
    ),
    function("manual", Role::OfClause, ".manual()", &[], "a person triggers the clause; it has no condition"),
    by(
        Automation::Automated,
        function(
            "freeze",
            STOPPING,
            "freeze(\"environment\")",
            &[("environment", "String")],
            "releases to the environment stop",
        ),
    ),
    by(
        Automation::Automated,
        function(
            "restrict",
            STOPPING,
            "restrict(\"canary\")",
            &[("rollout", "String")],
            "only such a rollout may ship; a pull request is judged as a canary",
        ),
    ),
    by(
        Automation::Automated,
        function(
            "limit_releases",
            STOPPING,
            "limit_releases(2)",
            &[("releases_a_day", "int")],
            "only so many releases a day may ship",
        ),
    ),
    by(
        Automation::Automated,
        function(
            "except",
            Role::OfConsequence,
            ".except([\"class\", …])",
            &[("classes", "Array")],
            "changes of these classes pass",
        ),
    ),
    by(
        Automation::Automated,
        function("warn", PLAIN, "warn(\"text\")", &[("text", "String")], "whoever ships is warned"),
    ),
    by(
        Automation::Automated,
        function("inform", PLAIN, "inform(\"text\")", &[("text", "String")], "whoever ships is told"),
    ),
    by(
        Automation::Traceable,
        function(
            "action_item",
            Role::Makes(&["top_of_backlog", "due"]),
            "action_item(\"title\")",
            &[("title", "String")],
            "work is written down",
        ),
    ),
    by(
        Automation::Traceable,
        function(
            "top_of_backlog",
            Role::OfConsequence,
            ".top_of_backlog()",
            &[],
            "the action item goes before everything else",
        ),
    ),
    by(
        Automation::Traceable,
        function(
            "due",
            Role::OfConsequence,
            ".due(\"7d\")",
            &[("length", "String")],
            "the action item is done within that time",
        ),
    ),
    by(Automation::Traceable, function("postmortem", PLAIN, "postmortem()", &[], "a postmortem is held")),
    by(
        Automation::Automated,
        function("engage", PLAIN, "engage(\"@team\")", &[("who", "String")], "somebody is asked for help"),
    ),
    by(
        Automation::Automated,
        function(
            "notify",
            PLAIN,
            "notify(\"@team\")",
            &[("who", "String")],
            "somebody is told the state of the budget",
        ),
    ),
    by(
        Automation::Manual,
        function(
            "assign",
            PLAIN,
            "assign(percent(50))",
            &[("share", "ratio")],
            "that share of the engineers works on reliability",
        ),
    ),
    by(
        Automation::Automated,
        function(
            "escalate",
            PLAIN,
            "escalate()",
            &[],
            "those are asked to decide whom the policy's escalation names",
        ),
    ),
    by(
        Automation::Manual,
        function(
            "code_yellow",
            PLAIN,
            "code_yellow()",
            &[],
            "everyone affected works on reliability, in business hours",
        ),
    ),
    by(
        Automation::Manual,
        function(
            "code_red",
            PLAIN,
            "code_red()",
            &[],
            "everyone affected works on reliability, around the clock",
        ),
    ),
    by(
        Automation::Manual,
        function(
            "hand_back_operations",
            PLAIN,
            "hand_back_operations()",
            &[],
            "those who build the service run it again",
        ),
    ),
    function(
        "percent",
        Role::Value(Some("ratio")),
        "percent(10)",
        &[("number", "int | decimal")],
        "a ratio, to compare a ratio with: percent(10) is a tenth",
    ),
    function(
        "print",
        Role::Value(None),
        "print(\"text\")",
        &[("value", "?")],
        "shows a value beside the verdict, to find out what a policy does",
    ),
    function("debug", Role::Value(None), "debug(\"text\")", &[("value", "?")], "the same as `print`"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::policy::{Names, Policy};

    #[test]
    fn who_carries_a_consequence_out_is_what_the_consequence_itself_says() {
        let names = Names {
            teams: vec!["t".to_owned()],
            environments: vec!["environment".to_owned()],
            step: 300,
            ..Names::default()
        };
        for made in FUNCTIONS.iter().filter(|function| matches!(function.role, Role::Makes(_))) {
            let text = format!(
                r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
                    agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
                clause("c", "C").when(|budget| budget.remaining <= 0).then({});"#,
                made.form
            );
            let loaded = Policy::load(&SourceText::new("p.rhai", text), &names);
            let (policy, _) = loaded.unwrap_or_else(|problems| panic!("{}: {problems:?}", made.form));
            let consequence = &policy.clauses[0].consequences[0];
            assert_eq!(Some(consequence.automation()), made.automation, "{}", made.name);
            assert_eq!(consequence.word(), made.name);
        }
    }

    #[test]
    fn every_method_of_a_consequence_belongs_to_one() {
        for method in FUNCTIONS.iter().filter(|function| function.role == Role::OfConsequence) {
            assert!(method.owners().next().is_some(), "{}", method.name);
        }
    }
}
