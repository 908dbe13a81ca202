//! How the help of a verb ends: its exits, and where there are such, the words that it knows.

use crate::policy::vocabulary::word::Topic;
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
