//! Where an SLO comes from: somebody wrote it for what it is about, or it is a default that holds because nobody did.

use std::collections::{BTreeMap, BTreeSet};

use super::Slo;

/// Where an SLO comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it for what it is about.
    #[default]
    Explicit,
    /// It is a default, where nothing else was written.
    Default(Applied),
}

/// A default as it holds for an endpoint, or for a service that declares none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The name of the default.
    pub of: String,
    /// Labels that are put into every selector: those of the endpoint.
    pub matchers: BTreeMap<String, String>,
    /// The environments in which an explicit SLO takes its place.
    pub except: BTreeSet<String>,
}

impl Origin {
    /// Its name in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Default(_) => "default",
        }
    }
}

impl Slo {
    /// True where it counts: in the one environment that it is bound to, and not where an explicit SLO takes its place.
    #[must_use]
    pub fn holds_in(&self, environment: &str) -> bool {
        let bound = self.about.environment.as_ref();
        let yields = match &self.origin {
            Origin::Explicit => false,
            Origin::Default(applied) => applied.except.contains(environment),
        };
        bound.is_none_or(|bound| bound.text.trim() == environment) && !yields
    }

    /// Where it counts, in words; none where it counts in all environments.
    #[must_use]
    pub fn environments(&self) -> Option<String> {
        if let Some(bound) = &self.about.environment {
            return Some(bound.text.trim().to_owned());
        }
        let Origin::Default(applied) = &self.origin else { return None };
        let except: Vec<&str> = applied.except.iter().map(String::as_str).collect();
        (!except.is_empty()).then(|| format!("all but {}", except.join(", ")))
    }

    /// The name under which it was written: that of the default where it is one.
    #[must_use]
    pub fn written_as(&self) -> &str {
        match &self.origin {
            Origin::Explicit => &self.name,
            Origin::Default(applied) => &applied.of,
        }
    }

    /// Labels that its endpoint puts into every selector; none for an explicit SLO, which has them in its queries.
    pub fn matchers(&self) -> impl Iterator<Item = (&String, &String)> {
        let applied = match &self.origin {
            Origin::Explicit => None,
            Origin::Default(applied) => Some(&applied.matchers),
        };
        applied.into_iter().flatten()
    }
}
