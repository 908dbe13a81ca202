//! Encrypted connections to a server that asks for a certificate of an authority of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::Certificates;
use crate::http::{Client, Credentials, Get, HttpError, Limits, Response, Secret};

/// An authority.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A certificate of an authority for a name, and its key, in PEM.
fn issued(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// A server that answers `hello` to everybody who has a certificate of its authority; where it listens.
fn serve(authority: &CertifiedIssuer<'static, KeyPair>) -> String {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let (chain, key) = issued(authority, "localhost");
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let config = ServerConfig::builder().with_client_cert_verifier(verifier);
    let config = Arc::new(config.with_single_cert(chain, key).expect("a server"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut request = [0; 4_096];
            if stream.read(&mut request).is_ok() {
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    format!("https://localhost:{port}/")
}

/// Certificates of variables that begin with `P_`; a file is found by no path but `ca.pem`.
fn read(variables: &[(&str, &str)], ca: &str) -> Result<Certificates, String> {
    let find = |name: &str| {
        let same = |(known, _): &&(&str, &str)| name.strip_prefix("P_") == Some(*known);
        variables.iter().find(same).map(|(_, value)| *value)
    };
    let file = |path: &str| if path == "ca.pem" { Ok(ca.to_owned()) } else { Err(()) };
    Certificates::read("P", find, file)
}

/// Asks a server.
fn ask(url: &str, certificates: Certificates) -> Result<Response, HttpError> {
    let (deadline, attempt) = (Duration::from_secs(20), Duration::from_secs(10));
    let client = Client::new(Limits { deadline, attempt, tries: 1 }).expect("a client");
    let credentials = Credentials::default().over(certificates);
    let get = Get { url: url.to_owned(), credentials, form: None, cap: 1_000, is_divisible: false };
    client.get_all(vec![get]).pop().expect("one answer")
}

#[test]
fn who_is_asked_and_who_asks_prove_it() {
    let (ours, other) = (authority(), authority());
    let url = serve(&ours);
    let (certificate, key) = issued(&ours, "slogate");
    let both = [("CLIENT_CERT", &*certificate), ("CLIENT_KEY", &*key), ("CA", "ca.pem")];
    let answer = ask(&url, read(&both, &ours.pem()).expect("certificates")).expect("an answer");
    assert_eq!(answer.body, b"hello");

    let nobody = ask(&url, read(&both[2..], &ours.pem()).expect("certificates"));
    assert!(matches!(nobody, Err(HttpError::Unreachable { .. })), "{nobody:?}");
    let unknown = ask(&url, read(&both[..2], "").expect("certificates"));
    let strange = ask(&url, read(&both, &other.pem()).expect("certificates"));
    for refused in [unknown, strange] {
        let refused = refused.expect_err("its authority is not known").to_string();
        assert!(refused.contains("UnknownIssuer") || refused.contains("certificate"), "{refused}");
    }
    let (certificate, key) = issued(&other, "somebody");
    let both = [("CLIENT_CERT", &*certificate), ("CLIENT_KEY", &*key), ("CA", "ca.pem")];
    let somebody = ask(&url, read(&both, &ours.pem()).expect("certificates"));
    assert!(matches!(somebody, Err(HttpError::Unreachable { .. })), "{somebody:?}");
}

#[test]
fn what_is_no_certificate_is_refused_without_a_key() {
    let authority = authority();
    let (certificate, key) = issued(&authority, "slogate");
    let (_, other) = issued(&authority, "somebody");
    let broken = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    for (variables, words) in [
        (&[("CLIENT_CERT", &*certificate)][..], "`P_CLIENT_CERT` is set without `P_CLIENT_KEY`"),
        (&[("CLIENT_KEY", &*key)], "`P_CLIENT_KEY` is set without `P_CLIENT_CERT`"),
        (&[("CLIENT_CERT", &*certificate), ("CLIENT_KEY", broken)], "cannot be used"),
        (
            &[("CLIENT_CERT", &*certificate), ("CLIENT_KEY", &*certificate)],
            "`P_CLIENT_KEY` holds no private key",
        ),
        (&[("CLIENT_CERT", &*certificate), ("CLIENT_KEY", "hunter2")], "neither PEM nor the path"),
        (&[("CLIENT_CERT", &*key), ("CLIENT_KEY", &*key)], "`P_CLIENT_CERT` holds no certificate"),
        (&[("CLIENT_CERT", &*certificate), ("CLIENT_KEY", &*other)], "cannot be used"),
        (&[("CA", &*key)], "`P_CA` holds no certificate"),
        (&[("CA", "hunter2")], "`P_CA` is neither PEM nor the path"),
        (&[("CLIENT_CERT", "hunter2"), ("CLIENT_KEY", &*key)], "`P_CLIENT_CERT` is neither PEM nor the path"),
        (&[("CA", "nowhere.pem")], "`P_CA` is neither PEM nor the path of a file that can be read"),
        (&[("CA", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----")], "cannot be used"),
    ] {
        let error = read(variables, "").expect_err(words);
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
    }
    assert_eq!(read(&[], ""), Ok(Certificates::default()));
    let shown = format!(
        "{:?}",
        Credentials::bearer(Secret::new("x"))
            .over(read(&[("CLIENT_CERT", &*certificate), ("CLIENT_KEY", &*key)], "").expect("certificates"),)
    );
    assert!(!shown.contains("PRIVATE"), "{shown}");
}
