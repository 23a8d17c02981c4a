//! An AMS v2 account that depends on the keys: it is handed them with a client certificate, or told to read them again.

mod holds;
mod jobs;
mod rolling;

use keyroll::contract::world::{MediaAccount, MediaV2Account, World};

use crate::rig::Rig;
use crate::worlds::{account, id, lonely};

/// The account's id.
fn media() -> String {
    id("Microsoft.Media/mediaservices", "ams1")
}

/// One storage account and one AMS v2 account with two locators, which was given this slot's key.
fn world(slot: &str) -> World {
    let mut world = lonely();
    world.media_accounts.push(MediaAccount::new(&media(), &account()));
    let mut face = MediaV2Account::new(&media(), &account()).with_locators(2, 1);
    slot.clone_into(&mut face.keys[0].slot);
    world.media_v2_accounts.push(face);
    world
}

/// Somebody with a certificate, who names the account.
fn handed(world: World) -> Rig {
    let mut rig = Rig::new(world);
    rig.name_media_v2(true);
    rig
}
