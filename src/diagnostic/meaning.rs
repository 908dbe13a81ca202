//! What each code means to whoever meets it: in words, by an example, and what to do.
//!
//! One arm for each code, so that none can be without.

mod doubt;

use super::Code;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What is wrong, and why it matters.
    pub means: &'static str,
    /// How it looks.
    pub example: &'static str,
    /// What to do about it.
    pub mend: &'static str,
}

/// A meaning from its three parts.
const fn meaning(means: &'static str, example: &'static str, mend: &'static str) -> Meaning {
    Meaning { means, example, mend }
}

impl Code {
    /// What the code means.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self {
            Self::YamlSyntax => YAML_SYNTAX,
            Self::Encoding => ENCODING,
            Self::UnknownKey => UNKNOWN_KEY,
            Self::MissingKey => MISSING_KEY,
            Self::WrongValue => WRONG_VALUE,
            Self::Unreadable => UNREADABLE,
            Self::NoSettings => NO_SETTINGS,
            Self::NoSlo => NO_SLO,
            Self::NoPolicy => NO_POLICY,
            Self::UnknownName => UNKNOWN_NAME,
            Self::Duplicate => DUPLICATE,
            Self::Unsupported => UNSUPPORTED,
            Self::Query => QUERY,
            Self::PolicySyntax => POLICY_SYNTAX,
            Self::PolicySandbox => POLICY_SANDBOX,
            Self::PolicyError => POLICY_ERROR,
            Self::UnknownFact => UNKNOWN_FACT,
            Self::PolicyPart => POLICY_PART,
            Self::ServiceWithoutSlo => SERVICE_WITHOUT_SLO,
            Self::ServiceWithoutPolicy => SERVICE_WITHOUT_POLICY,
            Self::TwoPolicies => TWO_POLICIES,
            Self::ConstantCondition => CONSTANT_CONDITION,
            Self::Unreachable => UNREACHABLE,
            Self::ThawsAtOnce => THAWS_AT_ONCE,
            Self::WrongDirection => WRONG_DIRECTION,
            Self::Shadowed => SHADOWED,
            Self::TinyShare => TINY_SHARE,
            Self::Unused => UNUSED,
            Self::Placeholder => PLACEHOLDER,
            Self::NoCommit => NO_COMMIT,
            Self::Layer => LAYER,
            Self::BelowLayer => BELOW_LAYER,
            Self::Version => VERSION,
            Self::Unsaid => UNSAID,
            Self::FullObjective => doubt::FULL_OBJECTIVE,
            Self::SlaNotLooser => doubt::SLA_NOT_LOOSER,
            Self::AmbiguousService => doubt::AMBIGUOUS_SERVICE,
            Self::DependencyCycle => doubt::DEPENDENCY_CYCLE,
            Self::GoodAndBadSwapped => doubt::GOOD_AND_BAD_SWAPPED,
            Self::GoodNotInTotal => doubt::GOOD_NOT_IN_TOTAL,
            Self::NoEnvironmentSelector => doubt::NO_ENVIRONMENT_SELECTOR,
            Self::OffConvention => doubt::OFF_CONVENTION,
            Self::ShortPeriod => doubt::SHORT_PERIOD,
            Self::TighterThanDependencies => doubt::TIGHTER_THAN_DEPENDENCIES,
            Self::UnreachableAlert => doubt::UNREACHABLE_ALERT,
            Self::NotConverted => NOT_CONVERTED,
            Self::NoRules => NO_RULES,
            Self::TighterThanObserved => TIGHTER_THAN_OBSERVED,
            Self::SilentSlo => SILENT_SLO,
            Self::LoosenedWhileExhausted => LOOSENED_WHILE_EXHAUSTED,
        }
    }
}

/// `yaml-syntax`.
const YAML_SYNTAX: Meaning = meaning(
    "The file is not YAML, or it breaks a limit on size, nesting or aliases that keeps \
                 reading cheap. Nothing of it is read.",
    "`services: { checkout: ` with no closing brace, a tab as indentation, the same key \
                 twice.",
    "Mend the line that is underlined; a key that stands twice is kept once.",
);

/// `encoding`.
const ENCODING: Meaning = meaning(
    "The file is not UTF-8, so nobody can say which text it holds.",
    "A file that an editor saved as Latin-1 or UTF-16.",
    "Save it as UTF-8.",
);

/// `unknown-key`.
const UNKNOWN_KEY: Meaning = meaning(
    "The format has no such key. It is refused, because a misspelt key would otherwise do \
                 nothing, in silence.",
    "`enviroments:` in `slogate.yaml`, `silver_bulets: 3` in a policy.",
    "Take the name that the help suggests; what only your team needs goes under `notes` in a \
                 policy.",
);

/// `missing-key`.
const MISSING_KEY: Meaning = meaning(
    "A key that must be there is not.",
    "An environment without `mode`, an SLO without `service`.",
    "Add the key.",
);

/// `wrong-value`.
const WRONG_VALUE: Meaning = meaning(
    "A value of the wrong type, outside of its range, or none of those that are allowed.",
    "`mode: strict`, `step: 5`, an objective of `100`.",
    "Write one of the values that the help names.",
);

/// `unreadable`.
const UNREADABLE: Meaning = meaning(
    "A file cannot be read: it is not there, too large, or a link that leads elsewhere. Links \
                 are not followed, because they could bring in text that nobody reviewed.",
    "`policies/payments.rhai` as a symbolic link.",
    "Put a plain file there, or leave it out of the globs.",
);

/// `no-settings`.
const NO_SETTINGS: Meaning = meaning(
    "There is no `slogate.yaml` in the directory and at the commit that are judged, so \
                 nothing is known of services and environments.",
    "`slogate check` in a subdirectory of the repository.",
    "Name the directory that has it, or write the first one with `slogate init`.",
);

/// `no-slo`.
const NO_SLO: Meaning = meaning(
    "No SLO definition was found, so there is no budget that anything could follow from.",
    "`slos: [\"slo/*.yaml\"]` where the directory is called `slos`.",
    "Correct the globs under `slos`, or write the first definition.",
);

/// `no-policy`.
const NO_POLICY: Meaning = meaning(
    "No policy was found. A gate without a policy would let everything pass.",
    "`policies: [\"policies/*.rhai\"]` and an empty directory.",
    "Correct the globs under `policies`, or write the first policy.",
);

/// `unknown-name`.
const UNKNOWN_NAME: Meaning = meaning(
    "A name that stands for nothing: a service, a team, an environment, a class of change, an \
                 SLI, a data source.",
    "`freeze(\"prodution\")`, or `scope: #{ team: \"payment\" }` where the team is called \
                 payments.",
    "Take the name that the help suggests, or declare it in `slogate.yaml`.",
);

/// `duplicate`.
const DUPLICATE: Meaning = meaning(
    "Two definitions have one name, or something is said twice, so it is open which of the \
                 two counts.",
    "Two clauses named `exhausted`, two `.when(…)` of one clause, two SLOs of one name.",
    "Rename or remove one; two conditions are joined with `&&` or `||`.",
);

/// `unsupported`.
const UNSUPPORTED: Meaning = meaning(
    "A definition says something that slogate does not judge yet. The SLO is read, and its budget stays unknown: \
                 judging something else instead would be worse. A version of a format that is not read is an error.",
    "`thresholdMetric`, a period by the calendar, `apiVersion: openslo/v9`.",
    "Write the objective as a ratio of counters over a rolling period.",
);

/// `query`.
const QUERY: Meaning = meaning(
    "A query does not parse, which is an error, or cannot be counted over another window, and then the budget \
                 stays unknown.",
    "`rate(http_requests_total[5m])` where a counter is wanted, an unclosed brace.",
    "Write a counter or a sum of counters; the windows are put around it.",
);

/// `policy-syntax`.
const POLICY_SYNTAX: Meaning = meaning(
    "The policy is no Rhai script.",
    "A bracket that is not closed, a missing semicolon behind a clause.",
    "Mend the line that is underlined, or the one before it.",
);

/// `policy-sandbox`.
const POLICY_SANDBOX: Meaning = meaning(
    "The policy does what policies may not: a forbidden word, a redefined word of the \
                 language, a limit on size, time or depth. Policies see facts and nothing else, and \
                 always end.",
    "`eval(…)`, `import`, `switch`, `loop {}`, `fn freeze(x) {}`.",
    "Compare facts, without loops; choose other names for your own functions.",
);

/// `policy-error`.
const POLICY_ERROR: Meaning = meaning(
    "The policy fails when its declarations run, or when a condition is tried on a sample \
                 budget. It would fail when a budget is at stake, too.",
    "`budget.remaining <= 10`: a share is compared with a bare number.",
    "Write what the help says; for shares that is `percent(10)`.",
);

/// `unknown-fact`.
const UNKNOWN_FACT: Meaning = meaning(
    "The policy language has no such fact, window, method or function.",
    "`budget.remaning`, `budget.burned(\"1 month\")`.",
    "Take the name that the help suggests. Windows are a number and a unit: `30m`, `24h`, \
                 `7d`.",
);

/// `policy-part`.
const POLICY_PART: Meaning = meaning(
    "A policy has seven parts: scope, purpose, conditions, consequences, escalation, who \
                 agreed, next review. One is missing or malformed.",
    "No `next_review`, a clause without `.then(…)`.",
    "Add the part; an agreement without it is not effective.",
);

/// `service-without-slo`.
const SERVICE_WITHOUT_SLO: Meaning = meaning(
    "A service has no SLO, so nothing is known of its reliability and no clause can protect \
                 it.",
    "A new service in `slogate.yaml`, and no definition with `service:` of that name.",
    "Write an SLO for it; until then every change to it is warned about, and under an organization that has policies not known.",
);

/// `service-without-policy`.
const SERVICE_WITHOUT_POLICY: Meaning = meaning(
    "No policy covers a service, so nothing follows from its budgets, however deep they are \
                 in debt.",
    "A service of team search, and policies for team payments only.",
    "Name its team or the service in a policy's scope.",
);

/// `two-policies`.
const TWO_POLICIES: Meaning = meaning(
    "Two policies cover one service. Whose escalation, silver bullets and review would count \
                 is open, and a class of change that one lets pass the other still stops.",
    "`scope: #{ team: \"payments\" }` in one file and `scope: #{ services: [\"checkout\"] }`, \
                 a service of that team, in another.",
    "Move the clauses into one policy, where the strictest one in force decides, or take the \
                 service out of one scope.",
);

/// `constant-condition`.
const CONSTANT_CONDITION: Meaning = meaning(
    "A condition has the same answer for every budget. Such a clause protects nothing, or \
                 never ends.",
    "`budget.remaining > percent(150)`, `budget.burned(\"1h\") < 0`, `budget.remaining < 0 && \
                 budget.remaining > percent(10)`.",
    "Correct the threshold or the direction of the comparison; what was meant with `&&` is \
                 sometimes `||`.",
);

/// `unreachable`.
const UNREACHABLE: Meaning = meaning(
    "A threshold that an objective can never reach: when every event is bad, a budget burns \
                 at 1 / (1 - objective) times the even rate, and no faster. The same bounds how much of \
                 it can be spent.",
    "`budget.burn_rate(\"1h\") > 14.4` where the objective is 90 %: at most 10.",
    "Lower the threshold, or say how fast it burns as a share: `budget.burned(\"1h\") >= \
                 percent(2)`.",
);

/// `thaws-at-once`.
const THAWS_AT_ONCE: Meaning = meaning(
    "For some budgets both `when` and `thaws` hold, so the clause comes into force and ends \
                 over and over. `when` wins where both hold, and the threshold of `thaws` then means \
                 nothing.",
    "`.when(|budget| budget.remaining <= percent(10))` with `.thaws(|budget| budget.remaining \
                 >= percent(5))`.",
    "Let `thaws` begin beyond `when`: the distance between the two is what keeps a clause \
                 from flapping.",
);

/// `wrong-direction`.
const WRONG_DIRECTION: Meaning = meaning(
    "A clause freezes an environment while nothing has burned, so it stops a service with which nothing is wrong.",
    "`budget.remaining >= 0` or `budget.burn_rate(\"1h\") < 6` under `freeze(\"production\")`.",
    "Turn the comparison round. What is left falls while a budget is spent; what burned and how fast rises.",
);

/// `shadowed`.
const SHADOWED: Meaning = meaning(
    "A clause adds nothing: whenever it is in force another one is, too, which ends no earlier and does at least as \
                 much. Most often a ladder has its rungs in the wrong order. The same is said of a part of a condition that \
                 never decides.",
    "`restrict(\"canary\")` at 10 % left below `freeze(\"production\")` at 25 % left.",
    "Let the milder consequence begin before the stricter one, or take the clause out.",
);

/// `tiny-share`.
const TINY_SHARE: Meaning = meaning(
    "A share of less than one per cent, where a hundred times as much is surely meant: `percent` counts in per cent.",
    "`budget.remaining <= percent(0.1)`, which is a tenth of one per cent.",
    "Write `percent(10)` for a tenth.",
);

/// `unused`.
const UNUSED: Meaning = meaning(
    "Something was written and matched nothing: a consequence that no clause has, a pattern \
                 that fits no file, a policy for services that have no SLO. It looks as if it did \
                 something.",
    "`freeze(\"production\");` on a line of its own.",
    "Hand it to a clause with `.then(…)`, correct it, or take it out.",
);

/// `placeholder`.
const PLACEHOLDER: Meaning = meaning(
    "A text that `slogate init` wrote still stands where only you can say what belongs there. A \
                 policy that names nobody was agreed by nobody, and a sample SLO measures nothing that \
                 your users meet.",
    "`agreed_by: #{ operations: \"@fill-in\" }`.",
    "Write who it is, or what it is; `@fill-in` must be gone.",
);

/// `no-commit`.
const NO_COMMIT: Meaning = meaning(
    "A branch, tag or commit cannot be resolved, so the text that decides cannot be read. The \
                 work tree never stands in for it.",
    "`--base main` in a clone that fetched only one commit.",
    "Fetch it (`fetch-depth: 0`), or name one that is there.",
);

/// `layer`.
const LAYER: Meaning = meaning(
    "The organisation's layer cannot be relied upon: it is empty, its digest does not fit, it is \
                 not the one that is pinned, or it lies among the files of the team that it is to hold. \
                 Nothing is decided without it, because a gate that went missing must not look like one \
                 that is open.",
    "A line that somebody changed by hand below `sha256:`, a variable that is set and empty.",
    "Vendor the layer again with `slogate vendor`, and pass on the whole text.",
);

/// `below-layer`.
const BELOW_LAYER: Meaning = meaning(
    "A team's file asks for less than its organisation does: a looser objective, more silver \
                 bullets, a class of change or an environment that the organisation does not let it choose. \
                 Where the organisation's can simply count instead, it does, and this is a warning.",
    "An SLO of 95 % where the organisation's layer says `objectives: { minimum: 99 % }`.",
    "Raise it to what the organisation asks, or have the organisation change its layer.",
);

/// `unsaid`.
const UNSAID: Meaning = meaning(
    "An SLO does not say which user journey it stands for, who owns it, where its runbook is, or who agreed to it for \
                 operations, development and product. Its budget stops people's work all the same, and nobody could say why.",
    "An SLO without `slogate.dev/journey` among its annotations; one to which only `operations: @ola` agreed.",
    "Add the annotations that the message names, or say the same under `annotations` in `slogate.yaml`. The \
                 team of a service counts as its owner. `lints: { unsaid: off }` there silences this.",
);

/// `tighter-than-observed`.
const TIGHTER_THAN_OBSERVED: Meaning = meaning(
    "An objective is better than the best that was observed over any whole period of the history at hand. Its budget \
                 would never have sufficed, so a policy would stop work for it all the time. `validate --observed` looks.",
    "An objective of 99 % over 28 days, and 95 % in the best 28 days that there were.",
    "Begin with what the service gives its users today, and tighten it as the service gets better. For a latency, raise \
                 the limit or lower the share. `lints: { tighter-than-observed: off }` silences this.",
);

/// `silent-slo`.
const SILENT_SLO: Meaning = meaning(
    "An SLO had no bad event for two weeks, though its objective let at least three be bad; or it had no event at all, or \
                 its query matches no series. Failures may not be counted, or the objective asks for less than users get \
                 anyway. `validate --observed` looks.",
    "A query for `code=~\"5..\"` where the service writes its status as `status`; an endpoint that nobody calls.",
    "Cause a failure where nobody is hurt, and look whether it is counted. Where it is, tighten the objective, or leave \
                 the SLO of an endpoint without traffic out. `lints: { silent-slo: off }` silences this.",
);

/// `loosened-while-exhausted`.
const LOOSENED_WHILE_EXHAUSTED: Meaning = meaning(
    "Within the last period an objective or an SLA was lowered, or a period got another length, while the budget was \
                 exhausted by the definition of that time. The agreement was changed when it began to hold. `validate \
                 --observed` looks, through git history.",
    "A commit that lowers 99.9 % to 99.5 % on the second day of a freeze.",
    "Put it back until the budget has recovered, and agree on another objective then. Where it was wrong all along, say \
                 so to those who agreed to it. `lints: { loosened-while-exhausted: off }` silences this.",
);

/// `version`.
const VERSION: Meaning = meaning(
    "The text of a policy differs from the one that was agreed, and its version does not say so, or is no version \
                 that could rise. Two texts of one version cannot be told apart in reports, nor in what people agreed to.",
    "`version: \"next\"`; a threshold that moved from 10 to 5 percent, and `version: \"2.1.0\"` before and after.",
    "Raise the version: the last number for words, the one before it for a threshold, the first for a \
                 new agreement.",
);

/// `not-converted`.
const NOT_CONVERTED: Meaning = meaning(
    "A definition says something that OpenSLO v1 has no words for. A warning says what is left out, or written so that \
                 nothing reads it; an error says that the SLO would be another one, and then nothing is written.",
    "`sli: { plugin: { id: team/latency } }` in a definition of Sloth; objectives of OpenSLO v1alpha with different \
                 ratios.",
    "Say it in other words where it comes from, or take it out.",
);

/// `no-rules`.
const NO_RULES: Meaning = meaning(
    "`slogate rules` writes no rules for an SLO in an environment, or not all of them, so that Prometheus raises no alert \
                 of it there, or does not record what is left of its budget.",
    "An indicator that counts no events; slices of time; a period by the calendar, over which no range of PromQL \
                 reaches.",
    "Count events with counters (good or bad ones, and all of them) by `Occurrences` over a rolling period, or watch that \
                 SLO with `slogate check`.",
);
