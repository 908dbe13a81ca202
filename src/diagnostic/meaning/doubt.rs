//! What each code means that is about the meaning of an SLO definition, and not about its shape.

use super::{Meaning, meaning};

/// `full-objective`.
pub(super) const FULL_OBJECTIVE: Meaning = meaning(
    "An SLO aims at 100 %. That leaves no error budget: the first failure would stop all shipping for the \
     whole period, and nobody could ever spend a failure on shipping faster. Users cannot tell 100 % from \
     a little less, because their own devices and networks fail more often. It is an error, and no lint \
     that `lints` could silence.",
    "`target: 1`, `targetPercent: 100`, `objective: 100` or `target: \"100\"`.",
    "Choose what users need and no more. 99.9 % allows 1 failure in 1,000 events, or 40 minutes of 28 \
     days.",
);

/// `sla-not-looser`.
pub(super) const SLA_NOT_LOOSER: Meaning = meaning(
    "An SLA, which a contract promises, is as strict as the objective of its SLO or stricter. The budget \
     would be gone only after the contract is broken, so the SLO would warn of nothing. It is an error, \
     and no lint that `lints` could silence.",
    "`slogate.dev/sla: 99.9 %` at an objective of 99.9 %.",
    "Promise less than you aim at, or aim higher. An SLA is a relaxed SLO.",
);

/// `ambiguous-service`.
pub(super) const AMBIGUOUS_SERVICE: Meaning = meaning(
    "Two services have names that differ only in case, or in `-`, `_` and `.`. SLOs, policies and paths \
     belong to a service by its name alone, so that whoever writes the one where the other is meant \
     protects the wrong service and is told of no error.",
    "`check-out` and `checkOut` under `services`.",
    "Give them names that nobody confuses, or make them one service.",
);

/// `dependency-cycle`.
pub(super) const DEPENDENCY_CYCLE: Meaning = meaning(
    "Services depend on each other in a circle, each of them hard. Each fails when any of them does, none \
     can promise more than the others, and after an outage none can start first.",
    "`orders` depends on `stock`, and `stock` on `orders`.",
    "Name the dependency that a service can do without under `soft_dependencies`, or break the circle.",
);

/// `good-and-bad-swapped`.
pub(super) const GOOD_AND_BAD_SWAPPED: Meaning = meaning(
    "The query of the good events selects the codes of answers that the server failed to give and no \
     others, or the query of the bad events only codes of answers that are as they should be. The budget \
     would grow with every failure. Where more than codes tells the events from the others of the total, as \
     with successes that are bad because they were slow, nothing is told.",
    "`good: sum(rate(http_requests_total{code=~\"5..\"}[5m]))`.",
    "Write the query under `bad`, or turn the matcher round: `code!~\"5..\"`. Codes of HTTP and gRPC are \
     known, in labels such as `code`, `status` and `grpc_code`.",
);

/// `good-not-in-total`.
pub(super) const GOOD_NOT_IN_TOTAL: Meaning = meaning(
    "The good or the bad events of an SLO are no part of its total: the total counts only some of what \
     they count, or something else, or they are the total itself, or buckets of a histogram are added up. \
     More bad events than all there are would be possible, or none.",
    "`bad: errors{code=~\"5..\"}` with `total: errors{method=\"GET\"}`: failures of other methods are no \
     part of the total.",
    "Give both queries the same matchers, and the part those besides that tell its events from the \
     others.",
);

/// `no-environment-selector`.
pub(super) const NO_ENVIRONMENT_SELECTOR: Meaning = meaning(
    "An environment has no `match`, others have, and the query of an SLO selects none of the labels that \
     tell them apart, or those of another environment. Its budget there is that of other events.",
    "`production: { match: { env: prod } }` and `staging: {}`, and a query without `env`: under `staging` \
     it counts the failures of production, too.",
    "Give every environment its `match`: it is put into every selector. An SLO of one environment alone \
     has the annotation `slogate.dev/environment`.",
);

/// `off-convention`.
pub(super) const OFF_CONVENTION: Meaning = meaning(
    "A name does not follow the regular expression that `names` in `slogate.yaml` states for SLOs, \
     services, endpoints or SLIs. Endpoints and SLIs are told apart by their names alone, so one that is \
     spelt in another way is another one. Only the case of an SLI's letters is passed over.",
    "The SLI `request_errors` where `names: { sli: \"[a-z-]+\" }` is agreed.",
    "Correct the name, or the convention. The expression is held to the whole name. Without `names` there \
     is no convention.",
);

/// `short-period`.
pub(super) const SHORT_PERIOD: Meaning = meaning(
    "The period of an SLO is shorter than an hour. Budgets are spent over weeks: within minutes a single \
     failure decides, and nothing that people do in answer has an effect before the period is over. In \
     OpenSLO `1m` is a minute, and a month is `1M`.",
    "`duration: 1m`.",
    "Write `28d`, or `1M` for a month.",
);

/// `tighter-than-dependencies`.
pub(super) const TIGHTER_THAN_DEPENDENCIES: Meaning = meaning(
    "A service cannot be available more often than everything that it cannot do without: at best for the \
     product of what its hard dependencies promise. Compared are objectives of availability: of services \
     in the same repository that hold in the same environment, and the SLAs of `third_parties` in \
     `slogate.yaml`.",
    "An objective of 99.95 % where `payment-gateway` promises 99.9 % and `ledger` 99.9 %: 99.8001 % \
     together at best.",
    "Aim lower, agree on more with those who are depended on, or make the service work without them and \
     name them under `soft_dependencies`.",
);

/// `unreachable-alert`.
pub(super) const UNREACHABLE_ALERT: Meaning = meaning(
    "An alert condition of an SLO can never hold. When everything fails, the budget burns 1 / (1 - \
     objective) times faster than evenly, and never faster: 10 times at 90 %. Or its window is longer \
     than the whole period. Nobody would ever be alerted.",
    "A threshold of 14.4 for an SLO of 90 %.",
    "Lower the threshold below what the message says, or shorten `lookbackWindow`.",
);
