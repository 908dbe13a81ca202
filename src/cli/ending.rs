//! How the help of a verb ends: its exits, and where there are such, the words and names that it knows.

use crate::policy::vocabulary::word::Topic;
use crate::rules::convention::{self, WINDOWS};
use crate::source::plan::recording;
use crate::verdict::Exit;

/// A table of exits, as `--help` ends with it; some verbs have names of their own for some of them.
pub(super) fn exits(table: &[(Exit, &str)], renamed: &[(Exit, &str)]) -> String {
    let name = |exit: Exit| {
        let own = renamed.iter().find(|(one, _)| *one == exit);
        own.map_or_else(|| exit.as_str(), |(_, name)| name)
    };
    let rows =
        table.iter().map(|(exit, meaning)| format!("  {}  {:<9} {meaning}\n", exit.code(), name(*exit)));
    format!("Exit codes:\n{}", rows.collect::<String>())
}

/// The words that `explain` knows besides what a repository has, and its exits.
pub(super) fn words_and_exits() -> String {
    let mut text = String::new();
    for (title, topic) in [("Facts", Topic::Facts), ("Consequences", Topic::Consequences)] {
        let mut line = format!("{title}:");
        for word in topic.words() {
            if line.len() + word.name().len() > 96 {
                text.push_str(&line);
                text.push_str("\n ");
                line.clear();
            }
            line.push(' ');
            line.push_str(word.name());
        }
        text.push_str(&line);
        text.push_str("\n\n");
    }
    text.push_str(
        "Exit codes:\n  0  it was explained, whatever a verdict would be\n  2  the command line is wrong, or there is \
         nothing of that name\n  3  something written is wrong: settings, SLO, policy, report\n  4  it is not known \
         where the clause stands, for one SLO at least\n",
    );
    text
}

/// The series that rules record, and the exits of writing them.
pub(super) fn series_and(exits: &str) -> String {
    let windows: Vec<&str> = WINDOWS.iter().map(|window| window.name).collect();
    let series = [
        (
            format!("{}<W>", convention::ERROR_RATIO),
            format!("share of bad events over <W>: {}", windows.join(", ")),
        ),
        (convention::ERRORS.to_owned(), "bad events in a second".to_owned()),
        (convention::EVENTS.to_owned(), "all events in a second".to_owned()),
        (
            format!("{}<STEP>", recording::EVENTS),
            "all events of a step of the grid; `check` reads it".to_owned(),
        ),
        (
            format!("{}<STEP>", recording::ERRORS),
            "bad events of a step of the grid; `check` reads it".to_owned(),
        ),
        (convention::REMAINING.to_owned(), "what is left of the budget: 1 is all of it".to_owned()),
        (convention::OBJECTIVE.to_owned(), "the objective".to_owned()),
        (convention::PERIOD.to_owned(), "the period".to_owned()),
    ];
    let rows = series.iter().map(|(name, meaning)| format!("  {name:<36} {meaning}\n"));
    format!(
        "Series, with the labels slo, service, environment and, where there is one, endpoint:\n{}\n{exits}",
        rows.collect::<String>()
    )
}
