//! From when until when a certificate is valid, read from its DER (RFC 5280, section 4.1).

use time::{Date, Month, OffsetDateTime, Time};

/// `notBefore` and `notAfter` of a certificate: the fourth member of `TBSCertificate` after the version.
pub(super) fn validity(der: &[u8]) -> Option<(OffsetDateTime, OffsetDateTime)> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (_, mut rest, _) = element(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // The serial number, the algorithm and the issuer stand before it.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (tag, dates, _) = element(rest)?;
    let (from_tag, from, rest) = element(dates)?;
    let (until_tag, until, _) = element(rest)?;
    (tag == SEQUENCE).then_some((moment(from_tag, from)?, moment(until_tag, until)?))
}

/// The first element of DER: its tag, its content, and what follows it.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// `UTCTime` (two digits of the year: 50 and above are of the last century) or `GeneralizedTime`, both in UTC.
fn moment(tag: u8, text: &[u8]) -> Option<OffsetDateTime> {
    const UTC_TIME: u8 = 0x17;
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = if tag == UTC_TIME {
        let (year, rest) = digits.split_at_checked(2)?;
        let year: i32 = year.parse().ok()?;
        (if year < 50 { 2000 + year } else { 1900 + year }, rest)
    } else {
        let (year, rest) = digits.split_at_checked(4)?;
        (year.parse().ok()?, rest)
    };
    let two = |place: usize| rest.get(place..place + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
    Some(date.with_time(Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?).assume_utc())
}
