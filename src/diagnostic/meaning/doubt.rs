//! What each code means that is about the meaning of an SLO definition, and not about its shape.

use super::{Meaning, meaning};

/// `full-objective`.
pub(super) const FULL_OBJECTIVE: Meaning = meaning(
    "An SLO aims at 100 %. That leaves no error budget: the first failure would stop all shipping for the \
     whole period, and nobody could ever spend a failure on shipping faster. Users cannot tell 100 % from \
     a little less, because their own devices and networks fail more often.",
    "`target: 1`, `targetPercent: 100`, `objective: 100` or `target: \"100\"`.",
    "Choose what users need and no more. 99.9 % allows 1 failure in 1,000 events, or 40 minutes of 28 \
     days.",
);

/// `sla-not-looser`.
pub(super) const SLA_NOT_LOOSER: Meaning = meaning(
    "An SLA, which a contract promises, is as strict as the objective of its SLO or stricter. The budget \
     would be gone only after the contract is broken, so the SLO would warn of nothing.",
    "`slogate.dev/sla: 99.9 %` at an objective of 99.9 %.",
    "Promise less than you aim at, or aim higher. An SLA is a relaxed SLO.",
);
