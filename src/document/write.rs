//! Documents as YAML text: the way back from values to a file.
//!
//! The writer is the library's: block style, a text of several lines as a block, quotes only where a reader would take
//! a text for something else. What it wrote is read again and compared, so that no text says less than its values.

use serde_json::Value;
use serde_yaml::SerializerOptions;

use super::parse;
use crate::diagnostic::SourceText;

/// Documents as the text of one file, in their order.
///
/// # Errors
/// They cannot be written so that they read back as they are; a bug, or a value beyond what is read.
pub fn write(documents: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    for document in documents {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&serde_yaml::to_string_with_options(document, options()).map_err(|e| e.to_string())?);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    match parse(&SourceText::new("written", text.as_str())) {
        Ok(read) if read.iter().map(super::Document::value).eq(documents.iter().cloned()) => Ok(text),
        Ok(_) => Err("the text that was written reads otherwise".to_owned()),
        Err(problems) => Err(problems.into_iter().next().map(|problem| problem.message).unwrap_or_default()),
    }
}

/// How it is written: lists indented below their keys, and no line broken that was not broken before.
fn options() -> SerializerOptions {
    serde_yaml::ser_options! { compact_list_indent: false, folded_wrap_chars: usize::MAX }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_reads_back_and_is_quoted_only_where_it_would_be_mistaken() {
        let written = |text: &str| {
            let written = write(&[json!({ "a": [{ "b": text }] })]).expect("it is written");
            written.strip_prefix("a:\n  - b: ").expect("a mapping in a list").to_owned()
        };
        for plain in ["50 %", "sum(rate(x{code=~\"5..\"}[{{.window}}]))", "it's", "zwölf", "a\\b"] {
            assert_eq!(written(plain), format!("{plain}\n"));
        }
        for mistaken in
            ["yes", "1.50", "", "~", "2026-01-01", "a: b", "a #b", "{a", "@me", " a", "- a", "1e3"]
        {
            assert_eq!(written(mistaken), format!("\"{mistaken}\"\n"));
        }
        assert_eq!(written("a\nb\n"), "|\n      a\n      b\n");
        let long = "word ".repeat(60) + "end";
        assert_eq!(written(&long), format!("{long}\n"), "no line is broken that was not");
    }

    #[test]
    fn documents_keep_their_order_and_numbers_their_digits() {
        let documents = [json!({ "z": 99.95, "a": { "m": 100, "e": {} } }), json!({ "l": [[1], []] })];
        let written = write(&documents).expect("they are written");
        assert_eq!(written, "z: 99.95\na:\n  m: 100\n  e: {}\n---\nl:\n  - - 1\n  - []\n");
    }

    #[test]
    fn what_would_not_read_back_is_refused() {
        let key = json!({ "<<": 1 });
        assert!(write(&[key]).is_err(), "a merge key is not read");
        assert!(write(&[json!(null)]).is_err(), "a document that holds nothing is none");
    }
}
