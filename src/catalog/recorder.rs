//! Which other program's rules record figures of an SLO: the one in whose terms it was written.

/// A program that makes recording rules of SLOs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorder {
    /// Pyrra, which records the events of the whole period.
    Pyrra,
    /// Sloth, which records shares of bad events.
    Sloth,
}
