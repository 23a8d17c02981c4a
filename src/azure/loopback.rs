//! Which addresses never leave this machine: there, and only there, plain http is allowed.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether the URL's host is this machine: `127.0.0.0/8`, `::1`, `localhost` and every name under `.localhost`, which
/// RFC 6761 section 6.3 reserves for loopback.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => is_loopback_name(name),
        None => false,
    }
}

/// Whether a host name is `localhost` or lies under `.localhost`.
#[must_use]
pub fn is_loopback_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a secret may be sent to this URL: https, or http that stays on this machine.
#[must_use]
pub fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether two URLs have the same scheme, host and port.
#[must_use]
pub fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("test URL")
    }

    #[test]
    fn http_is_private_only_on_this_machine() {
        for private in [
            "https://management.azure.com/",
            "http://127.0.0.1:8080/",
            "http://127.8.9.1/",
            "http://[::1]:80/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://kv1.vault.localhost:9/",
        ] {
            assert!(is_private(&url(private)), "{private}");
        }
        for open in [
            "http://management.azure.com/",
            "http://128.0.0.1/",
            "http://localhost.example/",
            "http://notlocalhost/",
            "http://127.0.0.1.example/",
            "http://[::ffff:10.0.0.1]/",
            "ftp://localhost/",
        ] {
            assert!(!is_private(&url(open)), "{open}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin(&url("https://a.example/x"), &url("https://a.example:443/y?z")));
        assert!(!same_origin(&url("https://a.example/"), &url("http://a.example/")));
        assert!(!same_origin(&url("https://a.example/"), &url("https://a.example:8443/")));
        assert!(!same_origin(&url("https://a.example/"), &url("https://a.example.evil/")));
    }
}
