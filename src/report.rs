//! Everything there is to say, for those who are told.

pub mod problem;
