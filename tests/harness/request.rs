//! A request that a stand-in received, and how a transcript shows it.

use std::fmt;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path, with the query where it is short.
    pub target: String,
    /// What else there is to see, a line each: parameters, or the body.
    pub lines: Vec<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "> {} {}", self.method, self.target)?;
        for line in &self.lines {
            writeln!(f, ">   {line}")?;
        }
        Ok(())
    }
}

/// Something that listens on a loopback port while a case runs, and remembers what it was asked.
///
/// It ends when it is dropped.
pub trait Stub {
    /// Variables that let the binary find it.
    fn environment(&self) -> Vec<(String, String)>;

    /// Takes what was asked since the last time, in an order that does not depend on chance.
    fn requests(&mut self) -> Vec<Request>;

    /// Takes what the command left in files of the stand-in: a title and a text each.
    fn left(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Words of the output that depend on chance, with what a transcript shows instead.
    fn redactions(&self) -> Vec<(String, String)>;
}
