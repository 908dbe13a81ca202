//! slogate decides whether a change may ship, from the error budget that it would spend.
//!
//! The modules stand in the order in which data flows, and a module uses only modules above it:
//! what the product stands on, what was written, what the world says, what follows, who is told,
//! and the verbs that walk the whole path. `tests/repository.rs` keeps the order.
//!
//! # Glossary
//!
//! - *objective*: the share of events that must be good, below 100 %.
//! - *period*: the stretch of time over which an objective is judged, rolling or by the calendar.
//! - *endpoint*: what users ask a service for. *Default*: an SLO that holds for every endpoint without one of the same
//!   SLI; all others are *explicit*.
//! - *error budget*: what an objective allows to fail in a period; the *grant* is its size in events.
//! - *remaining*: the share of the grant that is left; signed, because debt is negative.
//! - *burn rate*: how many times faster than evenly the budget burns in a window.
//! - *gap*: why a budget is not known. Not knowing is a value and never a zero.
//! - *facts*: all that a policy may see of a budget.
//! - *clause*: one condition of a policy with its consequences; it is in force or idle.
//! - *ruling*: what one clause says of one SLO. *Verdict*: what all rulings say of one change.
//! - *ledger*: what happened before that no budget can know: triggers, deployments, silver bullets, top-ups.
//! - *silver bullet*: one change that the business lets through a freeze. *Thaw tax*: what a release during a freeze
//!   adds to it. *Top-up*: depletion that a dependency caused and that is given back.
//! - *adjustment*: what people agreed that a budget should not count. *Exclusion*: stretches of time that do not count,
//!   such as planned downtime.
//! - *observer*: `slogate observe` beside the monitoring system; it signs what it saw for gates that cannot ask.
//! - *rules*: what a Prometheus computes by itself, recorded and alerted.
//! - *thaw*: the end of a freeze. *Class*: what sort of change is about to ship (`hotfix`).

// -- what it stands on
pub mod diagnostic;
pub mod document;
pub mod http;
pub mod signature;
pub mod git;
pub mod github;
pub mod tree;
// -- what was written
pub mod settings;
pub mod catalog;
pub mod change;
// -- what the world says
pub mod budget;
pub mod source;
pub mod ledger;
pub mod adjustment;
// -- what is doubtful in what was written
pub mod lint;
// -- what follows
pub mod policy;
pub mod verdict;
// -- who is told
pub mod report;
pub mod publish;
pub mod rules;
// -- the verbs
pub mod cli;
pub mod command;
