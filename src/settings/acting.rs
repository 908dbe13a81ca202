//! What a repository says of the issues that `slogate act` opens: their labels, the text of postmortems, how many.

use super::load::Loader;
use crate::diagnostic::{Code, Diagnostic, Place};

/// The most issues that are opened in one run where nobody says.
pub const MOST: u16 = 20;

/// What is said of issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The template of postmortems; none for the one that is built in.
    pub postmortem: Option<Named>,
    /// The labels of issues.
    pub labels: Labels,
    /// The most issues that are opened in one run, from 1 to 500.
    pub most: u16,
}

impl Default for Acting {
    fn default() -> Self {
        Self { postmortem: None, labels: Labels::default(), most: MOST }
    }
}

/// A file that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its path, relative to the judged directory.
    pub path: String,
    /// Where the settings name it.
    pub place: Place,
}

/// The labels of issues, beside the one by which they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Those of every issue.
    pub all: Vec<String>,
    /// Those of action items.
    pub action_item: Vec<String>,
    /// Those of action items that go on top of the backlog, beside those.
    pub top_of_backlog: Vec<String>,
    /// Those of postmortems.
    pub postmortem: Vec<String>,
    /// Those of issues in which people are only told.
    pub notice: Vec<String>,
}

impl Default for Labels {
    fn default() -> Self {
        let one = |label: &str| vec![label.to_owned()];
        Self {
            all: one("error-budget"),
            action_item: Vec::new(),
            top_of_backlog: one("top-of-backlog"),
            postmortem: one("postmortem"),
            notice: Vec::new(),
        }
    }
}

impl Loader<'_, '_> {
    /// What is said of issues.
    pub(super) fn acting(&mut self) -> Acting {
        let Some(act) = self.root.get("act") else { return Acting::default() };
        let template = act.get("postmortem").and_then(|part| Some((part, part.text()?)));
        let postmortem = template.map(|(part, path)| {
            self.within(part, ("template", path), "docs/postmortem.md");
            Named { path: path.to_owned(), place: part.place() }
        });
        let usual = Labels::default();
        let labels = |key: &str, usual: Vec<String>| {
            let list = act.at(&format!("/labels/{key}"));
            list.map_or(usual, |list| {
                list.items().filter_map(|item| item.text().map(str::to_owned)).collect()
            })
        };
        let labels = Labels {
            all: labels("all", usual.all),
            action_item: labels("action_item", usual.action_item),
            top_of_backlog: labels("top_of_backlog", usual.top_of_backlog),
            postmortem: labels("postmortem", usual.postmortem),
            notice: labels("notice", usual.notice),
        };
        let most = act.get("most").map(|part| (part, part.number().and_then(|text| text.parse().ok())));
        if let Some((part, None)) = most {
            // The schema holds numbers to their range and lets `20.0` pass.
            let problem = Diagnostic::error(Code::WrongValue, "`most` is no whole number");
            self.problems
                .push(problem.at(part.place(), "not a number such as 20").help("write digits alone"));
        }
        Acting { postmortem, labels, most: most.and_then(|(_, most)| most).unwrap_or(MOST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::settings::{Settings, load};

    /// The settings with `act` in them, or the line and message of each problem.
    fn loaded(act: &str) -> Result<Settings, Vec<(usize, String)>> {
        let text =
            format!("version: 1\nservices: {{a: {{paths: [a]}}}}\nenvironments: {{p: {{}}}}\nact:\n{act}\n");
        let (settings, problems) = load(&SourceText::new("slogate.yaml", &text));
        let told = |problem: &Diagnostic| (problem.place().expect("placed").line(), problem.message.clone());
        settings.ok_or_else(|| problems.iter().map(told).collect())
    }

    #[test]
    fn what_is_said_counts_and_the_rest_stays_as_it_is() {
        let acting =
            loaded("  postmortem: docs/pm.md\n  labels: {postmortem: [pm, \"team: a\"], notice: []}")
                .expect("valid")
                .acting;
        assert_eq!(
            acting.postmortem.map(|named| (named.path, named.place.line())),
            Some(("docs/pm.md".to_owned(), 5))
        );
        assert_eq!(acting.labels.postmortem, ["pm", "team: a"]);
        assert_eq!((acting.labels.all, acting.most), (vec!["error-budget".to_owned()], MOST));
        assert_eq!(loaded("  most: 3").expect("valid").acting.most, 3);
    }

    #[test]
    fn what_github_would_not_take_is_told_at_its_line() {
        let long = format!("  labels: {{all: [{}]}}", "x".repeat(51));
        for act in [
            "  labels: {all: [\"a,b\"]}",
            "  labels: {all: [\" a\"]}",
            "  labels: {all: [\"\"]}",
            &long,
            "  labels: {postmortems: [a]}",
            "  postmortem: ../a.md",
            "  postmortem: /a.md",
            "  most: 0",
            "  most: 501",
            "  most: 20.0",
        ] {
            let told = loaded(act).expect_err(act);
            assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [5], "{act}: {told:?}");
        }
    }
}
