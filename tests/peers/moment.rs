//! A server as it answers at one instant, for tools that can only ask about now.
//!
//! It hands every query on, with that instant instead of the one that may be there, and the answer back as it is.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::server::Server;

/// What stands between a tool and a server while it is there.
pub struct Moment {
    /// Listens.
    listener: Arc<tiny_http::Server>,
    /// Hands on.
    thread: Option<JoinHandle<()>>,
}

impl Moment {
    /// Listens on a port of its own, and asks that server at that instant.
    pub fn of(server: &Server, instant: i64) -> Self {
        let listener = Arc::new(tiny_http::Server::http("127.0.0.1:0").expect("a free port"));
        let (hears, asks) = (Arc::clone(&listener), server.line());
        let thread = thread::spawn(move || {
            for request in hears.incoming_requests() {
                let answer = asks.get(&at(request.url(), instant));
                let (status, text) = match answer {
                    Ok(body) => (200, body),
                    Err(error) => (502, error.to_string()),
                };
                let response = tiny_http::Response::from_string(text).with_status_code(status);
                request.respond(response).expect("the tool listens");
            }
        });
        Self { listener, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.server_addr())
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        self.listener.unblock();
        // What went wrong in it has shown in the tool.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// The target of a query, asked at an instant.
fn at(target: &str, instant: i64) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("time=")).collect();
    format!("{path}?{}&time={instant}", kept.join("&"))
}
