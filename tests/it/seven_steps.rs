//! The procedure of Microsoft's AMS v2 article as one rotation: secondary regenerated, synced, 30 minutes, locators, primary
//! regenerated, synced, 30 minutes, locators; and what becomes of it when something gets in between.

mod aborting;
mod addresses;
mod article;
mod certificate;
mod command_line;
mod consequences;
mod crashes;
mod detached;
mod orphaned;
mod others;
mod planned;
mod rig;
mod several;
mod simulation;
mod streams;
