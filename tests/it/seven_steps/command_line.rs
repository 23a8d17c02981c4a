//! From the command line, against a world that this process serves: what goes along with the next command, and what is refused.

use serde_json::Value;

use super::rig::films;
use crate::binary::{Ended, refused, text};
use crate::locators::rig::certificate;
use crate::served::Azure;

const PLAN: &str = "-g prod --storage-account stprod --media-v2 media-v2";

/// The commands that a text tells, without what the place gives to every command.
fn told(azure: &Azure, text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for part in text.split("keyroll ").skip(1) {
        let end = part.find(['\n', '`']).unwrap_or(part.len());
        let sentence = part[..end].split(", or ").next().unwrap_or_default().trim_end_matches([',', '.']);
        let own = azure.place.options();
        let mut words: Vec<&str> = Vec::new();
        let mut rest = sentence.split_whitespace();
        while let Some(word) = rest.next() {
            let given = own.iter().any(|option| option.split('=').next() == Some(word));
            if given {
                rest.next()
            } else {
                words.push(word);
                None
            };
        }
        commands.push(words.join(" "));
    }
    commands
}

fn hints(ended: &Ended) -> String {
    let problem = ended.json();
    let hints = problem["hints"].as_array().expect("hints").iter().filter_map(Value::as_str);
    hints.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_option_without_the_other_is_refused_before_anybody_signs_in() {
    let azure = Azure::serve(films(), 600);
    for command in ["plan", "rotate --yes", "plan --with-account other"] {
        let alone = azure.run(&format!("{command} {PLAN} --include-sas"));
        let problem = refused(&alone, 2, "addressFileMissing");
        assert_eq!(problem["message"], "SAS locators change their address, and no file was named for the new ones");
        assert_eq!(azure.run(&format!("{command} {PLAN} --address-file a.jsonl")).code, 2);
        let nobody = azure.run(&format!("{command} --storage-account stprod --include-sas --address-file a.jsonl"));
        assert_eq!(nobody.code, 2, "{nobody:?}");
    }
    assert_eq!(azure.run("rotate --plan p.json --include-sas --address-file a.jsonl --yes").code, 2);
    assert_eq!(azure.simulator.audit().all_calls(), 0);
}

#[test]
fn what_an_account_is_said_to_hold_is_told_from_what_is_not_clear() {
    let azure = Azure::serve(films(), 600);
    let pem = azure.place.file("management.pem", certificate(2090));
    let plan = |more: &str| azure.run(&format!("plan {PLAN} {more}"));
    for (more, part) in [
        (format!("--certificate {pem} --media-v2-holds other=key1"), "other of --media-v2-holds is none of"),
        (format!("--certificate {pem} --media-v2-holds key1,media-v2=key2"), "media-v2 is said to hold both keys"),
        ("--media-v2-holds key1".to_owned(), "media-v2 reads the keys by itself"),
    ] {
        let problem = refused(&plan(&more), 2, "mediaV2HoldsUnclear");
        assert!(problem["message"].as_str().is_some_and(|message| message.contains(part)), "{problem}");
    }
    for wrong in ["key3", "=key1", "media-v2="] {
        assert_eq!(plan(&format!("--certificate {pem} --media-v2-holds {wrong}")).code, 2, "{wrong}");
    }
    let planned = plan(&format!("--certificate {pem} --media-v2-holds secondary"));
    assert_eq!((planned.code, &planned.json()["mediaV2"][0]["holds"]), (0, &Value::from("key2")), "{planned:?}");
    assert_eq!(planned.json()["active"], "key2");
    let shown = plan(&format!("--certificate {pem} --media-v2-holds media-v2=secondary -o table"));
    assert!(shown.stdout.contains("--media-v2-holds media-v2=key2"), "{shown:?}");
}

#[test]
fn what_is_told_goes_on_with_the_certificate_and_the_file_and_shows_no_address() {
    let azure = Azure::serve(films(), 1500);
    let pem = azure.place.file("management.pem", certificate(2090));
    let line = format!("{PLAN} --certificate {pem} --include-sas --address-file addresses.jsonl");
    let planned = azure.run(&format!("plan {line} --out p.json"));
    assert_eq!(planned.code, 0, "{planned:?}");
    let plan = planned.json();
    let place = azure.place.path("addresses.jsonl");
    assert_eq!(plan["options"]["addressFile"], place.canonicalize().unwrap_or(place.clone()).to_str().expect("text"));
    let names = plan["acceptances"].as_array().expect("names").iter().map(|needed| needed["name"].as_str().expect("text"));
    let names: Vec<&str> = names.collect();
    assert!(names.iter().all(|name| !name.starts_with("sas-")), "{names:?}");

    // From the plan that was kept, and from the options: each is the whole command.
    let next = azure.run(&format!("plan {line} --out p.json -o table"));
    let kept = told(&azure, next.stdout.split("next: ").nth(1).expect("a next command")).remove(0);
    assert!(kept.starts_with(&format!("rotate --plan p.json --certificate {pem}")), "{kept}");
    let fresh = azure.run(&format!("plan {line} -o table"));
    let fresh = told(&azure, fresh.stdout.split("next: ").nth(1).expect("a next command")).remove(0);
    assert!(fresh.contains("--include-sas --address-file addresses.jsonl"), "{fresh}");

    let begun = azure.run(&format!("{kept} --yes --run-id chg1 --no-wait -o table"));
    assert_eq!(begun.code, 0, "{begun:?}");
    let about_it: Vec<String> = told(&azure, &begun.stdout).into_iter().filter(|it| it.contains("--run-id")).collect();
    assert_eq!(about_it.len(), 2, "abort and resume: {about_it:?}");
    for command in about_it {
        let goes_along = format!(" --certificate {pem}");
        assert!(command.contains("--run-id chg1 ") && command.ends_with(&goes_along), "{command}");
    }
    let status = azure.run("status --run-id chg1 -o table");
    assert!(status.stdout.contains("With the same --certificate as before"), "{status:?}");
    let by_hand = azure.run("status --run-id chg1 --manual -o table");
    assert!(by_hand.stdout.contains("write down every locator of media-v2"), "{by_hand:?}");

    let other = azure.run(&format!("{fresh} --yes --run-id chg2"));
    refused(&other, 9, "unfinishedRun");
    let hint = hints(&other);
    assert_eq!(hint.matches(&format!("--certificate {pem}")).count(), 2, "resume and abort: {hint}");
    let missing = azure.run("resume --run-id chg1");
    refused(&missing, 2, "certificateMissing");

    let go_on = told(&azure, &hint).remove(0);
    assert!(go_on.starts_with("resume --run-id chg1"), "{go_on}");
    let done = azure.run(&go_on);
    assert_eq!((done.code, &done.json()["state"]), (0, &Value::from("done")), "{done:?}");
    let addresses = text(&place);
    assert_eq!(addresses.matches("\"new\"").count(), 3, "one for each round");
    let journals: Vec<String> = journals(&azure);
    assert_eq!(journals.len(), 4, "the run and its three parts");
    let mut texts = vec![&planned, &next, &begun, &status, &by_hand, &other, &missing, &done]
        .into_iter()
        .flat_map(|ended| [ended.stdout.as_str(), ended.stderr.as_str()])
        .collect::<Vec<_>>();
    texts.extend(journals.iter().map(String::as_str));
    azure.leaks_nothing(&texts);
    assert!(texts.iter().all(|text| !text.contains("sig=")), "a signature was told");

    // The file holds something now, and is nobody else's.
    let taken = azure.run(&format!("rotate {line} --yes --run-id chg3 --accept {}", names.join(",")));
    assert_ne!(taken.code, 0, "{taken:?}");
    assert_eq!(text(&place), addresses);
}

/// Everything that the state folder keeps of runs.
fn journals(azure: &Azure) -> Vec<String> {
    let runs = std::fs::read_dir(azure.place.path("state/runs")).expect("runs");
    let files = runs.map(|run| run.expect("a run").path().join("journal.jsonl")).filter(|file| file.exists());
    files.map(|file| text(&file)).collect()
}
