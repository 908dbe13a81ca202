//! The branches that a gate is for.
//!
//! Whoever may push can make a branch with settings, SLOs and queries of their own and open a pull request into it. A gate
//! that is for named branches reads no law anywhere else.

use std::str::FromStr;

use crate::settings::{Matcher, glob, is_glob};

/// Globs of branches, with spaces between them: no branch has one in its name.
#[derive(Debug, Clone)]
pub struct Branches {
    /// As they were written.
    text: String,
    /// What they match.
    matcher: Matcher,
}

impl Branches {
    /// Whether it is for a branch.
    #[must_use]
    pub fn has(&self, branch: &str) -> bool {
        self.matcher.is_match(branch)
    }

    /// As they were written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Branches {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let globs: Vec<&str> = text.split_whitespace().collect();
        if globs.is_empty() {
            return Err("it names no branch".to_owned());
        }
        if let Some(unfit) = globs.iter().find(|pattern| !is_glob(pattern)) {
            return Err(format!("`{unfit}` is no glob"));
        }
        Ok(Self { text: globs.join(" "), matcher: glob(globs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_named_by_globs_with_spaces_between() {
        let branches: Branches = " main\n release/*".parse().expect("globs");
        assert_eq!(branches.as_str(), "main release/*");
        for (branch, is_one) in
            [("main", true), ("Main", false), ("main2", false), ("release/1.x", true), ("release/1/x", false)]
        {
            assert_eq!(branches.has(branch), is_one, "{branch}");
        }
        assert!(" ".parse::<Branches>().is_err());
        assert!("main rel[".parse::<Branches>().is_err());
    }
}
