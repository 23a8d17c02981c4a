//! A bug, told plainly: where it is, and that the journal is intact. What a panic carries is not shown; it may hold anything.

use crate::domain::problem::Problem;
use crate::render;

/// Replaces the standard message of a panic.
pub(super) fn speak_plainly() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let problem = Problem::failed("bug", format!("keyroll {} has a bug{place}, and had to stop", super::version()))
            .hint("the journal of a run is intact: see `keyroll status`, and go on with `keyroll resume`")
            .hint("report it with the place named here; it holds no secret");
        render::printer::last_words(&render::problem::text(&problem));
    }));
}
