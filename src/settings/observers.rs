//! `source.observations`: observations that somebody else makes, for whom, where they lie, and whose keys are believed.
//!
//! It is read from the base like everything that decides, so that no change brings its own key.

use super::load::Loader;
use crate::diagnostic::concealed::SECRET_KEY;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::document::Part;
use crate::signature::PublicKey;

/// The file on the branch, where nothing else is said.
const FILE: &str = "observations.json";

/// What is believed of observations that somebody else makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observers {
    /// For whom they are made: those for others are refused.
    pub audience: String,
    /// The branch on which they lie; none where the environment names an endpoint.
    pub branch: Option<String>,
    /// The file on the branch.
    pub path: String,
    /// The keys of which one must have signed them; none where nobody needs to.
    pub keys: Vec<PublicKey>,
    /// Where the settings say it.
    pub place: Place,
}

impl<'a> Loader<'a, '_> {
    /// What is said of observers.
    pub(super) fn observers(&mut self) -> Option<Observers> {
        let part = self.root.get("source")?.get("observations")?;
        let text = |key: &str| part.get(key).and_then(Part::text).map(ToOwned::to_owned);
        let mut keys = Vec::new();
        for item in part.get("keys").into_iter().flat_map(Part::items) {
            let Some(written) = item.text() else { continue };
            match PublicKey::read(written) {
                Some(key) => keys.push(key),
                None if written.contains(SECRET_KEY) => self.refuse(
                    item,
                    "this is the secret key".to_owned(),
                    "make a new pair with `slogate observe --new-key`, because this one stood in a file: the secret key \
                     belongs into `SLOGATE_OBSERVER_KEY`, the public one here",
                ),
                None => self.refuse(
                    item,
                    format!("`{written}` is no public key"),
                    "write the line that `slogate observe --new-key` printed: `ed25519:` and 44 characters",
                ),
            }
        }
        if let Some(branch) = part.get("branch") {
            let name = branch.text().unwrap_or_default();
            if !is_branch(name) {
                let help = "write a branch's name without `refs/heads/`, such as `slogate-observations`";
                self.refuse(branch, format!("`{name}` is no name of a branch"), help);
            }
            if part.get("keys").is_none() {
                self.refuse(
                    branch,
                    "observations on a branch are believed only with a key".to_owned(),
                    "whoever may push could write them; add `keys`, from `slogate observe --new-key`",
                );
            }
        }
        if let Some(path) = part.get("path") {
            let name = path.text().unwrap_or_default();
            if name.contains('\\') || name.split('/').any(|step| matches!(step, "" | "." | "..")) {
                let help = "write a path without `..`, such as `observations.json`";
                self.refuse(path, format!("`{name}` is not a path of a file on the branch"), help);
            }
        }
        Some(Observers {
            audience: text("for").unwrap_or_default(),
            branch: text("branch"),
            path: text("path").unwrap_or_else(|| FILE.to_owned()),
            keys,
            place: part.key_place(),
        })
    }

    /// Tells what is wrong with a value.
    fn refuse(&mut self, part: Part<'a>, message: String, help: &str) {
        let problem = Diagnostic::error(Code::WrongValue, message).at(part.place(), "written here");
        self.problems.push(problem.help(help));
    }
}

/// True for what git takes as the name of a branch, as far as names go that nobody could mistake for something else.
fn is_branch(name: &str) -> bool {
    let plain = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.ends_with('.')
            && !part.to_ascii_lowercase().ends_with(".lock")
            && !part.contains("..")
            && part.bytes().all(fits)
    };
    name.len() <= 200 && name.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::diagnostic::SourceText;

    /// What the settings say of observers, and what is wrong with it.
    fn observers(text: &str) -> (Option<Observers>, Vec<String>) {
        let text = format!(
            "version: 1\nservices: {{a: {{paths: [a]}}}}\nenvironments: {{p: {{}}}}\nsource: {{observations: {text}}}\n"
        );
        let (settings, problems) = load(&SourceText::new("slogate.yaml", text));
        let messages = problems.into_iter().map(|problem| problem.message).collect();
        (settings.and_then(|settings| settings.observers), messages)
    }

    #[test]
    fn what_is_left_out_takes_its_default() {
        let key = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        let (found, problems) = observers(&format!("{{for: acme/shop, branch: a/b-c, keys: ['{key}']}}"));
        assert!(problems.is_empty(), "{problems:?}");
        let found = found.expect("they are valid");
        assert_eq!((found.path.as_str(), found.branch.as_deref()), ("observations.json", Some("a/b-c")));
        assert_eq!(found.keys.iter().map(ToString::to_string).collect::<Vec<_>>(), [key]);
        let (found, _) = observers("{for: acme/shop}");
        assert_eq!(found.expect("they are valid").keys, []);
    }

    #[test]
    fn what_would_be_believed_wrongly_is_refused() {
        for (text, words) in [
            ("{for: a, branch: b}", "only with a key"),
            ("{for: a, keys: []}", "at least"),
            ("{branch: b}", "`for`"),
            ("{for: a, keys: ['ed25519:AAAA']}", "no public key"),
            (
                "{for: a, keys: [ed25519-secret:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=]}",
                "this is the secret key",
            ),
            ("{for: a, path: ../x}", "not a path"),
            ("{for: a, url: 'https://x'}", "url"),
        ] {
            let (found, problems) = observers(text);
            assert!(
                found.is_none() && problems.iter().any(|one| one.contains(words)),
                "{text}: {problems:?}"
            );
        }
        for name in ["", "-x", "a..b", "a//b", "/a", "a.lock", "refs heads", "a~1", "a:b", "@{u}"] {
            assert!(!is_branch(name), "{name}");
        }
    }
}
