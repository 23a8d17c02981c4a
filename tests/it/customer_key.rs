//! Customer-managed keys of media accounts, on the simulated Azure from end to end.

mod applying;
mod bad_input;
mod collection;
mod command_line;
mod crashes;
mod recorded;
mod removing;
mod rig;
mod rolling;
mod second_look;
mod simulation;
mod wire;
