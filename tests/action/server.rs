//! A file server on this machine that speaks HTTPS with a certificate of an authority of its own, as the action asks for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What is answered: a path, and the body or where it is to be had instead.
pub enum Answer {
    /// The file.
    File(&'static str),
    /// A redirect, as releases on GitHub answer with.
    Elsewhere(String),
}

/// A server and what it was asked for.
pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that answers as `answers` says and writes the certificate of its authority to a file.
    pub fn start(authority: &Path, answers: impl FnOnce(u16) -> Vec<(&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let config = Arc::new(certified(authority));
        let answers = answers(port);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        // It ends with the process of the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                serve(StreamOwned::new(connection, stream.expect("a stream")), &answers, &log);
            }
        });
        Self { port, asked }
    }

    /// The address of a path.
    pub fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The paths that it was asked for since this was last asked; `!` for somebody who did not encrypt.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("the log"))
    }
}

/// The settings of a server for `localhost` under a new authority, whose certificate goes to a file.
fn certified(authority: &Path) -> ServerConfig {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // A name of its own, or its certificates would seem to vouch for themselves.
    params.distinguished_name.push(DnType::CommonName, "authority");
    let issuer =
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    fs::write(authority, issuer.pem()).expect("a file");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("a certificate with its key")
}

/// Answers one request.
fn serve(
    stream: StreamOwned<ServerConnection, TcpStream>,
    answers: &[(&'static str, Answer)],
    log: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        lines.push(std::mem::take(&mut line));
    }
    let path = lines.first().and_then(|first| first.split(' ').nth(1)).unwrap_or("!").to_owned();
    let answer = answers.iter().find(|(known, _)| *known == path).map(|(_, answer)| answer);
    log.lock().expect("the log").push(path);
    let answer = match answer {
        Some(Answer::File(body)) => {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        }
        Some(Answer::Elsewhere(address)) => {
            format!(
                "HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    };
    let mut stream = reader.into_inner();
    // Whoever asks may have hung up, which is no matter of this side.
    let _ = stream.write_all(answer.as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
}
