//! What is done about duties: the steps of a plan, and what became of each.

use crate::report::duty::{Duty, Purpose};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// An issue is opened.
    Open,
    /// An issue would be opened, and enough were opened in this run.
    Wait,
    /// The clause came into force again: its issue counts that, and says so.
    Again {
        /// The issue.
        issue: u64,
        /// How often it came into force.
        count: u32,
        /// The issue was closed, and is opened again.
        reopens: bool,
    },
    /// The clause is in force for further SLOs, or it is known by now when the issue is due: it says so.
    Widen {
        /// The issue.
        issue: u64,
    },
    /// The clause has ended: its issue says so.
    Thaw {
        /// The issue.
        issue: u64,
    },
    /// Two runs opened the same issue: the newer one is closed.
    Withdraw {
        /// The newer one.
        issue: u64,
        /// The older one.
        original: u64,
    },
    /// The webhook is told.
    Send {
        /// The issue that remembers it; none until it is opened.
        issue: Option<u64>,
        /// What it is told, as markers keep it.
        occasion: String,
    },
}

impl Act {
    /// Its word, in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Wait => "wait",
            Self::Again { .. } => "again",
            Self::Widen { .. } => "widen",
            Self::Thaw { .. } => "thaw",
            Self::Withdraw { .. } => "withdraw",
            Self::Send { .. } => "send",
        }
    }

    /// The issue that it is about, where there is one already.
    #[must_use]
    pub const fn issue(&self) -> Option<u64> {
        match self {
            Self::Open | Self::Wait => None,
            Self::Again { issue, .. }
            | Self::Widen { issue }
            | Self::Thaw { issue }
            | Self::Withdraw { issue, .. } => Some(*issue),
            Self::Send { issue, .. } => *issue,
        }
    }
}

/// One thing that is done.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// What a clause asks for.
    pub duty: &'a Duty,
    /// What the issue is for.
    pub purpose: &'a Purpose,
    /// What is done.
    pub act: Act,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is only planned.
    Planned,
    /// It is done.
    Done,
    /// It is left to the next run; why.
    Left(String),
}

/// A step and what became of it.
#[derive(Debug, Clone)]
pub struct Taken<'a> {
    /// The step.
    pub step: Step<'a>,
    /// What became of it.
    pub outcome: Outcome,
    /// The number and address of the issue that it is about, where there is one.
    pub issue: Option<(u64, String)>,
}
