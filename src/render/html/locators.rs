//! A run that recreated locators as a page: what the report says, when each locator was away, and what was left and why.

use std::fmt::Write as _;

use time::OffsetDateTime;

use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::text::visible;
use crate::render::{locators, moment};

use super::{escaped, whole};

/// How many locators the picture has: those that were away longest.
const DRAWN: usize = 200;

/// Width of the bars, and height of a row, in pixels.
const WIDTH: f64 = 640.0;
const ROW: usize = 16;

/// The page. Names are the service's, and text only.
#[must_use]
pub fn page(run: &LocatorReport) -> String {
    let title = text(&format!("{} · locators · run {}", run.account, run.run_id));
    let words = anstream::adapter::strip_str(&locators::report(run, "", None)).to_string();
    let body = format!("<pre>{}</pre>\n{}{}", escaped(&words), picture(run), left(run));
    whole(&title, &body)
}

/// A bar for each locator from when it was deleted until it was back, on one axis of time.
fn picture(run: &LocatorReport) -> String {
    let mut drawn: Vec<(&LocatorLine, OffsetDateTime)> =
        run.locators.iter().filter_map(|line| Some((line, line.away.since?))).collect();
    let all = drawn.len();
    if all == 0 {
        return "<h2>When locators were away</h2>\n<p>None was.</p>\n".to_owned();
    }
    // Who is not back yet was away longest of all.
    drawn.sort_by_key(|(line, _)| std::cmp::Reverse(line.away.lasted().unwrap_or(std::time::Duration::MAX)));
    drawn.truncate(DRAWN);
    drawn.sort_by_key(|(_, since)| *since);
    let first = drawn[0].1;
    let known = drawn.iter().map(|(line, since)| line.away.until.unwrap_or(*since));
    let last = known.chain(run.finished).max().unwrap_or(first);
    let span = (last - first).as_seconds_f64().max(0.001);
    let place = |at: OffsetDateTime| ((at - first).as_seconds_f64() / span * WIDTH).clamp(0.0, WIDTH);

    let height = (drawn.len() + 1) * ROW + 8;
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"when each locator was away\" width=\"1000\" height=\"{height}\" \
         font-family=\"ui-monospace,monospace\" font-size=\"11\">\n<text x=\"330\" y=\"12\">{}</text>\
         <text x=\"970\" y=\"12\" text-anchor=\"end\">{} UTC</text>\n",
        moment::exact(first),
        moment::exact(last)
    );
    for (row, (line, since)) in drawn.iter().enumerate() {
        let top = (row + 1) * ROW;
        let (from, to) = (place(*since), line.away.until.map_or(WIDTH, place));
        let (colour, how_long) = match line.away.lasted() {
            Some(lasted) => ("#3b7dd8", moment::brief(lasted)),
            None => ("#c62828", "not back".to_owned()),
        };
        let id = line.id.rsplit(':').next().unwrap_or(&line.id);
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<g><title>{} · asset {} · {how_long}</title><text x=\"0\" y=\"{}\">{}</text>\
             <rect x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"10\" fill=\"{colour}\"/>\
             <text x=\"978\" y=\"{}\" text-anchor=\"start\">{how_long}</text></g>",
            text(&line.id),
            text(&line.asset),
            top + 11,
            text(&short(id)),
            330.0 + from,
            top + 2,
            (to - from).max(1.5),
            top + 11,
        );
    }
    let which = if all > DRAWN { format!("<p>The {DRAWN} of {all} that were away longest.</p>\n") } else { String::new() };
    format!("<h2>When locators were away</h2>\n{which}{svg}</svg>\n")
}

/// Everything that is not back as it was, with the reason.
fn left(run: &LocatorReport) -> String {
    let mut rows = String::new();
    for line in run.locators.iter().filter(|line| line.standing != Standing::Restored) {
        let cells = [line.id.as_str(), line.asset.as_str(), &moment::date(line.expires), line.standing.name(), line.how.as_str()];
        let cells = cells.map(|cell| format!("<td>{}</td>", text(cell))).concat();
        let _ = writeln!(rows, "<tr>{cells}</tr>");
    }
    if rows.is_empty() {
        return String::new();
    }
    let heads: String =
        ["locator", "asset", "expires", "state", "why"].map(|head| format!("<th align=\"left\">{head}</th>")).concat();
    format!("<h2>What was not recreated</h2>\n<table cellpadding=\"6\">\n<tr>{heads}</tr>\n{rows}</table>\n")
}

/// The first part of a long id: the picture has room for 40 characters.
fn short(id: &str) -> String {
    if id.chars().count() <= 40 { id.to_owned() } else { id.chars().take(39).chain(['…']).collect() }
}

fn text(untrusted: &str) -> String {
    escaped(&visible(untrusted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::away::Away;
    use crate::domain::report::RunStatus;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000) + time::Duration::seconds(seconds)
    }

    fn line(id: &str, standing: Standing, since: Option<i64>, until: Option<i64>, how: &str) -> LocatorLine {
        LocatorLine {
            id: id.into(),
            name: Some("<b>film</b>".into()),
            kind: LocatorKind::OnDemandOrigin,
            asset: "nb:cid:UUID:\"><script>alert(1)</script>".into(),
            expires: at(86_400),
            standing,
            how: how.into(),
            away: Away { since: since.map(at), until: until.map(at) },
        }
    }

    fn report(locators: Vec<LocatorLine>) -> LocatorReport {
        LocatorReport {
            run_id: "chg1".into(),
            account: "ams1".into(),
            status: RunStatus::Done,
            started: at(0),
            finished: Some(at(60)),
            parent: None,
            change_reference: Some("<img src=x onerror=alert(1)>".into()),
            tool: "keyroll".into(),
            identities: vec!["\u{202e}<i>".into()],
            address_file: None,
            seal: None,
            locators,
            streaming: None,
            problem: None,
        }
    }

    #[test]
    fn every_locator_has_its_bar_and_what_was_left_its_reason() {
        let page = page(&report(vec![
            line("nb:lid:UUID:one", Standing::Restored, Some(10), Some(12), "back as it was"),
            line("nb:lid:UUID:two", Standing::Restored, Some(20), Some(50), "back as it was"),
            line("nb:lid:UUID:three", Standing::Left, None, None, "its asset is gone"),
            line("nb:lid:UUID:four", Standing::Deleted, Some(30), None, "refused"),
        ]));
        assert_eq!(page.matches("<rect").count(), 3, "{page}");
        assert!(page.contains("a locator was away for 30s at most"), "{page}");
        assert!(page.contains("not back") && page.contains("#c62828"), "{page}");
        assert!(page.contains("<td>its asset is gone</td>"), "{page}");
        // Two of the fifty seconds from the first delete to the run's end.
        assert!(page.contains("x=\"330.0\" y=\"18\" width=\"25.6\""), "{page}");
    }

    #[test]
    fn names_of_the_service_are_text_and_the_page_needs_nothing_else() {
        let hostile = "nb:lid:UUID:</title></svg><script src=//evil>&\"\u{202e}";
        let page = page(&report(vec![
            line(hostile, Standing::Restored, Some(1), Some(2), "<script>"),
            line(hostile, Standing::Failed, Some(3), None, "<iframe src='javascript:x'>"),
        ]));
        for forbidden in ["<script", "<img", "<iframe", "<i>", "\u{202e}", "http:", "https:", "url(", "@import"] {
            assert!(!page.contains(forbidden), "{forbidden}: {page}");
        }
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn of_many_locators_the_longest_are_drawn() {
        let many = (0..1000)
            .map(|number| line(&format!("nb:lid:UUID:{number}"), Standing::Restored, Some(number), Some(2 * number + 1), ""));
        let page = page(&report(many.collect()));
        assert_eq!(page.matches("<rect").count(), DRAWN);
        assert!(page.contains("The 200 of 1000 that were away longest.") && page.contains(">999<"), "{page}");
    }
}
