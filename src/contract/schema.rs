//! The JSON Schemas of everything that is read or written, as `keyroll schema NAME` prints them.
//!
//! They are generated from the types, and committed under `schemas/`. As published they let every document of this program have
//! members that a newer one added; whatever a person or a host writes may not. The tests are stricter: **every** document that
//! any of them produces has to fit its schema with no member beyond it, or the test fails.
//!
//! # Adding a document `keyroll.someThing/1`
//!
//! 1. Under the `derive` of its type and of every type in it: `#[cfg_attr(test, derive(schemars::JsonSchema))]`. Where a
//!    member holds JSON of its own: `#[cfg_attr(test, schemars(with = "ThatType"))]`.
//! 2. `echo {} > schemas/some-thing.json`.
//! 3. In `cli/schema/generated.rs` the line `("some-thing", produced::<SomeThingDocument>()),`.
//! 4. `SNAPSHOTS=overwrite cargo test --lib schemas_are_what_the_types_say`.
//!
//! From then on every test that makes one checks it: the printer in the library's tests, and the real binary's streams, its
//! journals and a host's frames in `tests/it`.

#[cfg(test)]
#[expect(unreachable_pub, reason = "the stories use this file, too")]
pub(crate) mod validation;

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::DeflateDecoder;

/// Every schema by its name, with its text, in the order of their names.
pub static ALL: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| TEXT.split_terminator('\0').filter_map(|one| one.split_once('\n')).collect());

/// What `build.rs` packed: for each schema its name on a line, its text, and a NUL.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let packed: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schemas"));
    let mut text = String::new();
    // A test holds that all of them are there.
    let _ = DeflateDecoder::new(packed).read_to_string(&mut text);
    text
});

/// The schema of this name.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What a document of the schema with this name calls itself: `host-frame` would be `keyroll.hostFrame/1`.
#[must_use]
pub fn id(name: &str) -> String {
    format!("{}.{}/1", env!("CARGO_PKG_NAME"), super::request::member_name(name))
}

/// Fails the test whose document does not fit.
#[cfg(test)]
#[track_caller]
pub(crate) fn demand(text: &str) {
    static VALIDATION: LazyLock<validation::Validation> = LazyLock::new(|| validation::Validation::of(&ALL));
    VALIDATION.demand(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::Any;
    use crate::contract::{event, plan, problem, world};
    use crate::domain::event::Entry;

    #[test]
    fn whatever_is_written_fits_its_schema() {
        for seed in 0..60 {
            let mut any = Any(seed);
            demand(&plan::text(&any.plan()));
            demand(&problem::text(&any.problem()));
            for (place, event) in any.events().into_iter().enumerate() {
                let entry = Entry { sequence: place as u64, time: any.time(), event };
                demand(&event::line(&entry, event::FIRST));
                demand(&event::streamed("run", &entry));
            }
        }
        demand(&world::World::default().to_json());
    }

    #[test]
    fn names_are_unique_and_in_order() {
        assert!(ALL.is_sorted_by(|one, other| one.0 < other.0));
        assert_eq!((id("host-frame").as_str(), text("host-fram")), ("keyroll.hostFrame/1", None));
    }
}
