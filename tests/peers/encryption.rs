//! A real Prometheus that is encrypted and asks for a certificate of its own authority.

use std::fs;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

use super::prometheus;

/// An authority.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// Writes a certificate of an authority, and its key, below a directory as `NAME.pem` and `NAME.key`.
fn issue(authority: &CertifiedIssuer<'static, KeyPair>, directory: &Path, name: &str) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    fs::write(directory.join(format!("{name}.pem")), certificate.pem()).expect("a file");
    fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).expect("a file");
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn an_encrypted_prometheus_answers_whoever_has_its_certificate() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let (ours, foreign) = (authority(), authority());
    issue(&ours, directory, "server");
    issue(&ours, directory, "client");
    issue(&foreign, directory, "foreign");
    for (name, authority) in [("ca.pem", &ours), ("foreign-ca.pem", &foreign)] {
        fs::write(directory.join(name), authority.pem()).expect("a file");
    }
    let file = |name: &str| directory.join(name).display().to_string();
    let web = format!(
        "tls_server_config:\n  cert_file: {}\n  key_file: {}\n  client_auth_type: RequireAndVerifyClientCert\n  \
         client_ca_file: {}\n",
        file("server.pem"),
        file("server.key"),
        file("ca.pem")
    );
    fs::write(directory.join("web.yml"), web).expect("a file");
    let repository = super::path("tests/cases/check-proceeds/repo");
    let server = prometheus::encrypted(&repository.join("history.om"), &directory.join("web.yml"));
    let check = |variables: &[(&str, &str)]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
        command.env_clear().arg("check").arg(&repository).args(["--format", "json", "--now", super::END]);
        command.args(["--prometheus", &server.url().replace("http://127.0.0.1", "https://localhost")]);
        for (name, file) in variables {
            command.env(format!("SLOGATE_PROMETHEUS_{name}"), directory.join(file));
        }
        let output = command.output().expect("the binary can be started");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let all = [("CLIENT_CERT", "client.pem"), ("CLIENT_KEY", "client.key"), ("CA", "ca.pem")];
    let report = check(&all);
    assert_eq!(report["verdict"]["effect"], "proceed", "{report:#}");
    assert_eq!(report["budgets"][0]["state"], "measured", "{report:#}");
    // Without a certificate, with one of somebody else's, and to a server of an authority that is not known.
    let others: [&[(&str, &str)]; 4] = [
        &[("CA", "ca.pem")],
        &[("CLIENT_CERT", "foreign.pem"), ("CLIENT_KEY", "foreign.key"), ("CA", "ca.pem")],
        &[("CLIENT_CERT", "client.pem"), ("CLIENT_KEY", "client.key")],
        &[("CLIENT_CERT", "client.pem"), ("CLIENT_KEY", "client.key"), ("CA", "foreign-ca.pem")],
    ];
    for variables in others {
        let report = check(variables);
        assert_eq!(report["verdict"]["effect"], "unknown", "{variables:?}: {report:#}");
        assert_eq!(report["budgets"][0]["gap"]["kind"], "unreachable", "{variables:?}: {report:#}");
    }
}
