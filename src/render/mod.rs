//! The only place that prints. stdout is data, stderr is people; everything is understandable without colour.
//!
//! [`printer`] owns both streams; the other files turn domain values into text and hand it over.

pub mod checkup;
pub mod customer_key;
pub mod dependents;
pub mod events;
pub mod frames;
pub mod html;
pub mod keys;
pub mod locators;
pub mod manual;
pub mod moment;
pub mod no_echo;
pub mod paragraph;
pub mod plan;
pub mod printer;
pub mod problem;
pub mod progress;
pub mod report;
pub mod runs;
pub mod schemas;
pub mod style;
pub mod sync;
pub mod table;
