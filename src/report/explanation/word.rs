//! The words of the policy language as prose: one, the list of one kind, or the whole language.
//!
//! Everything said is our own (`policy::vocabulary`); nothing here comes from a file.

use super::{Page, Writer, words};
use crate::diagnostic::Code;
use crate::policy::Automation;
use crate::policy::vocabulary::word::{Topic, Word};
use crate::policy::vocabulary::{FACTS, Fact, Function, Key, Role, TYPES, Takes};

/// What conditions are, as far as no single word says it.
const CONDITIONS: [&str; 4] = [
    "A condition is a closure over one budget, `|budget| budget.remaining <= 0`: comparisons of facts, joined by `&&`, \
     `||` and `!`. It is asked of every SLO in the policy's scope, each by itself, and has no memory.",
    "Facts compare with their like and with nothing else; every other comparison is an error at its line, and never a \
     quiet `false`.",
    "Windows are whole multiples of the grid's step and at most as long as the SLO's period: `30m`, `1h`, `7d`.",
    "Who reads a fact that is not known has no answer: the clause is then unknown, unless it is in force already, which \
     it stays. Nothing in a script can turn that into true or false.",
];

/// The words of one name.
#[must_use]
pub fn word(found: &[Word], page: Page) -> String {
    let mut writer = Writer::new(page);
    for word in found {
        match page {
            Page::Terminal(_) => writer.own(word.form()),
            Page::Markdown => writer.heading(&format!("`{}`", word.form())),
        }
        match word {
            Word::Fact(fact) => writer.fact(fact),
            Word::Function(function) => writer.function(function),
            Word::Key(key) => writer.key(key),
        }
    }
    writer.end()
}

/// A type of values; none where no type has this name.
#[must_use]
pub fn kind_of_value(name: &str, page: Page) -> Option<String> {
    let (name, about) = TYPES.iter().find(|(known, _)| *known == name)?;
    let mut writer = Writer::new(page);
    match page {
        Page::Terminal(_) => writer.own(name),
        Page::Markdown => writer.heading(&format!("`{name}`")),
    }
    writer.own(&format!("A type of values: {about}."));
    let facts: Vec<String> =
        FACTS.iter().filter(|fact| fact.kind() == *name).map(|fact| format!("`{}`", fact.form)).collect();
    if !facts.is_empty() {
        writer.own(&format!("Facts of this type: {}.", facts.join(", ")));
    }
    Some(writer.end())
}

/// All words of one kind.
#[must_use]
pub fn topic(topic: Topic, page: Page) -> String {
    let mut writer = Writer::new(page);
    writer.topic(topic);
    writer.end()
}

/// The whole language.
#[must_use]
pub fn language(page: Page) -> String {
    let mut writer = Writer::new(page);
    for topic in Topic::ALL {
        writer.topic(topic);
        if topic == Topic::Facts {
            writer.conditions();
        }
    }
    writer.end()
}

/// All codes of problems.
#[must_use]
pub fn codes(page: Page) -> String {
    let mut writer = Writer::new(page);
    writer.title("Codes");
    let rows = Code::ALL.iter().map(|code| {
        let means = code.meaning().means;
        [code.as_str().to_owned(), String::new(), means.to_owned()]
    });
    writer.table(["code", "", "what it means"], rows.collect());
    writer.end()
}

/// A text of ours as a sentence: `the share` becomes `The share.`
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = characters.as_str();
    format!("{first}{rest}{}", if text.ends_with(['.', '`']) { "" } else { "." })
}

/// What people call a value of a type.
fn kind(name: &str) -> &str {
    match name {
        "String" => "a text",
        "Map" => "a map",
        "Array" => "a list of texts",
        "FnPtr" => "a condition",
        "int" => "an integer",
        "int | decimal" => "a number",
        "ratio" => "a ratio",
        "consequence" => "a consequence",
        _ => "any value",
    }
}

/// What a function takes, in words.
fn takes(function: &Function) -> String {
    let given = function.takes.iter().map(|(name, of)| match kind(of) {
        kind if kind.ends_with(name) => kind.to_owned(),
        kind => format!("{kind} (the {})", name.replace('_', " ")),
    });
    let given: Vec<String> = given.collect();
    if given.is_empty() { "nothing".to_owned() } else { given.join(" and ") }
}

/// Who carries something out.
const fn carried_out(automation: Automation) -> &'static str {
    match automation {
        Automation::Automated => "automated: slogate carries it out, by the verdict or by `slogate act`",
        Automation::Traceable => {
            "traceable: people carry it out, and the issue that `slogate act` opens shows whether they did"
        }
        Automation::Manual => "manual: people carry it out, and `slogate act` tells them",
    }
}

impl Writer {
    /// One of our own sentences as a paragraph.
    fn own(&mut self, text: &str) {
        self.paragraph("", &[words(text)]);
    }

    /// What opens a list.
    fn title(&mut self, title: &str) {
        match self.page {
            Page::Terminal(_) => self.own(&title.to_uppercase()),
            Page::Markdown => self.heading(title),
        }
    }

    /// A fact.
    fn fact(&mut self, fact: &Fact) {
        let given = match fact.takes {
            Takes::Nothing => "",
            Takes::Windows => ", over the windows that it is given",
            Takes::Length => ", for the length of time that it is given",
            Takes::Name => ", for the name that it is given",
            Takes::Priority => ", for the priority that it is given, `\"P1\"` to `\"P5\"`",
        };
        self.own(&format!("A fact that a condition reads{given}: {}.", fact.unit));
        self.own(&sentence(fact.about));
        if let Some((name, about)) = TYPES.iter().find(|(name, _)| *name == fact.kind() && *name != "bool") {
            self.own(&format!("A {name} is {about}."));
        }
        if fact.about.contains('_') || fact.about.contains('T') {
            self.own("`T` is the objective, `P` the period; `bad` and `total` are summed over the window in the index.");
        }
    }

    /// A function.
    fn function(&mut self, function: &Function) {
        let owners: Vec<String> = function.owners().map(|owner| format!("`{owner}`")).collect();
        let what = match function.role {
            Role::Declares(_) => "A declaration, written by itself".to_owned(),
            Role::OfClause => "Said of a clause, behind `clause(…)`".to_owned(),
            Role::Makes(_) => "A consequence, written in `.then(…)` of a clause".to_owned(),
            Role::OfConsequence => format!("Said of a consequence, behind {}", owners.join(", ")),
            Role::Value(_) => "A function, written by itself".to_owned(),
        };
        let given = takes(function);
        let given =
            if given.is_empty() { "It takes nothing".to_owned() } else { format!("It takes {given}") };
        self.own(&format!("{what}. {given}."));
        self.own(&sentence(function.about));
        if let Some(automation) = function.automation {
            self.own(&sentence(carried_out(automation)));
        }
        if let Role::Makes(methods) = function.role
            && !methods.is_empty()
        {
            let methods: Vec<String> = methods.iter().map(|method| format!("`.{method}(…)`")).collect();
            self.own(&format!("Behind it may follow {}.", methods.join(" and ")));
        }
    }

    /// A key of a header.
    fn key(&mut self, key: &Key) {
        let holder = key
            .path
            .rsplit_once('.')
            .map_or("the map that `policy(…)` is given".to_owned(), |(above, _)| {
                format!("`{above}` in the map that `policy(…)` is given")
            });
        let needed = if key.required { "required" } else { "may be left out" };
        self.own(&format!("A key of {holder}: {}, {needed}.", key.kind));
        self.own(&key.about);
    }

    /// All words of one kind.
    fn topic(&mut self, topic: Topic) {
        let mut title = topic.as_str().to_owned();
        title.get_mut(..1).map(str::make_ascii_uppercase).unwrap_or_default();
        self.title(&title);
        self.own(&format!("{}.", topic.about()));
        let rows = topic.words().into_iter().map(|word| match word {
            Word::Fact(fact) => [fact.form.to_owned(), fact.unit.to_owned(), fact.about.to_owned()],
            Word::Function(function) => {
                let automation = function.automation.map_or("", Automation::as_str);
                [function.form.to_owned(), automation.to_owned(), function.about.to_owned()]
            }
            Word::Key(key) => {
                let needed = if key.required { ", required" } else { "" };
                let shown = key.path.rsplit_once('.').map_or(String::new(), |(above, _)| format!("{above}."));
                [format!("{shown}{}", key.form), format!("{}{needed}", key.kind), key.about.clone()]
            }
        });
        let heads = match topic {
            Topic::Facts => ["fact", "value", "what it is"],
            Topic::Clauses => ["function", "", "what it does"],
            Topic::Consequences => ["consequence", "carried out", "what it does"],
            Topic::Header => ["key", "value", "what it is"],
        };
        self.table(heads, rows.collect());
    }

    /// What conditions are, and the types that they compare.
    fn conditions(&mut self) {
        self.title("Conditions");
        for text in CONDITIONS {
            self.own(text);
        }
        let rows = TYPES.iter().map(|(name, about)| [(*name).to_owned(), String::new(), (*about).to_owned()]);
        self.table(["type", "", "what it is"], rows.collect());
    }

    /// A list of words: a table on a page, and on a terminal each with its text below it. A column that is empty
    /// throughout is left out of the table.
    fn table(&mut self, heads: [&str; 3], rows: Vec<[String; 3]>) {
        if let Page::Terminal(_) = self.page {
            for [word, value, about] in rows {
                let value = if value.is_empty() { value } else { format!("   ({value})") };
                self.lines("  ", "      ", &[words(&format!("{word}{value}"))]);
                self.paragraph("      ", &[words(&about)]);
            }
            return;
        }
        let wide = rows.iter().any(|[_, value, _]| !value.is_empty());
        let row = |cells: [&str; 3]| {
            let [word, value, about] = cells.map(|cell| cell.replace('|', "\\|"));
            if wide { format!("| {word} | {value} | {about} |\n") } else { format!("| {word} | {about} |\n") }
        };
        self.text.push_str(&row(heads));
        self.text.push_str(if wide { "|---|---|---|\n" } else { "|---|---|\n" });
        for [word, value, about] in &rows {
            self.text.push_str(&row([&format!("`{word}`"), value, about]));
        }
        self.text.push('\n');
    }
}
