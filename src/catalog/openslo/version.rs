//! What the versions of OpenSLO call the same things, where they give documents names to be referred to.

use crate::document::{Part, Schema};

/// A version whose documents refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog) enum Version {
    /// Version 1.
    V1,
    /// The draft of version 2.
    V2Alpha,
}

/// Where a metric comes from.
pub(super) struct Source<'a> {
    /// The name of a document that describes the monitoring system.
    pub(super) reference: Option<Part<'a>>,
    /// The kind of monitoring system, where it is said beside the metric.
    pub(super) system: Option<Part<'a>>,
    /// What is asked of it.
    pub(super) spec: Option<Part<'a>>,
    /// The metric itself.
    pub(super) part: Part<'a>,
}

impl Version {
    /// Its schema.
    pub(super) const fn schema(self) -> Schema {
        match self {
            Self::V1 => Schema::OpenSlo,
            Self::V2Alpha => Schema::OpenSloV2Alpha,
        }
    }

    /// The key of an indicator that is written where it is used.
    pub(super) const fn inline(self) -> &'static str {
        match self {
            Self::V1 => "indicator",
            Self::V2Alpha => "sli",
        }
    }

    /// The key of an indicator's name.
    pub(super) const fn reference(self) -> &'static str {
        match self {
            Self::V1 => "indicatorRef",
            Self::V2Alpha => "sliRef",
        }
    }

    /// The indicator of an SLO or an objective, or its name.
    pub(super) fn own(self, part: Part<'_>) -> Option<Part<'_>> {
        part.get(self.inline()).or_else(|| part.get(self.reference()))
    }

    /// The service of an SLO.
    pub(super) fn service(self, spec: Part<'_>) -> Option<Part<'_>> {
        let later = || spec.get("serviceRef").filter(|_| self == Self::V2Alpha);
        spec.get("service").or_else(later)
    }

    /// Where a metric comes from.
    pub(super) fn source(self, metric: Part<'_>) -> Option<Source<'_>> {
        Some(match self {
            Self::V1 => {
                let part = metric.get("metricSource")?;
                let (reference, system) = (part.get("metricSourceRef"), part.get("type"));
                Source { reference, system, spec: part.get("spec"), part }
            }
            Self::V2Alpha => {
                let (reference, system) = (metric.get("dataSourceRef"), metric.at("/dataSourceSpec/type"));
                Source { reference, system, spec: metric.get("spec"), part: metric }
            }
        })
    }
}
