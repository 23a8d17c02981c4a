//! A report as one HTML page that needs nothing else: for change tickets and auditors.

mod locators;

use crate::domain::report::Report;

use super::report;

pub use locators::page as locators_page;

const HEAD: &str = "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem}\
pre{font:14px/1.45 ui-monospace,monospace;white-space:pre;overflow-x:auto}</style>";

/// The page: the same words as the report for people.
#[must_use]
pub fn page(run: &Report) -> String {
    let text = anstream::adapter::strip_str(&report::text(run, "", None)).to_string();
    let title = escaped(&format!("{} · run {}", report::account_name(run), run.run_id));
    let mut sections = text.split("\n\n");
    let head = escaped(sections.next().unwrap_or_default());
    let body: String = sections
        .flat_map(|section| {
            let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
            ["<h2>".to_owned(), escaped(heading), "</h2>\n<pre>".to_owned(), escaped(rest), "</pre>\n".to_owned()]
        })
        .collect();
    whole(&title, &format!("<pre>{head}</pre>\n{body}"))
}

/// A page of this title, which is escaped already, as the body is.
fn whole(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>{title}</title>{HEAD}</head>\n<body><h1>{title}</h1>\n{body}</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_servers_are_text_and_never_markup() {
        assert_eq!(escaped("<script>\"&"), "&lt;script&gt;&quot;&amp;");
    }
}
