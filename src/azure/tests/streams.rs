//! A stream is asked as anybody asks it, once, and tells nothing but its own state.

use crate::domain::streaming::{STORAGE_AUTHENTICATION_FAILED, Sighting};

use super::script::{Reply, Stage};

const URL: &str = "http://ams1.streaming.mediaservices.windows.net/g/film.ism/Manifest";

#[tokio::test]
async fn a_stream_is_asked_without_a_credential_and_with_https() {
    let stage = Stage::new([Reply::json(206, "<SmoothStreamingMedia/>")]);
    assert_eq!(stage.client.glance_at_stream(URL).await, Sighting::Answers);
    let received = stage.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].url, URL.replace("http://", "https://"));
    assert_eq!((&received[0].authorization, &received[0].policy_token), (&None, &None));
    assert_eq!(received[0].range.as_deref(), Some("bytes=0-4095"));
    assert_eq!(stage.credential.asked(), 0, "nobody signs in for a stream");
}

#[tokio::test]
async fn whatever_comes_is_told_and_nothing_is_repeated_or_waited_for() {
    let refuses = |status, error: Option<&str>| Sighting::Refuses { status, error: error.map(str::to_owned) };
    for (reply, seen) in [
        (Reply::json(403, "MPE_STORAGE_AUTHENTICATION_FAILED 0x808900EA"), refuses(403, Some(STORAGE_AUTHENTICATION_FAILED))),
        (Reply::status(404), refuses(404, None)),
        (Reply::status(302).with("location", "https://evil.example/"), refuses(302, None)),
        (Reply::status(429).with("retry-after", "3600"), refuses(429, None)),
        (Reply::status(503), refuses(503, None)),
        (Reply::status(401).with("www-authenticate", "Bearer"), refuses(401, None)),
    ] {
        let stage = Stage::new([reply]);
        assert_eq!(stage.client.glance_at_stream(URL).await, seen);
        assert_eq!((stage.sent(), stage.waits().len(), stage.notices().len()), (1, 0, 0));
    }
    for reply in [Reply::no_connection(), Reply::reset(), Reply::Torn(200)] {
        let stage = Stage::new([reply]);
        let seen = stage.client.glance_at_stream(URL).await;
        let Sighting::Silent { why } = seen else { panic!("{seen:?}") };
        assert!(why.contains("ams1.streaming.mediaservices.windows.net"), "{why}");
        assert_eq!(stage.sent(), 1);
    }
}

#[tokio::test]
async fn the_date_of_a_stream_that_comes_from_a_cache_does_not_set_the_clock() {
    let stage = Stage::new([Reply::status(200).with("date", "Sat, 05 Nov 1994 08:49:37 GMT")]);
    let before = stage.client.clock().now();
    stage.client.glance_at_stream(URL).await;
    assert_eq!(stage.client.clock().now(), before);
}

#[tokio::test]
async fn what_is_no_streaming_url_of_this_cloud_is_not_asked() {
    let stage = Stage::new([Reply::status(200)]);
    for url in ["https://evil.example/g/", "https://ams1.streaming.media.azure.net/g/?sig=s", "nonsense", ""] {
        assert!(matches!(stage.client.glance_at_stream(url).await, Sighting::Silent { .. }), "{url}");
    }
    assert_eq!(stage.sent(), 0);
}
