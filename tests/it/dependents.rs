//! Dependents on a simulated Azure, whole path: found, read, moved, proven, and what cannot be seen is said.

mod blindfold;
mod finding;
mod meddler;
mod moving;
mod stage;
