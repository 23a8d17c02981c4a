//! How a command ends: its exit code, and what it says last.

use crate::contract;
use crate::domain::problem::Problem;
use crate::domain::report::{Report, RunStatus};
use crate::render;

use super::next;
use super::session::Session;

/// The exit code of a run that waits, with `--detailed-exitcode`.
pub(super) const WAITING: u8 = 8;

/// The exit code of a plan with changes, with `--detailed-exitcode`.
pub(super) const CHANGES: u8 = 10;

/// The exit code of a command that was carried out, or its problem.
pub(super) type End = Result<u8, Problem>;

/// Shows where a run stands as the result of a command, and gives its exit code: that of the problem that stopped it,
/// else 0, and 8 for one that waits where that was asked for.
#[must_use]
pub(super) fn of_run(session: &Session, report: &Report) -> u8 {
    session.progress.clear();
    let printer = &session.printer;
    printer.result(|| render::report::text(report, &next::going_on(session), printer.width()), || contract::report::text(report));
    match (&report.problem, report.status) {
        (Some(problem), _) => problem.exit_code(),
        (None, RunStatus::Waiting) if session.global.detailed_exitcode => WAITING,
        (None, _) => 0,
    }
}
