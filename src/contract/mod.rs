//! JSON in and out: versioned, additive, apart from the domain.

pub mod cloud;
pub mod token;
