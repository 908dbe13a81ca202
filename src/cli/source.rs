//! Where a verb reads from, and which layer above the team's files it heeds: arguments that verbs share.

use std::path::PathBuf;

use clap::Args;

/// The organisation's layer, above what the team wrote.
#[derive(Debug, Clone, Default, Args)]
pub struct Layered {
    /// The layer of the organisation, as `slogate vendor` wrote it; its text may stand in `SLOGATE_ORGANIZATION`
    /// instead. It can only tighten what the team wrote. With a base it must lie outside of the team's repository.
    #[arg(long, value_name = "FILE")]
    pub organization: Option<String>,

    /// The SHA-256 that the organisation's layer must have; without a layer the command line is wrong.
    #[arg(long, value_name = "HEX")]
    pub organization_sha256: Option<String>,
}

/// Where budgets are read from, besides the snapshot that the settings may name.
#[derive(Debug, Clone, Args)]
pub struct Source {
    /// Read observations instead of asking a monitoring system: a file, which is judged at its own end, or an `http` or
    /// `https` address that answers with one (`schemas/observations.v1.json`), which is judged at the present; the address
    /// also from `SLOGATE_OBSERVATIONS_URL`. Where the settings name keys, a file is believed and judged like an address,
    /// and one that nobody signed only with --now. The address is asked once, with `from`, `to` (RFC 3339) and `step` (seconds) as its
    /// query; who asks is told by `SLOGATE_OBSERVATIONS_TOKEN`, `_USER` with `_PASSWORD`, and `_HEADERS`.
    #[arg(long, value_name = "FILE|URL", conflicts_with_all = ["prometheus", "datadog"])]
    pub observations: Option<PathBuf>,

    /// The address of a Prometheus or of what speaks its API; also from `SLOGATE_PROMETHEUS_URL`. Who asks is told by the
    /// environment alone: a bearer token in `SLOGATE_PROMETHEUS_TOKEN`, or `SLOGATE_PROMETHEUS_USER` with
    /// `SLOGATE_PROMETHEUS_PASSWORD`; in `SLOGATE_PROMETHEUS_HEADERS` further headers, a line each (`X-Scope-OrgID:
    /// team-a`); a client certificate in `SLOGATE_PROMETHEUS_CLIENT_CERT` with `SLOGATE_PROMETHEUS_CLIENT_KEY`, and in
    /// `SLOGATE_PROMETHEUS_CA` the only authorities that may vouch for the server, each as PEM or as the path of a PEM
    /// file. Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; authorities otherwise those of
    /// the system, or of the file that `SSL_CERT_FILE` names.
    #[arg(long, value_name = "URL")]
    pub prometheus: Option<String>,

    /// The site of Datadog for the SLOs that are kept there (`datadoghq.eu`), or an address of its API; also from
    /// `SLOGATE_DATADOG_SITE`. The keys come from the environment alone: `SLOGATE_DATADOG_API_KEY`, and
    /// `SLOGATE_DATADOG_APP_KEY` with the permission `slos_read`. All other SLOs are read from where they are without it.
    #[arg(long, value_name = "SITE")]
    pub datadog: Option<String>,

    /// Count all events, whatever rules (of `slogate rules`, Pyrra or Sloth) have recorded of them. Without it a recording is
    /// read where it agrees with the counters and has neither `job` nor `instance`, which whatever is scraped has.
    #[arg(long)]
    pub ignore_rules: bool,

    /// Seconds within which everything must be answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub deadline: u64,
}
