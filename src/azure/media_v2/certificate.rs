//! The client certificate of classic service management: checked before anything is sent.

use time::{Date, Month, OffsetDateTime, Time};
use zeroize::Zeroizing;

use crate::azure::auth::pem;
use crate::domain::problem::{Kind, Problem};

/// A certificate with its private key. Never printed.
#[derive(Clone)]
pub struct ClientCertificate {
    pem: Zeroizing<String>,
    /// From when until when it is valid.
    validity: (OffsetDateTime, OffsetDateTime),
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// Reads PEM text: a certificate, those of its issuers if wanted, and the private key, not encrypted.
    ///
    /// # Errors
    /// `clientCertificateInvalid`, when one of them is missing or malformed, or the key is encrypted.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let blocks = pem::blocks(text);
        let of = |wanted: fn(&str) -> bool| blocks.iter().find(|block| wanted(&block.label));
        let Some(certificate) = of(|label| label == "CERTIFICATE") else {
            let pkcs12 = !text.contains("-----BEGIN");
            let message = if pkcs12 {
                "the client certificate is not a PEM file"
            } else {
                "the client certificate file has no certificate"
            };
            return Err(refused(message).hint(CONVERT));
        };
        match of(|label| label.ends_with("PRIVATE KEY")) {
            None => return Err(refused("the client certificate file has no private key").hint(CONVERT)),
            Some(key) if key.label == "ENCRYPTED PRIVATE KEY" || key.der.is_none() => {
                return Err(refused("the client certificate's private key is encrypted")
                    .hint("decrypt it: openssl pkey -in FILE -out FILE, readable by you alone"));
            }
            Some(_) => {}
        }
        let validity = certificate.der.as_deref().and_then(|der| validity(der));
        let validity = validity.ok_or_else(|| refused("the client certificate is malformed").hint(CONVERT))?;
        Ok(Self { pem: Zeroizing::new(text.to_owned()), validity })
    }

    /// Refuses a certificate that has expired, or is not valid yet: the server would only break the connection.
    ///
    /// # Errors
    /// `clientCertificateExpired`, naming the day.
    pub fn check(&self, now: OffsetDateTime) -> Result<(), Problem> {
        let (from, until) = self.validity;
        let message = match () {
            () if now >= until => format!("the client certificate expired on {}", until.date()),
            () if now < from => format!("the client certificate is not valid before {}", from.date()),
            () => return Ok(()),
        };
        Err(Problem::new(Kind::Permission, "clientCertificateExpired", message)
            .hint("upload a new management certificate for the subscription, and name its file with --certificate"))
    }

    /// Until when it is valid.
    #[must_use]
    pub fn expires(&self) -> OffsetDateTime {
        self.validity.1
    }

    /// What the transport shows to a server that asks for it.
    pub(super) fn identity(&self) -> Result<reqwest::Identity, Problem> {
        reqwest::Identity::from_pem(self.pem.as_bytes())
            .map_err(|_| refused("the client certificate or its private key cannot be used").hint(CONVERT))
    }
}

const CONVERT: &str = "write certificate and private key into one PEM file; openssl pkcs12 -in FILE.pfx -nodes -out FILE does so";

fn refused(message: &str) -> Problem {
    Problem::new(Kind::Permission, "clientCertificateInvalid", message)
}

/// `notBefore` and `notAfter` of a certificate (RFC 5280, section 4.1): the fourth member of `TBSCertificate` after the version.
fn validity(der: &[u8]) -> Option<(OffsetDateTime, OffsetDateTime)> {
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
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
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

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// Certificate and key, valid from the first of January of one year to that of another.
    fn made(from: i32, until: i32) -> (String, String) {
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        (parameters.not_before, parameters.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().expect("a key");
        (parameters.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
    }

    fn day(text: &str) -> OffsetDateTime {
        crate::contract::time::parse(&format!("{text}T00:00:00Z")).expect("a day")
    }

    #[test]
    fn an_expired_certificate_is_named_with_its_day() {
        for until in [2026, 2049, 2051] {
            let (certificate, key) = made(2020, until);
            let read = ClientCertificate::read(&format!("{certificate}{key}")).expect("whole");
            assert_eq!(read.expires(), day(&format!("{until}-01-01")));
            read.check(day("2025-12-31")).expect("valid");
            read.identity().expect("usable");
            assert!(!format!("{read:?}").contains("PRIVATE"));
        }
        let (certificate, key) = made(2020, 2026);
        let read = ClientCertificate::read(&format!("{key}{certificate}")).expect("whole");
        let problem = read.check(day("2026-11-22")).expect_err("expired");
        assert_eq!((problem.message.as_str(), problem.exit_code()), ("the client certificate expired on 2026-01-01", 4));
        assert_eq!(read.check(day("2019-01-01")).expect_err("too early").code, "clientCertificateExpired");
    }

    #[test]
    fn what_is_missing_is_told() {
        let (certificate, key) = made(2020, 2040);
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (text, part) in [
            (certificate.clone(), "has no private key"),
            (key, "has no certificate"),
            (format!("{certificate}{encrypted}"), "is encrypted"),
            ("0\u{82}binary".to_owned(), "is not a PEM file"),
            (
                format!("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n{encrypted}").replace("ENCRYPTED ", ""),
                "malformed",
            ),
        ] {
            let problem = ClientCertificate::read(&text).expect_err(part);
            assert!(problem.message.contains(part) && !problem.hints.is_empty(), "{problem:?}");
        }
    }
}
