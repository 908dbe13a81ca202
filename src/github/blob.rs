//! Files by their ids, one by one or many in one call.
//!
//! Whatever the way, what comes back is checked against the id that was asked for. GraphQL sends text alone, and cuts it
//! where it is long: a file that it does not send whole, or as it is, is read by itself.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::GitHub;
use super::call::{Call, Form, GitHubError, encode};
use super::query::Inquiry;
use crate::git;

/// The largest file that is remembered for the rest of the run, in bytes.
const REMEMBERED: usize = 1024 * 1024;

/// The most files of one call.
const MOST_FILES: usize = 100;

/// The most bytes that the files of one call have together: GitHub gives up a question that takes it ten seconds.
const MOST_BYTES: u64 = 1024 * 1024;

/// The largest file that is asked for with others, in bytes: GitHub cuts a text of half a megabyte.
const LARGEST: u64 = 256 * 1024;

/// Files that are read in one call.
#[derive(Debug, Default)]
pub struct Batch {
    /// Their ids.
    ids: BTreeSet<String>,
    /// How many bytes they have together.
    bytes: u64,
}

impl Batch {
    /// Takes a file of so many bytes; false once it is full.
    pub fn take(&mut self, id: &str, size: Option<u64>) -> bool {
        let Some(size) = size.filter(|size| *size <= LARGEST && git::is_full_id(id)) else { return true };
        if self.ids.len() >= MOST_FILES || self.bytes.saturating_add(size) > MOST_BYTES {
            return false;
        }
        if self.ids.insert(id.to_owned()) {
            self.bytes += size;
        }
        true
    }

    /// Whether nothing is read in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// A file as GraphQL sends it.
#[derive(Deserialize)]
struct WireBlob {
    /// Its text; null where it is none, and cut where it is long.
    text: Option<String>,
}

impl GitHub {
    /// Whether a file is remembered, or was asked for with others before.
    #[must_use]
    pub fn has_asked_for(&self, id: &str) -> bool {
        self.blobs.borrow().contains_key(id) || self.asked.borrow().contains(id)
    }

    /// Reads files ahead. What does not come, or not as it is, is read by itself when it is wanted.
    pub fn read_ahead(&self, batch: &Batch) {
        // One file takes one call either way.
        if batch.ids.len() < 2 {
            return;
        }
        let mut inquiry = Inquiry::default();
        for id in &batch.ids {
            inquiry.add(&format!("object(oid: \"{id}\") {{ ... on Blob {{ text }} }}"));
        }
        let found = self.ask::<WireBlob>("read files", &inquiry);
        self.asked.borrow_mut().extend(batch.ids.iter().cloned());
        for (id, found) in batch.ids.iter().zip(found) {
            let bytes = found.and_then(|found| found.text).map(String::into_bytes);
            if let Some(bytes) = bytes.filter(|bytes| git::blob_id(bytes).as_ref() == Some(id)) {
                self.blobs.borrow_mut().insert(id.clone(), bytes);
            }
        }
    }

    /// A file's bytes by its id, at most `limit` of them; `path` is what people call it.
    ///
    /// # Errors
    /// When there is no such file, when it is larger, or when GitHub does not answer with that file.
    pub fn blob(&self, id: &str, path: &str, limit: u64) -> Result<Vec<u8>, GitHubError> {
        if let Some(bytes) = self.blobs.borrow().get(id) {
            return Ok(bytes.clone());
        }
        let what = format!("read the file `{path}`");
        let address = format!("{}/git/blobs/{}", self.root, encode(id, b""));
        let bytes = self.line.send(Call { form: Form::Raw, limit, ..Call::get(&address, &what) })?.body;
        if git::blob_id(&bytes).as_deref() != Some(id) {
            let why = "what it sent is not that file".to_owned();
            return Err(GitHubError::Unreachable { what, why });
        }
        if bytes.len() <= REMEMBERED {
            self.blobs.borrow_mut().insert(id.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_an_end_and_passes_over_what_is_read_by_itself() {
        let id = |number: u64| format!("{number:040x}");
        let mut batch = Batch::default();
        assert!((0..100).all(|number| batch.take(&id(number), Some(10))));
        assert!(!batch.take(&id(100), Some(10)));
        let mut batch = Batch::default();
        assert!((0..4).all(|number| batch.take(&id(number), Some(LARGEST))));
        assert!(!batch.take(&id(4), Some(1)));
        let mut batch = Batch::default();
        for (id, size) in [(id(1), Some(LARGEST + 1)), (id(2), None), ("\") { id } #".to_owned(), Some(1))] {
            assert!(batch.take(&id, size));
        }
        assert!(batch.take(&id(3), Some(7)) && batch.take(&id(3), Some(7)));
        assert_eq!((batch.ids.len(), batch.bytes), (1, 7));
    }
}
