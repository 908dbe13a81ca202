//! slogate
fn main() {}
