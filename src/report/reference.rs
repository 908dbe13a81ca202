//! The reference of the policy language, as a page beside the ready-made policies.
//!
//! It is written anew from the vocabulary, the header's schema and the exits; only what stands between the marks of the
//! ready-made policies is somebody else's, and stays as it is.

use std::fmt::Write as _;

use crate::report::explanation::{self, Page};
use crate::verdict::Exit;

/// Where the list of ready-made policies begins.
const OPENS: &str = "<!-- ready-made -->";

/// Where it ends.
const CLOSES: &str = "<!-- /ready-made -->";

/// The page, with the list of ready-made policies that stands in `before`.
#[must_use]
pub fn render(before: &str) -> String {
    let listed = before.split_once(OPENS).and_then(|(_, rest)| rest.split_once(CLOSES));
    let listed = listed.map_or("\n", |(listed, _)| listed);
    let mut page = format!(
        "# Policies\n\nReady-made policies, each with its tests beside it, and the language that policies are written \
         in.\n\n{OPENS}{listed}{CLOSES}\n\n"
    );
    page.push_str(
        "`slogate explain WORD` says the same at a terminal, and `slogate definitions` writes it for editors.\n\n",
    );
    page.push_str(&explanation::language(Page::Markdown));
    page.push_str(
        "\n## Exits\n\nWhat `slogate check` exits with.\n\n| exit | name | meaning |\n|---|---|---|\n",
    );
    for (exit, meaning) in Exit::ALL {
        let _ = writeln!(page, "| {} | {} | {meaning} |", exit.code(), exit.as_str());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ready_made_stays_and_the_rest_is_written_anew() {
        let page = render("stale\n<!-- ready-made -->\n| a | b |\n<!-- /ready-made -->\nstale");
        assert!(page.contains("<!-- ready-made -->\n| a | b |\n<!-- /ready-made -->"));
        assert!(!page.contains("stale"));
        assert_eq!(render(&page), page);
        assert_eq!(render("").matches(OPENS).count(), 1);
    }
}
