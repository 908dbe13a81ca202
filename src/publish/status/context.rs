//! The names of statuses, which a ruleset lists as required.
//!
//! GitHub does not tell capitals from small letters in them, and whoever may push can make a branch that differs from
//! another in nothing else. So no two names here are the same without their capitals.

use sha2::{Digest as _, Sha256};

/// The name of the status: the same text in a ruleset's list of required checks.
#[must_use]
pub fn context(environment: &str, base_branch: &str) -> String {
    format!("slogate: {} → {}", distinct(environment), distinct(base_branch))
}

/// How many bytes of a digest tell names apart that GitHub takes for one: too many to be searched for.
const DIGEST: usize = 8;

/// A name as GitHub does not take it for another's. GitHub does not tell capitals from small letters in the name of a
/// status, and nobody says which other letters it takes for the same, so a name of anything but small ASCII has a digest
/// of itself behind it. No branch can be called like that, because none has a space in its name.
fn distinct(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let digest = Sha256::digest(name);
    let digest = digest.iter().take(DIGEST).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("{name} ({digest})")
}

/// The name of the status of a deploy. No branch has it: a deploy is judged by what it brings since the one before, which
/// says nothing about a merge of the same commit.
#[must_use]
pub fn deploy_context(environment: &str) -> String {
    format!("slogate: deploy to {}", distinct(environment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_name_names_environment_and_branch() {
        assert_eq!(context("production", "main"), "slogate: production → main");
        assert_eq!(context("production", "release/1.x"), "slogate: production → release/1.x");
    }

    #[test]
    fn no_two_names_are_one_where_letters_are_not_told_apart() {
        let names =
            ["main", "Main", "MAIN", "mäin", "mÄin", "ma\u{131}n", "ma\u{fb01}n", "ｍain", "prod", "Prod"];
        let mut all: Vec<String> =
            names.iter().map(|name| context("production", name).to_lowercase()).collect();
        all.extend(names.iter().map(|name| context(name, "main").to_lowercase()));
        all.extend(names.iter().map(|name| deploy_context(name).to_lowercase()));
        all.sort_unstable();
        assert!(all.windows(2).all(|two| two.first() != two.last()), "{all:#?}");
        // Nothing of a name stands alone in one place that is a whole name in another.
        assert_eq!(context("production", "Main"), "slogate: production → Main (eb814be3ca3b78c0)");
    }
}
