//! Lists over several pages.

use serde_json::json;

use super::script::{Reply, Stage};

const FIRST: &str = "https://management.azure.com/subscriptions/s/resources?api-version=2021-04-01";

fn page(items: &[u32], member: &str, link: &str) -> Reply {
    Reply::json(200, &json!({ "value": items, member: link }).to_string())
}

#[tokio::test]
async fn both_kinds_of_links_are_followed_as_they_are() {
    let second = "https://management.azure.com/subscriptions/s/resources?api-version=2021-04-01&%24skiptoken=a%2Bb%3d";
    let third = "https://management.azure.com/subscriptions/s/resources?$skip=2&api-version=2021-04-01";
    let stage = Stage::new([
        page(&[1, 2], "nextLink", second),
        page(&[3], "@odata.nextLink", third),
        Reply::json(200, r#"{"value":[4]}"#),
    ]);
    let items = stage.client.list(Stage::get(FIRST)).await.expect("three pages");
    assert_eq!(items, [1, 2, 3, 4]);
    let urls: Vec<String> = stage.received().into_iter().map(|request| request.url).collect();
    assert_eq!(urls, [FIRST, second, third]);
}

#[tokio::test]
async fn an_empty_null_or_absent_link_is_the_end() {
    for body in [r#"{"value":[1],"nextLink":""}"#, r#"{"value":[1],"nextLink":null,"@odata.nextLink":null}"#, r#"{"value":[1]}"#]
    {
        let stage = Stage::new([Reply::json(200, body)]);
        assert_eq!(stage.client.list(Stage::get(FIRST)).await.expect("one page"), [1]);
        assert_eq!(stage.sent(), 1);
    }
    let stage = Stage::new([Reply::json(200, r#"{"value":null}"#)]);
    assert_eq!(stage.client.list(Stage::get(FIRST)).await.expect("an empty page").len(), 0);
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    for link in
        ["https://evil.example/x", "//evil.example/x", "http://management.azure.com/x", "https://management.azure.com:8443/x"]
    {
        let stage = Stage::new([page(&[1], "nextLink", link)]);
        let problem = stage.client.list(Stage::get(FIRST)).await.expect_err(link);
        assert_eq!((problem.code.as_str(), stage.sent()), ("listBroken", 1), "{link}");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_ended() {
    let other = "https://management.azure.com/subscriptions/s/resources?page=2";
    for (script, sent) in
        [(vec![page(&[1], "nextLink", FIRST)], 1), (vec![page(&[1], "nextLink", other), page(&[2], "nextLink", other)], 2)]
    {
        let stage = Stage::new(script);
        let problem = stage.client.list(Stage::get(FIRST)).await.expect_err("a loop");
        assert_eq!((problem.code.as_str(), stage.sent()), ("listBroken", sent));
    }
}

#[tokio::test]
async fn a_list_with_ever_new_links_is_ended_too() {
    let script = (0..10_001).map(|n| page(&[n], "nextLink", &format!("{FIRST}&page={n}")));
    let stage = Stage::new(script);
    let problem = stage.client.list(Stage::get(FIRST)).await.expect_err("it never ends");
    assert_eq!((problem.code.as_str(), stage.sent()), ("listBroken", 10_000));
}

#[tokio::test]
async fn a_page_without_its_list_is_not_taken_for_an_empty_one() {
    for body in ["{}", r#"{"error":{"code":"None"}}"#, r#"{"value":{}}"#, "[]", ""] {
        let stage = Stage::new([Reply::json(200, body)]);
        assert!(stage.client.list(Stage::get(FIRST)).await.is_err(), "{body}");
    }
}
