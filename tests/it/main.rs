//! Every story that crosses the whole path, in one binary.

mod dependents;
mod recordings;
