//! Who owns a path: the file `CODEOWNERS`, by GitHub's rules. The last rule that matches a path decides.

use crate::command::init::service::is_name;
use crate::document;
use crate::settings::{Matcher, glob};
use crate::tree::Tree;

/// Where GitHub looks, in its order; the first that is there counts.
const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The rules of a repository.
#[derive(Debug, Default)]
pub struct Owners {
    /// The file; none where there is none.
    pub path: Option<String>,
    /// The patterns in their order, each with the team that owns what it matches.
    rules: Vec<(Matcher, Option<String>)>,
    /// What was passed over.
    pub notes: Vec<String>,
}

/// Reads the file, from the top of the repository.
pub fn read(top: &dyn Tree) -> Owners {
    let mut owners = Owners::default();
    for place in PLACES {
        let bytes = match top.read(place) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => continue,
            Err(error) => {
                owners.notes.push(error.to_string());
                return owners;
            }
        };
        match document::decode(place, bytes) {
            Ok(source) => {
                owners.path = Some(place.to_owned());
                owners.rules(place, source.text());
            }
            Err(problem) => owners.notes.push(problem.message),
        }
        return owners;
    }
    owners
}

impl Owners {
    /// Reads the rules.
    fn rules(&mut self, path: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let mut words = words(line).into_iter();
            let Some(pattern) = words.next() else { continue };
            match globs(&pattern) {
                Some(globs) => {
                    let team = words.find_map(|owner| team(&owner));
                    self.rules.push((glob(globs), team));
                }
                None => self.notes.push(format!(
                    "`{path}:{}`: the pattern `{pattern}` is none that GitHub follows",
                    index + 1
                )),
            }
        }
    }

    /// The team that owns one of some paths, relative to the top of the repository: where they have several, that of
    /// the last rule, which is the most particular one.
    #[must_use]
    pub fn team_of(&self, paths: &[String]) -> Option<&str> {
        let rule = |path: &String| {
            let mut last = self.rules.iter().enumerate().rev();
            let (place, (_, team)) = last.find(|(_, (matcher, _))| matcher.is_match(path))?;
            Some((place, team.as_deref()?))
        };
        paths.iter().filter_map(rule).max_by_key(|(place, _)| *place).map(|(_, team)| team)
    }
}

/// The words of a line, without its comment; a backslash keeps a blank or a `#` in a word.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => words.last_mut().into_iter().for_each(|word| word.extend(characters.next())),
            '#' => break,
            blank if blank.is_whitespace() => words.push(String::new()),
            other => words.last_mut().into_iter().for_each(|word| word.push(other)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The team of an owner `@organisation/team`; people and addresses are none, and neither is what settings do not accept.
fn team(owner: &str) -> Option<String> {
    let (organisation, team) = owner.strip_prefix('@')?.split_once('/')?;
    (is_name(organisation) && is_name(team)).then(|| team.to_owned())
}

/// The globs that a pattern of the file stands for; none for what GitHub does not follow.
fn globs(pattern: &str) -> Option<Vec<String>> {
    if pattern.starts_with('!') || pattern.contains(['[', ']']) {
        return None;
    }
    let (anchored, pattern) = match pattern.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (pattern.trim_end_matches('/').contains('/'), pattern),
    };
    let pattern = pattern.replace('{', "[{]").replace('}', "[}]");
    let pattern = if anchored || pattern.starts_with("**") { pattern } else { format!("**/{pattern}") };
    Some(match pattern.strip_suffix('/') {
        Some(directory) => vec![format!("{directory}/**")],
        // A star at the end means the files of a directory, and not what lies deeper; alone it means everything.
        None if pattern.ends_with("/*") && pattern != "**/*" => vec![pattern],
        None => vec![format!("{pattern}/**"), pattern],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules of a text.
    fn owners(text: &str) -> Owners {
        let mut owners = Owners::default();
        owners.rules("CODEOWNERS", text);
        owners
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        let owners = owners(
            "* @acme/everyone # the rest\n/services/checkout/ @ola @acme/payments\ndocs/* docs@acme.example\n\
             apps/ @acme/apps\n*.md @acme/writers\n/services/a\\ b/ @acme/blank\n/services/free\n",
        );
        assert!(owners.notes.is_empty());
        for (path, team) in [
            ("main.go", Some("everyone")),
            ("services/checkout/main.go", Some("payments")),
            ("services/checkout/README.md", Some("writers")),
            ("docs/a.txt", None),
            ("docs/deep/a.txt", Some("everyone")),
            ("x/apps/a", Some("apps")),
            ("services/a b/c", Some("blank")),
            ("services/free/a", None),
        ] {
            assert_eq!(owners.team_of(&[path.to_owned()]), team, "{path}");
        }
        let both = ["main.go".to_owned(), "services/checkout/main.go".to_owned(), "x/y".to_owned()];
        assert_eq!(owners.team_of(&both), Some("payments"));
        assert_eq!(owners.team_of(&[]), None);
    }

    #[test]
    fn patterns_that_github_does_not_follow_are_told() {
        let owners = owners("!a @acme/x\nb[0-9] @acme/x\n\n# only a comment\n");
        assert_eq!(owners.notes.len(), 2);
        assert!(owners.notes[1].contains("CODEOWNERS:2"), "{:?}", owners.notes);
        assert_eq!(owners.team_of(&["a".to_owned()]), None);
    }
}
