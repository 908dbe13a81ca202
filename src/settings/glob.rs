//! Patterns of paths: `*` within a name, `**` across directories. The one door to the glob library.
//!
//! A pattern is matched against a path relative to the judged directory, with forward slashes. `problem` says
//! what is wrong with a pattern, and `load` refuses such settings, so a `Matcher` is only ever made of good ones.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Some patterns, ready to be matched.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The patterns that are well formed.
    set: GlobSet,
    /// For each of them its position in what was given.
    positions: Vec<usize>,
}

/// Makes a matcher of patterns. A pattern that is not well formed matches nothing; `load` has refused it before.
pub fn glob(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Matcher {
    let mut builder = GlobSetBuilder::new();
    let mut positions = Vec::new();
    for (position, pattern) in patterns.into_iter().enumerate() {
        if let Ok(glob) = compile(pattern.as_ref()) {
            builder.add(glob);
            positions.push(position);
        }
    }
    // Patterns that compile alone and not together are too large together; matching nothing is the strict side,
    // because what no service claims concerns every service.
    Matcher { set: builder.build().unwrap_or_default(), positions }
}

impl Matcher {
    /// True when one of the patterns matches the path.
    #[must_use]
    pub fn is_match(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// Which of the patterns match the path, by their positions.
    #[must_use]
    pub fn matches(&self, path: &str) -> Vec<usize> {
        self.set.matches(path).into_iter().filter_map(|index| self.positions.get(index).copied()).collect()
    }
}

/// True where a pattern is well formed.
#[must_use]
pub fn is_glob(pattern: &str) -> bool {
    compile(pattern).is_ok()
}

/// True where a pattern could match something below a path, were it a directory, and a name such as directories have
/// stands at its end.
#[must_use]
pub fn reaches_below(pattern: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    if ending.is_some_and(|ending| !ending.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let mut steps = pattern.split('/').peekable();
    for name in path.split('/') {
        let Some(step) = steps.next() else { return false };
        if step == "**" {
            return true;
        }
        // The last step of a pattern is a file's name.
        if steps.peek().is_none() || !glob([step]).is_match(name) {
            return false;
        }
    }
    true
}

/// Where the paths may lie that a pattern is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Below the directory of the settings: files that are read.
    Directory,
    /// Anywhere in the repository, by leading `../`: paths that change.
    Repository,
}

/// What is wrong with a pattern, and what to do; none when it is well formed.
pub(super) fn problem(pattern: &str, reach: Reach) -> Option<(String, &'static str)> {
    const RELATIVE: &str = "write the path relative to the directory of this file, with forward slashes";
    let found = |message: &str, help| Some((format!("the glob `{pattern}` {message}"), help));
    if pattern.starts_with('/') || pattern.starts_with("./") {
        return found("never matches, because paths begin with a name", RELATIVE);
    }
    let mut steps = pattern.split('/').peekable();
    if reach == Reach::Repository {
        while steps.next_if_eq(&"..").is_some() {}
    }
    if steps.any(|step| step == "..") {
        return found("leads out of the directory of this file", RELATIVE);
    }
    if pattern.contains('\\') {
        return found("holds a backslash", RELATIVE);
    }
    if pattern.ends_with('/') {
        return found("never matches, because it names a directory", "write `**` behind the slash");
    }
    compile(pattern).err().and_then(|error| {
        found(
            &format!("is not well formed: {}", error.kind()),
            "close every bracket and brace; `*`, `**`, `?`, `[a-z]` and `{a,b}` are known",
        )
    })
}

/// One pattern.
fn compile(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stays_in_a_directory_and_two_do_not() {
        let matcher = glob(["slos/**/*.yaml", "docs/*.md"]);
        for path in ["slos/a.yaml", "slos/x/y/a.yaml", "docs/a.md"] {
            assert!(matcher.is_match(path), "{path}");
        }
        for path in ["a.yaml", "slos/a.yml", "docs/x/a.md", "x/docs/a.md"] {
            assert!(!matcher.is_match(path), "{path}");
        }
        assert_eq!(matcher.matches("docs/a.md"), [1]);
    }

    #[test]
    fn a_path_is_never_matched_by_what_cannot_match() {
        for pattern in ["/a", "./a", "a/../b", "..", "a\\b", "a/", "a[", "a{b"] {
            assert!(problem(pattern, Reach::Directory).is_some(), "{pattern}");
        }
        for pattern in ["a", "**", "**/*.md", "a/**", "{a,b}/*", "a..b/c"] {
            assert!(problem(pattern, Reach::Repository).is_none(), "{pattern}");
        }
        for pattern in ["../a/**", "../../b"] {
            assert!(problem(pattern, Reach::Directory).is_some(), "{pattern}");
            assert!(problem(pattern, Reach::Repository).is_none(), "{pattern}");
        }
        assert!(!glob(["a["]).is_match("a["));
        assert!(!glob(Vec::<String>::new()).is_match("a"));
    }

    #[test]
    fn a_pattern_reaches_below_what_may_be_a_directory() {
        for (pattern, path, reaches) in [
            ("slos/**/*.yaml", "slos/shared", true),
            ("slos/**/*.yaml", "slos/a/v1.2", true),
            ("slos/**/*.yaml", "slos", true),
            ("slos/*/*.yaml", "slos/shared", true),
            ("slos/*.yaml", "slos/shared", false),
            ("slos/**/*.yaml", "slos/README.md", false),
            ("slos/**/*.yaml", "docs/shared", false),
            ("slos/a.yaml", "slos", true),
            ("slos/a.yaml", "slos/b/c", false),
        ] {
            assert_eq!(reaches_below(pattern, path), reaches, "{pattern} {path}");
        }
    }
}
