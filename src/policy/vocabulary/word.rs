//! A word of the policy language, whatever kind it is of, and how it is looked up.

use super::{FACTS, FUNCTIONS, Fact, Function, Key, Role, keys};

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// What a condition reads.
    Fact(&'static Fact),
    /// What a policy calls.
    Function(&'static Function),
    /// What a header says.
    Key(&'static Key),
}

/// The kinds of words, each a list of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What conditions read.
    Facts,
    /// Declaring, and what is said of a clause.
    Clauses,
    /// What follows.
    Consequences,
    /// The keys of a header.
    Header,
}

impl Topic {
    /// All of them, in the order in which a reader needs them.
    pub const ALL: [Self; 4] = [Self::Facts, Self::Clauses, Self::Consequences, Self::Header];

    /// The word that asks for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Clauses => "clauses",
            Self::Consequences => "consequences",
            Self::Header => "header",
        }
    }

    /// What its words are, in a sentence without its period.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Facts => {
                "What a condition may read of a budget. `T` is the objective, `P` the period; `bad` and `total` are \
                 summed over the window in the index (`w` is the one that is given)"
            }
            Self::Clauses => "How a policy declares, and what is said of a clause",
            Self::Consequences => "What follows while a clause is in force, and who carries it out",
            Self::Header => {
                "What is agreed around the clauses: the keys of the map that `policy(...)` is given"
            }
        }
    }

    /// Its words.
    #[must_use]
    pub fn words(self) -> Vec<Word> {
        let functions = |wanted: fn(Role) -> bool| {
            FUNCTIONS.iter().filter(|function| wanted(function.role)).map(Word::Function).collect()
        };
        match self {
            Self::Facts => FACTS.iter().map(Word::Fact).collect(),
            Self::Clauses => functions(|role| !matches!(role, Role::Makes(_) | Role::OfConsequence)),
            Self::Consequences => functions(|role| matches!(role, Role::Makes(_) | Role::OfConsequence)),
            Self::Header => keys().iter().map(Word::Key).collect(),
        }
    }
}

impl Word {
    /// The words of a name, however much of its form is written: `thaws`, `.thaws`, `budget.remaining`, `freeze(…)`. A
    /// name that several words have gives all of them.
    #[must_use]
    pub fn named(text: &str) -> Vec<Self> {
        let name = text.split('(').next().unwrap_or_default().trim();
        let name = name.strip_prefix("budget.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
        let all: Vec<Self> = Self::all().collect();
        let is = |exact: fn(&Self) -> &str| -> Vec<Self> {
            all.iter().filter(|word| exact(word) == name).copied().collect()
        };
        let found = is(Self::path);
        if found.is_empty() { is(Self::name) } else { found }
    }

    /// Every word.
    pub fn all() -> impl Iterator<Item = Self> {
        Topic::ALL.into_iter().flat_map(Topic::words)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.name(),
            Self::Function(function) => function.name,
            Self::Key(key) => key.name(),
        }
    }

    /// Its name, with the keys that lead to it.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::Fact(_) | Self::Function(_) => self.name(),
            Self::Key(key) => &key.path,
        }
    }

    /// As a policy writes it.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.form,
            Self::Function(function) => function.form,
            Self::Key(key) => &key.form,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_however_it_is_written() {
        let found = |text: &str| Word::named(text).iter().map(Word::form).collect::<Vec<_>>();
        assert_eq!(found("burn_rate"), ["budget.burn_rate(\"1h\")"]);
        assert_eq!(found("budget.burn_rate(\"6h\")"), found("burn_rate"));
        assert_eq!(found(".thaws"), found("thaws"));
        assert_eq!(found("freeze"), ["freeze(\"environment\")"]);
        assert_eq!(found("decides"), found("escalation.decides"));
        assert_eq!(found("escalation").len(), 1);
        assert!(found("remaning").is_empty());
    }

    #[test]
    fn every_word_stands_in_one_list() {
        for word in Word::all() {
            assert_eq!(Word::named(word.path()), [word], "{}", word.path());
        }
        assert_eq!(Word::all().count(), FACTS.len() + FUNCTIONS.len() + keys().len());
    }
}
