//! The one HTTP client and its runtime, with a synchronous face.
