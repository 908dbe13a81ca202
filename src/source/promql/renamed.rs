//! A selector of another metric: where a rule records what a selector counts.
//!
//! A rule that sums keeps the labels that its own readers ask for, so that the selector's matchers hold for what it
//! records as well; the metric has another name, and labels of the rule come besides.

use super::{Selector, sort};

impl Selector {
    /// The metric's name.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// True when a matcher asks for a label.
    #[must_use]
    pub fn asks(&self, label: &str) -> bool {
        self.matchers.iter().any(|matcher| matcher.name == label)
    }

    /// The same of another metric, with labels of exactly these values besides.
    #[must_use]
    pub fn renamed(&self, metric: &str, labels: &[(&str, &str)]) -> Self {
        let mut renamed = Self::of(metric, labels);
        renamed.matchers.extend(self.matchers.iter().cloned());
        sort(&mut renamed.matchers);
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matchers_stay_and_labels_come_besides() {
        let selector = Selector::of("x_total", &[("b", "1")]);
        let renamed = selector.renamed("x:increase1d", &[("a", "\"}"), ("c", "")]);
        assert_eq!(renamed.to_string(), r#"x:increase1d{a="\"}",b="1",c=""}"#);
        assert_eq!(renamed.metric(), "x:increase1d");
        assert!(selector.asks("b") && !selector.asks("a"));
    }
}
