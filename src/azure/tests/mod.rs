//! The door to Azure, tested with a scripted server and a clock that never really waits.

mod credential;
mod gone;
mod operations;
mod pages;
mod policy;
mod recorded;
mod repeating;
mod script;
mod signing_in;
mod streams;
