//! The seam between the cases and the stand-in for GitHub.
//!
//! A case's `[github]` table is handed over as it is written: its keys belong to the stub. The stub finds the
//! repository's commits, as git objects, in the checkout.

use crate::checkout::Checkout;
use crate::request::Stub;

/// Starts a GitHub that knows what the table says.
pub fn start(known: &toml::Table, checkout: &Checkout) -> Result<Box<dyn Stub>, String> {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    Err(format!("no stand-in for GitHub serves {} in {}", names.join(", "), checkout.path().display()))
}
