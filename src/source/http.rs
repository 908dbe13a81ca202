//! An HTTP endpoint that answers with observations (`schemas/observations.v1.json`), as they are or signed.
//!
//! It is asked once in a run: `GET ADDRESS?from=…&to=…&step=…`, the first and the last grid point in RFC 3339 and the
//! seconds between two of them. It may answer with more than was asked for, so that a file on a plain server is an
//! endpoint, too. Answers are capped, no redirect is followed, and whatever is no answer is a gap.

use super::{Range, instant};
use crate::budget::gap::Gap;
use crate::http::{Address, AddressError, Client, Credentials, Response};
use crate::tree::MAX_FILE;

/// An endpoint.
#[derive(Debug)]
pub struct Endpoint<'a> {
    /// Asks.
    client: &'a Client,
    /// Where.
    address: Address,
    /// Who asks.
    credentials: Credentials,
}

impl<'a> Endpoint<'a> {
    /// An endpoint at an address.
    ///
    /// # Errors
    /// When the address cannot be asked, or a secret would travel unencrypted.
    pub fn new(client: &'a Client, url: &str, credentials: Credentials) -> Result<Self, AddressError> {
        let address = Address::for_credentials(url, &credentials)?;
        Ok(Self { client, address, credentials })
    }

    /// Where it is, without secrets.
    #[must_use]
    pub fn describe(&self) -> String {
        self.address.to_string()
    }

    /// What it answers about a stretch of the grid.
    ///
    /// # Errors
    /// The gap, when there is no answer, or one that holds no observations.
    pub fn fetch(&self, range: Range) -> Result<Vec<u8>, Gap> {
        let question =
            [("from", instant(range.first)), ("to", instant(range.last)), ("step", range.step.to_string())];
        let cap = usize::try_from(MAX_FILE).unwrap_or(usize::MAX);
        let get = self.address.ask_itself(&question, self.credentials.clone(), cap);
        let answer = self.client.get_all(vec![get]).pop();
        let lost = || Gap::Unreachable { detail: format!("`{}` gave no answer at all", self.address) };
        let answer =
            answer.ok_or_else(lost)?.map_err(|error| Gap::Unreachable { detail: error.to_string() })?;
        self.whole(answer)
    }

    /// The body of an answer that is one.
    fn whole(&self, answer: Response) -> Result<Vec<u8>, Gap> {
        let is_page = answer.content_type.as_deref().is_some_and(|kind| kind.starts_with("text/html"));
        let why = match (answer.status, is_page) {
            (200, false) => return Ok(answer.body),
            (200, true) => "a page for people instead of observations".to_owned(),
            (401 | 403, _) => {
                format!(
                    "{}: it wants other credentials (SLOGATE_OBSERVATIONS_TOKEN, _USER, _HEADERS)",
                    answer.status
                )
            }
            (404, _) => "404: no observations lie there".to_owned(),
            (status, _) => format!("{status}"),
        };
        Err(Gap::Unreachable { detail: format!("`{}` answered {why}", self.address) })
    }
}
