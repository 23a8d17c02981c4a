//! The vectors were made by Microsoft's own Python libraries (azure-storage-blob 1.5.0, 2.1.0 and 12.31.1,
//! azure-storage-file-share 12.27.1, azure-storage-queue 12.18.1, azure-data-tables 12.7.0,
//! azure-storage-file-datalake 12.26.1) with an account and a key that do not exist.

use time::Duration;

use super::super::account::SlotKey;
use super::*;

const KEY: &str = "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09rh6O/2/QQLEhkgJy41PENKUVhfZm10e4KJkJeepayzug==";
const OTHER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg==";

/// What is opened, and the signature that opens it.
const VECTORS: [(&str, &str); 21] = [
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "st=2026-11-01T00%3A00%3A00Z&se=2026-12-01T00%3A00%3A00Z&sp=rl&spr=https&sv=2018-03-28&sr=c&sig=croPXJeCqhSC5mNNqP1PDlZafRhPIe/cavXkn2h32a4%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/cont/dir/a%20b.txt",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sip=10.0.0.1-10.0.0.9&sv=2018-03-28&sr=b&rscd=file%3B%20attachment&sig=PhPqAM%2Bo17wTvJeL6Yw4vWL3ArkBEXA3pnkIBpSmhxI%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1/inside.mp4",
        "sv=2018-03-28&si=my-policy&sr=c&sig=1nK48njVAwzEYdbPmkWu6yqPdYOp63WpXSM0BwhNnTY%3D",
    ),
    ("", "se=2026-12-01T00%3A00%3A00Z&sp=rwl&sv=2018-03-28&ss=bf&srt=sco&sig=llrG62zom5Q8%2BGo5pGiZDFpvN8KWFhwi48FkApQtg1U%3D"),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "st=2026-11-01T00%3A00%3A00Z&se=2026-12-01T00%3A00%3A00Z&sp=rl&spr=https&sv=2019-02-02&sr=c&sig=k829u82kEPVnTtvzw2it1XfT1X48Oj7TLSFN9hPck7M%3D",
    ),
    (
        "https://stacct-secondary.blob.core.windows.net/cont/dir/a%20b.txt",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sip=10.0.0.1-10.0.0.9&sv=2019-02-02&sr=b&rscd=file%3B%20attachment&sig=bVUm7sr/H9JM/MsmC2JHAJsMN8mah1Y7nmmGEDWzHCM%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "sv=2019-02-02&si=my-policy&sr=c&sig=arQK7xeVJDMu0JR2HcCvB3cKWW0B9EWSgq/xv4ELogQ%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/",
        "se=2026-12-01T00%3A00%3A00Z&sp=rwl&sv=2019-02-02&ss=bf&srt=sco&sig=lnxf4NiEc/WkXADfKZyKXJffFakjfC6Z6keZz4Y/nr0%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "st=2026-11-01T00%3A00%3A00Z&se=2026-12-01T00%3A00%3A00Z&sp=rl&spr=https&sv=2020-12-06&sr=c&sig=hh6Vvk754V8bFesFXgn00rpDGiQ33QFV5EaBvInpE3s%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "st=2026-11-01T00%3A00%3A00Z&se=2026-12-01T00%3A00%3A00Z&sp=rl&spr=https&sv=2022-11-02&sr=c&sig=p8GVGFR/nIcIYZjTc4nv0lo789xJe/FRtJYjTmsyKFk%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "sv=2022-11-02&si=p%201&sr=c&sig=RgZLc2mJmvZ%2BnFOXIiKiQcUOfu2nKLooIv3wBQgfZM8%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/asset-1",
        "se=2026-12-01T00%3A00%3A00Z&sp=rl&sv=2026-10-06&sr=c&ses=scope1&sig=Nt8StbisWYXj/ODdb8qA4/7rYckEw1l4v2978Uv7%2B%2B0%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/cont/dir/a%20b.txt",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sip=10.0.0.1&sv=2026-10-06&sr=b&rsct=text/plain&sig=XhCqjHEQnQbsc16lmueGriRArsbQnAl7LFHxwM5W9/4%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/cont/x",
        "versionid=2026-10-01T00%3A00%3A00.0000000Z&se=2026-12-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=bv&sig=sV8m9YOIVcMtourIEaAzZkwsbXt0VnUDutnlBwU5L%2BA%3D",
    ),
    (
        "https://stacct.blob.core.windows.net/x",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=b&sig=OylZk2l/xKYqTafw1dIE3okb5dzVRTR0cMBqrn2rowU%3D",
    ),
    (
        "https://stacct.dfs.core.windows.net/fs/a/b/c.csv",
        "se=2026-12-01T00%3A00%3A00Z&sp=rl&sv=2026-10-06&sr=d&sdd=2&sig=TY1zVbH1Mx8MsMbeGwcQvnEL71OjuodTkXXOsc9ZfVE%3D",
    ),
    (
        "",
        "se=2026-12-01T00%3A00%3A00Z&sp=rwl&sv=2026-10-06&ss=b&srt=sco&ses=sc&sig=MoQFaZsnA96JpIxlHZDCZEpAqfK/CAwe56mNpPqnijg%3D",
    ),
    (
        "https://stacct.file.core.windows.net/share1",
        "se=2026-12-01T00%3A00%3A00Z&sp=rl&spr=https&sv=2026-10-06&sr=s&sig=vc4SS5%2BOq%2BaFYEqcn/yIeyS43aGcAxRAlHN0lex%2Besw%3D",
    ),
    (
        "https://stacct.file.core.windows.net/share1/dir/f.txt",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=f&sig=nobrNt8YL9lVMwVaDb2sQ062ZhIx2rFgt%2BOnwB9vNxk%3D",
    ),
    (
        "https://stacct.queue.core.windows.net/jobs/messages",
        "se=2026-12-01T00%3A00%3A00Z&sp=rp&sv=2022-11-02&sig=10gWckST9Tyw%2BT6E3riUJijHarb9HzJ9tnwvW9QBuEU%3D",
    ),
    (
        "https://stacct.table.core.windows.net/People",
        "se=2026-12-01T00%3A00%3A00Z&sp=r&sv=2019-02-02&tn=People&spk=a&srk=1&epk=z&erk=9&sig=Iukf0Hwe8BVDSr7XQT8tRDx6Qf9MdL2KdhjznzuLpbE%3D",
    ),
];

fn keys(key1: &str, key2: &str) -> AccountKeys {
    let key = |slot, text: &str| SlotKey { slot, key: StorageKey::new(text.to_owned()), created: None };
    AccountKeys { key1: key(Slot::Key1, key1), key2: key(Slot::Key2, key2) }
}

fn text((address, query): (&str, &str)) -> String {
    if address.is_empty() { query.to_owned() } else { format!("{address}?{query}") }
}

#[test]
fn the_signer_of_every_kind_and_version_is_recognised() {
    for vector in VECTORS {
        let signed = SharedAccess::parse(&text(vector)).expect("a signature");
        assert_eq!(
            signed.signer("StAcct", None, &keys(KEY, OTHER)).expect("keys are usable"),
            Signer::Slot(Slot::Key1),
            "{}",
            vector.0
        );
        assert_eq!(signed.signer("stacct", None, &keys(OTHER, KEY)).expect("keys are usable"), Signer::Slot(Slot::Key2));
        assert_eq!(signed.signer("stacct", None, &keys(OTHER, OTHER)).expect("keys are usable"), Signer::NeitherSlot);
        assert_eq!(signed.signer("another", None, &keys(KEY, OTHER)).expect("keys are usable"), Signer::NeitherSlot);
    }
}

#[test]
fn one_made_anew_differs_in_its_signature_only_and_the_way_back_gives_the_same_text() {
    for vector in VECTORS {
        let before = text(vector);
        let signed = SharedAccess::parse(&before).expect("a signature");
        let renewed = signed.signed_by("stacct", None, &StorageKey::new(OTHER.into())).expect("renewable");
        let moved = SharedAccess::parse(&renewed).expect("still a signature");
        assert_eq!(moved.signer("stacct", None, &keys(KEY, OTHER)).expect("usable"), Signer::Slot(Slot::Key2), "{}", vector.0);
        let rest =
            |shared: &SharedAccess| shared.parameters.iter().filter(|(name, _)| name != "sig").cloned().collect::<Vec<_>>();
        assert_eq!(rest(&signed), rest(&moved));
        let back = moved.signed_by("stacct", None, &StorageKey::new(KEY.into())).expect("renewable");
        assert_eq!(back.replace("%2F", "/"), before);
    }
}

#[test]
fn a_bare_query_needs_to_be_told_what_it_opens() {
    let query = VECTORS[4].1;
    let signed = SharedAccess::parse(&format!("?{query}")).expect("a signature");
    assert!(matches!(signed.signer("stacct", None, &keys(KEY, OTHER)).expect("usable"), Signer::Unknown(_)));
    assert_eq!(signed.signer("stacct", Some("asset-1"), &keys(KEY, OTHER)).expect("usable"), Signer::Slot(Slot::Key1));
    assert_eq!(
        signed.signed_by("stacct", None, &StorageKey::new(KEY.into())).expect_err("unknown").code,
        "signatureNotRenewable"
    );
}

#[test]
fn user_delegation_and_very_old_versions_hold_no_key_that_could_be_told() {
    let delegated = SharedAccess::parse("https://stacct.blob.core.windows.net/c?skoid=o&sktid=t&skt=2026&ske=2027&sks=b&skv=2022-11-02&se=2026-12-01&sp=r&sv=2022-11-02&sr=c&sig=AAAA").expect("a signature");
    assert_eq!(delegated.signer("stacct", None, &keys(KEY, OTHER)).expect("usable"), Signer::UserDelegation);
    let old = SharedAccess::parse("https://stacct.blob.core.windows.net/c?se=2026-12-01&sp=r&sv=2012-02-12&sr=c&sig=AAAA")
        .expect("a signature");
    assert!(matches!(old.signer("stacct", None, &keys(KEY, OTHER)).expect("usable"), Signer::Unknown(_)));
}

#[test]
fn other_texts_carry_no_signature() {
    for text in ["", "sig=abc", "https://example.com/?sig=abc&sv=1", "sv=2022-11-02&sig=", "not a=sv&sv=2022-11-02&sig=a b"] {
        assert!(SharedAccess::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_list_is_tried_only_where_rights_scope_and_times_allow_it() {
    let shared = |query: &str| SharedAccess::parse(query).expect("a signature");
    let now = moment("2026-11-22").expect("a day");
    let container = shared(VECTORS[4].1);
    assert_eq!(container.expiry(), moment("2026-12-01T00:00Z"));
    assert_eq!(container.listable(now), Some(SignedScope::Container));
    assert_eq!(container.listable(now + Duration::days(30)).or(container.listable(now - Duration::days(30))), None);
    assert_eq!(shared(VECTORS[1].1).listable(now), None);
    assert_eq!(shared(VECTORS[3].1).listable(now), Some(SignedScope::Service));
    assert_eq!(shared(VECTORS[3].1).services(), [Service::Blob, Service::File]);
}
