//! Every story that crosses the whole path, in one binary.

mod around_the_account;
mod dependents;
mod recordings;
