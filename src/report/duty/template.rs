//! Templates of issues: Markdown in which `{{service}}` and the like are filled in.
//!
//! The names are a closed list, and one that is not on it is an error at its line: a postmortem with a hole in it is
//! found before it is needed. What a template says itself is the repository's own and stays as it is; what is filled in
//! is escaped by whoever fills it in. A head between two lines of `---`, as templates of GitHub have it, is left out.

use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};

/// The most characters of a template: with what is filled in, GitHub takes 65,536 of an issue.
pub const LONGEST: usize = 20_000;

/// The template where the settings name none.
const BUILT_IN: &str = include_str!("postmortem.md");

/// What opens a name.
const OPEN: &str = "{{";

/// What closes it.
const CLOSE: &str = "}}";

/// What a template may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// The table of what is left of each budget.
    Budgets,
    /// What went through dependencies.
    BurnedBy,
    /// The clause, with a link to its line.
    Clause,
    /// The share of the budget that the largest incident took.
    Depleted,
    /// When it is due.
    Due,
    /// How long the largest incident lasted.
    Duration,
    /// The environment.
    Environment,
    /// When the largest incident ended.
    IncidentEnd,
    /// When the largest incident began.
    IncidentStart,
    /// The table of incidents.
    Incidents,
    /// When budgets were measured.
    JudgedAt,
    /// The largest incident in a sentence.
    Largest,
    /// The objectives.
    Objective,
    /// The policy and its version.
    Policy,
    /// What is left of the budgets.
    Remaining,
    /// The service.
    Service,
    /// Since when the clause is in force.
    Since,
    /// The SLOs.
    Slo,
    /// How many times faster than evenly the largest incident depleted the budget.
    Speed,
    /// The clause's title.
    Title,
}

impl Blank {
    /// All of them, with their names.
    const ALL: [(&'static str, Self); 20] = [
        ("budgets", Self::Budgets),
        ("burned_by", Self::BurnedBy),
        ("clause", Self::Clause),
        ("depleted", Self::Depleted),
        ("due", Self::Due),
        ("duration", Self::Duration),
        ("environment", Self::Environment),
        ("incident_end", Self::IncidentEnd),
        ("incident_start", Self::IncidentStart),
        ("incidents", Self::Incidents),
        ("judged_at", Self::JudgedAt),
        ("largest", Self::Largest),
        ("objective", Self::Objective),
        ("policy", Self::Policy),
        ("remaining", Self::Remaining),
        ("service", Self::Service),
        ("since", Self::Since),
        ("slo", Self::Slo),
        ("speed", Self::Speed),
        ("title", Self::Title),
    ];

    /// The names that a template may ask for.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }

    /// The blank of a name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(its, _)| *its == name).map(|(_, blank)| *blank)
    }
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As it is written.
    Text(String),
    /// To be filled in.
    Blank(Blank),
}

/// A template whose every name is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its pieces, in order.
    pieces: Vec<Piece>,
}

impl Default for Template {
    fn default() -> Self {
        // A test holds the one that is built in to the same rules.
        let source = SourceText::new("postmortem.md", BUILT_IN);
        Self::read(&source).unwrap_or(Self { pieces: Vec::new() })
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every name that there is not, at its line; a template that is empty or too long.
    pub fn read(source: &SourceText) -> Result<Self, Vec<Diagnostic>> {
        let whole = source.text();
        let whole_file = |message: String, help: String| {
            vec![
                Diagnostic::error(Code::WrongValue, message).at(Place::line_of(source, 1), "here").help(help),
            ]
        };
        let length = whole.chars().count();
        if length > LONGEST {
            let message = format!("`{}` is a template of {length} characters", source.path());
            let help =
                format!("keep it at {LONGEST}: GitHub takes 65,536 of an issue, with all that is filled in");
            return Err(whole_file(message, help));
        }
        let mut at = begin(whole);
        if whole.get(at..).is_none_or(|text| text.trim().is_empty()) {
            let message = format!("`{}` is a template that says nothing", source.path());
            return Err(whole_file(message, "write Markdown, or take `act.postmortem` out".to_owned()));
        }
        let (mut pieces, mut problems) = (Vec::new(), Vec::new());
        while let Some(rest) = whole.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(open) = rest.find(OPEN) else {
                pieces.push(Piece::Text(rest.to_owned()));
                break;
            };
            let (before, behind) = (rest.get(..open), rest.get(open + OPEN.len()..).unwrap_or_default());
            pieces.extend(before.filter(|text| !text.is_empty()).map(|text| Piece::Text(text.to_owned())));
            let line = behind.lines().next().unwrap_or_default();
            let name = line.find(CLOSE).and_then(|close| line.get(..close));
            let length = OPEN.len() + name.map_or(0, |name| name.len() + CLOSE.len());
            match name.map(|name| (name, Blank::named(name.trim()))) {
                Some((_, Some(blank))) => pieces.push(Piece::Blank(blank)),
                Some((name, None)) => {
                    problems.push(unknown(source, at + open..at + open + length, name.trim()));
                }
                None => problems.push(
                    Diagnostic::error(Code::WrongValue, "`{{` is not closed on its line")
                        .at(Place::new(source, at + open..at + open + length), "no `}}` follows")
                        .help("write a name such as `{{service}}`, or put a space between the two braces"),
                ),
            }
            at += open + length;
        }
        if problems.is_empty() { Ok(Self { pieces }) } else { Err(problems) }
    }

    /// The template with everything filled in.
    #[must_use]
    pub fn filled(&self, fill: impl Fn(Blank) -> String) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Blank(blank) => fill(*blank),
        });
        pieces.collect::<String>().trim().replace("\r\n", "\n")
    }
}

/// A name that there is not.
fn unknown(source: &SourceText, span: std::ops::Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::error(Code::UnknownName, format!("a template has no `{{{{{name}}}}}`"))
        .at(Place::new(source, span), "nothing is filled in here")
        .help(diagnostic::suggestion(name, Blank::names()))
}

/// Where a template begins: behind its head, where it has one.
fn begin(text: &str) -> usize {
    let Some(first) = text.split_inclusive('\n').next().filter(|line| line.trim_end() == "---") else {
        return 0;
    };
    let mut at = first.len();
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            return at;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Template, Vec<Diagnostic>> {
        Template::read(&SourceText::new("docs/postmortem.md", text))
    }

    #[test]
    fn the_one_that_is_built_in_is_one_and_has_every_section_that_a_postmortem_has() {
        let built_in = Template::read(&SourceText::new("postmortem.md", BUILT_IN)).expect("a template");
        let text = built_in.filled(|_| String::new());
        for section in [
            "Summary",
            "Impact",
            "Timeline",
            "Detection",
            "Trigger",
            "Root causes",
            "Resolution",
            "Lessons learned",
            "Action items",
        ] {
            assert!(text.contains(&format!("## {section}\n")), "{section}");
        }
        assert_eq!(Template::default(), built_in);
    }

    #[test]
    fn the_schema_of_settings_names_every_one() {
        let schema = include_str!("../../../schemas/settings.v1.json");
        let said =
            schema.split("\"postmortem\": {").nth(1).and_then(|rest| rest.split("any other name").next());
        let said = said.expect("a description");
        let missing: Vec<&str> = Blank::names()
            .filter(|name| !said.contains(&format!("`{name}`")) && *name != "service")
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn every_name_is_filled_in_and_what_is_filled_in_is_not_read_again() {
        for name in Blank::names() {
            let template = read(&format!("a {{{{ {name} }}}} {{{{{name}}}}} z")).expect(name);
            assert_eq!(template.filled(|_| "{{service}}".to_owned()), "a {{service}} {{service}} z");
        }
    }

    #[test]
    fn what_is_no_name_is_told_at_its_line_all_at_once() {
        let problems = read("# {{servce}}\r\n\n{{}} {{ a\n}} {b} {{service}}").expect_err("three problems");
        let told: Vec<(usize, &str)> = problems
            .iter()
            .map(|problem| (problem.place().expect("placed").line(), problem.message.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (1, "a template has no `{{servce}}`"),
                (3, "a template has no `{{}}`"),
                (3, "`{{` is not closed on its line"),
            ]
        );
        assert_eq!(problems[0].help, "did you mean `service`?");
    }

    #[test]
    fn a_template_says_something_and_not_too_much() {
        assert!(read(" \n").is_err() && read("---\nname: p\n---\n").is_err());
        assert!(read(&"é".repeat(LONGEST)).is_ok() && read(&"é".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_head_as_github_has_it_is_left_out_and_a_rule_is_none() {
        let text = |text: &str| read(text).expect("a template").filled(|_| "S".to_owned());
        assert_eq!(text("---\nname: Postmortem {{x}}\n---\n\n# {{service}}\n"), "# S");
        assert_eq!(text("---\n# {{service}}\n"), "---\n# S");
        assert_eq!(text("a\n---\nb\n---\n"), "a\n---\nb\n---");
    }
}
