//! What is put into a template: names, texts and paths of a repository, none of which can end its quotes, match more
//! than itself, or be taken for a mark.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Globs for some files: a whole directory where all its files of one ending are among them, and else file by file.
pub fn globs(wanted: &[String], files: &[String]) -> Vec<String> {
    let parts = |path: &str| {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        (directory.to_owned(), ending.to_owned())
    };
    let ours: BTreeSet<&String> = wanted.iter().collect();
    let others: BTreeSet<(String, String)> =
        files.iter().filter(|path| !ours.contains(path)).map(|path| parts(path)).collect();
    let glob = |path: &String| {
        let (directory, ending) = parts(path);
        let whole = !directory.is_empty() && !others.contains(&(directory.clone(), ending.clone()));
        if whole { format!("{}/*.{}", literal(&directory), literal(&ending)) } else { literal(path) }
    };
    let globs: BTreeSet<String> = wanted.iter().map(glob).collect();
    globs.into_iter().collect()
}

/// A path as a glob that matches nothing else.
pub fn literal(path: &str) -> String {
    let mut glob = String::new();
    for character in path.chars() {
        match character {
            '*' | '?' | '[' | ']' | '{' | '}' => glob.extend(['[', character, ']']),
            other => glob.push(other),
        }
    }
    glob
}

/// A name in YAML: as it is where nothing else can be meant, and else quoted.
pub fn named(name: &str) -> String {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let inside = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = begins && inside && !word.contains(&name.to_lowercase().as_str());
    if plain { name.to_owned() } else { quoted(name) }
}

/// A text in double quotes that YAML and Rhai read alike.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            letter if letter.is_alphanumeric() => quoted.push(letter),
            other => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(other));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A template with its marks `«name»` replaced, in one pass: what is put in is not looked at again.
pub fn fill(template: &str, marks: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('«') {
        filled.push_str(before);
        let (name, after) = after.split_once('»').unwrap_or((after, ""));
        let value = marks.iter().find(|(mark, _)| *mark == name).map(|(_, value)| value.as_str());
        filled.push_str(value.unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_its_quotes() {
        assert_eq!(quoted("a\\\"\n"), "\"a\\\\\\\"\\U0000000a\"");
        for (name, plain) in [("a-b", true), ("on", false), ("1a", false), ("a.b", false), ("No", false)] {
            assert_eq!(named(name) == name, plain, "{name}");
        }
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let marks = [("a", "«b»".to_owned()), ("b", "2".to_owned())];
        assert_eq!(fill("«a» «b» «c»«", &marks), "«b» 2 ");
    }

    #[test]
    fn a_directory_is_taken_whole_only_where_all_of_it_is_wanted() {
        let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let there =
            paths(&["a/x.yaml", "a/y.yaml", "a/z.yml", "b/x.yaml", "b/no.yaml", "c[1]/x.yaml", "top.yaml"]);
        let wanted = paths(&["a/x.yaml", "a/y.yaml", "b/x.yaml", "c[1]/x.yaml", "top.yaml"]);
        assert_eq!(globs(&wanted, &there), ["a/*.yaml", "b/x.yaml", "c[[]1[]]/*.yaml", "top.yaml"]);
    }
}
