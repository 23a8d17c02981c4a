//! What says that a locator of AMS v2 is gone, and what says nothing.

use crate::azure::media_v2::MediaV2;
use crate::domain::problem::Kind;

use super::script::{Reply, Stage};

const ID: &str = "nb:lid:UUID:be245661-2bbd-4fc6-b14f-9cf9a1492e5e";
const OWN: &str = r#"{"odata.error":{"code":"","message":{"lang":"en-US","value":"Resource Locator not found"}}}"#;

fn media(reply: Reply) -> (Stage, MediaV2) {
    let stage = Stage::new([reply]);
    let media = MediaV2::at(stage.client.clone(), "https://ams1.restv2.westeurope.media.azure.net/api/").expect("AMS v2");
    (stage, media)
}

#[tokio::test]
async fn the_services_own_404_says_that_it_is_gone() {
    let (_stage, service) = media(Reply::json(404, OWN));
    assert!(service.locator(ID).await.expect("an answer").is_none());
    let (_stage, service) = media(Reply::json(404, OWN));
    assert!(!service.delete_locator(ID).await.expect("an answer"));
}

#[tokio::test]
async fn a_strangers_404_says_nothing_of_it() {
    for body in ["", "<html>404 Not Found</html>", &OWN[..40], r#"{"error":{"code":"NotFound","message":"no route"}}"#] {
        let (_stage, service) = media(Reply::json(404, body));
        let problem = service.locator(ID).await.expect_err(body);
        assert_eq!((problem.code.as_str(), problem.http_status), ("unexpectedAnswer", Some(404)), "{body}");
        let (stage, service) = media(Reply::json(404, body));
        assert_eq!(service.delete_locator(ID).await.expect_err(body).kind, Kind::OutcomeUnknown, "{body}");
        assert_eq!(stage.sent(), 1, "looked up before it is repeated");
    }
    let (_stage, service) = media(Reply::json(404, "<html>404 Not Found</html>"));
    let problem = service.locators().await.expect_err("no list");
    assert_eq!((problem.kind, problem.code.as_str()), (Kind::NotFound, "noMediaService"), "there is no account at all");
}
