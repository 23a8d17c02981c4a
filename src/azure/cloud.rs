//! The clouds of Azure: where each answers and whom its tokens are for.

use url::Url;

use crate::contract::cloud::CloudFile;
use crate::domain::problem::Problem;

use super::call::Audience;
use super::loopback;

/// The endpoints and audiences of one cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The name as az knows it: `AzureCloud`, `AzureChinaCloud`, `AzureUSGovernment`, or the custom file's own.
    pub name: String,
    /// Azure Resource Manager (`https://management.azure.com/`).
    pub resource_manager: Url,
    /// Microsoft Entra ID (`https://login.microsoftonline.com/`).
    pub login: Url,
    /// The audience of Resource Manager tokens, without `/.default`.
    pub resource_manager_audience: String,
    /// The audience of Key Vault tokens, without `/.default` and without a trailing slash.
    pub key_vault_audience: String,
    /// The domain of vaults, without a leading dot (`vault.azure.net`). A loopback cloud's has its port.
    pub key_vault_suffix: String,
    /// The domain of storage endpoints, without a leading dot (`core.windows.net`). A loopback cloud's has its port.
    pub storage_suffix: String,
    /// Classic service management (`https://management.core.windows.net/`), where there is one.
    pub classic_management: Option<Url>,
    /// The audience of AMS v2 tokens, without `/.default`, where there is AMS v2.
    pub media_audience: Option<String>,
    /// The domains of AMS v2 endpoints, without a leading dot. A token for AMS v2 goes to them and beneath them only.
    pub media_suffixes: Vec<String>,
    /// The domains of streaming endpoints, without a leading dot. Only hosts beneath them are asked for a stream.
    pub streaming_suffixes: Vec<String>,
}

/// The clouds that Microsoft runs: name, Resource Manager, login, Key Vault suffix, storage suffix, media suffix.
/// The values are those of `az cloud list`; each audience is the endpoint itself, as in .NET's `ArmEnvironment`. Classic management
/// lies beneath the storage suffix, and the audience of AMS v2 beneath its own (`rest.`).
const CLOUDS: [(&str, &str, &str, &str, &str, &str); 3] = [
    ("AzureCloud", "management.azure.com", "login.microsoftonline.com", "vault.azure.net", "core.windows.net", "media.azure.net"),
    (
        "AzureChinaCloud",
        "management.chinacloudapi.cn",
        "login.chinacloudapi.cn",
        "vault.azure.cn",
        "core.chinacloudapi.cn",
        "media.chinacloudapi.cn",
    ),
    (
        "AzureUSGovernment",
        "management.usgovcloudapi.net",
        "login.microsoftonline.us",
        "vault.usgovcloudapi.net",
        "core.usgovcloudapi.net",
        "media.usgovcloudapi.net",
    ),
];

/// Where AMS v2 answered before each account had its own address: it only redirects there (public cloud).
const LEGACY_MEDIA: &str = "media.windows.net";

impl Cloud {
    /// The names that [`Self::named`] knows.
    pub const NAMES: [&'static str; 3] = [CLOUDS[0].0, CLOUDS[1].0, CLOUDS[2].0];

    /// The public cloud.
    #[must_use]
    pub fn public() -> Self {
        Self::microsoft(&CLOUDS[0])
    }

    /// A cloud by the name that `az cloud list` gives it, in any case.
    ///
    /// # Errors
    /// When there is none of that name; the hint names them.
    pub fn named(name: &str) -> Result<Self, Problem> {
        CLOUDS.iter().find(|cloud| cloud.0.eq_ignore_ascii_case(name)).map(Self::microsoft).ok_or_else(|| {
            Problem::usage("unknownCloud", format!("`{name}` is not a cloud"))
                .hint(format!("name one of {}, or a JSON file that describes yours", Self::NAMES.join(", ")))
        })
    }

    /// A custom cloud from the text of its file ([`CloudFile`]).
    ///
    /// # Errors
    /// When the file is malformed, an endpoint is not https (http is taken on loopback only) or carries more than a
    /// host, or a suffix is not a domain.
    pub fn from_file(text: &str) -> Result<Self, Problem> {
        let file = CloudFile::read(text)?;
        let resource_manager = endpoint("resourceManager", &file.resource_manager)?;
        Ok(Self {
            login: endpoint("login", &file.login)?,
            resource_manager_audience: audience("resourceManagerAudience", &file.resource_manager_audience)?,
            key_vault_audience: audience("keyVaultAudience", &file.key_vault_audience)?,
            key_vault_suffix: suffix("keyVaultSuffix", &file.key_vault_suffix)?,
            storage_suffix: suffix("storageSuffix", &file.storage_suffix)?,
            classic_management: file.management.as_deref().map(|text| endpoint("management", text)).transpose()?,
            media_audience: file.media_resource_id.as_deref().map(|text| audience("mediaResourceId", text)).transpose()?,
            media_suffixes: file
                .media_suffix
                .as_deref()
                .map(|text| suffix("mediaSuffix", text))
                .transpose()?
                .into_iter()
                .collect(),
            streaming_suffixes: file
                .streaming_suffixes
                .iter()
                .map(|text| suffix("streamingSuffixes", text))
                .collect::<Result<_, _>>()?,
            name: file.name,
            resource_manager,
        })
    }

    fn microsoft((name, resource_manager, login, vault, storage, media): &(&str, &str, &str, &str, &str, &str)) -> Self {
        let url = |host: &str| Url::parse(&format!("https://{host}/")).expect("the table above holds host names");
        let legacy = (*name == CLOUDS[0].0).then(|| LEGACY_MEDIA.to_owned());
        Self {
            name: (*name).to_owned(),
            resource_manager: url(resource_manager),
            login: url(login),
            resource_manager_audience: format!("https://{resource_manager}"),
            key_vault_audience: format!("https://{vault}"),
            key_vault_suffix: (*vault).to_owned(),
            storage_suffix: (*storage).to_owned(),
            classic_management: Some(url(&format!("management.{storage}"))),
            media_audience: Some(format!("https://rest.{media}")),
            media_suffixes: std::iter::once((*media).to_owned()).chain(legacy).collect(),
            // Of v3 beneath the media suffix, and of v2 beside the domain that the storage suffix lies in.
            streaming_suffixes: vec![
                format!("streaming.{media}"),
                format!("streaming.mediaservices.{}", storage.trim_start_matches("core.")),
            ],
        }
    }

    /// The scope to ask a token for, if the audience wants one.
    #[must_use]
    pub fn scope(&self, audience: Audience) -> Option<String> {
        match audience {
            Audience::ResourceManager => Some(format!("{}/.default", self.resource_manager_audience)),
            Audience::KeyVault => Some(format!("{}/.default", self.key_vault_audience)),
            Audience::Media => self.media_audience.as_ref().map(|audience| format!("{audience}/.default")),
            Audience::None => None,
        }
    }

    /// Whether a token for this audience may be sent to this URL: Resource Manager's own endpoint, or a vault of this cloud.
    #[must_use]
    pub fn owns(&self, audience: Audience, url: &Url) -> bool {
        match audience {
            Audience::ResourceManager => loopback::same_origin(&self.resource_manager, url),
            Audience::KeyVault => self.is_vault(url),
            Audience::Media => self.is_media(url),
            Audience::None => true,
        }
    }

    /// The base URL of a vault of this cloud by its name: https, and http in a cloud on this machine.
    ///
    /// # Errors
    /// When the name cannot be part of a host name.
    pub fn vault_url(&self, name: &str) -> Result<Url, Problem> {
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let scheme = if is_loopback_suffix(&self.key_vault_suffix) { self.resource_manager.scheme() } else { "https" };
        let url = Url::parse(&format!("{scheme}://{name}.{}/", self.key_vault_suffix)).ok();
        url.filter(|_| named).ok_or_else(|| {
            Problem::usage("vaultNameInvalid", format!("`{name}` is not the name of a key vault"))
                .hint("a vault's name has 3 to 24 letters, digits and hyphens")
        })
    }

    /// A streaming URL as it may be asked: https on the same host (the service writes http), beneath a streaming domain of this
    /// cloud, without user, query or a port of its own.
    ///
    /// # Errors
    /// Why it is not asked, in one clause.
    pub fn streaming_url(&self, text: &str) -> Result<Url, String> {
        let mut url = Url::parse(text).map_err(|_| "its address is not a URL".to_owned())?;
        let own_machine = loopback::is_loopback(&url);
        if url.scheme() == "http" && !own_machine && url.port().is_none() {
            url.set_scheme("https").map_err(|()| "its address cannot be asked with https".to_owned())?;
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !plain || !loopback::is_private(&url) {
            return Err(format!("its address at {host} is not a plain streaming address"));
        }
        let lies_in = |suffix: &String| is_beneath(&url, suffix) && (suffix.contains(':') || url.port().is_none());
        if !self.streaming_suffixes.iter().any(lies_in) {
            return Err(format!("{host} is no streaming host of {}, and is not asked", self.name));
        }
        Ok(url)
    }

    fn is_vault(&self, url: &Url) -> bool {
        is_beneath(url, &self.key_vault_suffix)
    }

    /// Whether this is an address of AMS v2 in this cloud, and its tokens can be asked for.
    fn is_media(&self, url: &Url) -> bool {
        let lies_in =
            |suffix: &String| is_beneath(url, suffix) || (url.host_str() == Some(suffix.as_str()) && url.port().is_none());
        self.media_audience.is_some() && self.media_suffixes.iter().any(lies_in)
    }
}

/// Whether the URL's host lies beneath a domain, at its port if it names one, else at the scheme's own.
fn is_beneath(url: &Url, suffix: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    let (domain, port) = split_port(suffix);
    let beneath = host.strip_suffix(domain).is_some_and(|name| name.len() > 1 && name.ends_with('.'));
    beneath && port.is_none_or(|port| url.port_or_known_default().map(|known| known.to_string()).as_deref() == Some(port))
}

fn is_loopback_suffix(suffix: &str) -> bool {
    loopback::is_loopback_name(split_port(suffix).0)
}

fn split_port(suffix: &str) -> (&str, Option<&str>) {
    suffix.split_once(':').map_or((suffix, None), |(domain, port)| (domain, Some(port)))
}

fn endpoint(member: &str, text: &str) -> Result<Url, Problem> {
    let refuse = |why: &str| Err(Problem::usage("cloudFileInvalid", format!("the cloud file's `{member}` {why}")));
    let Ok(url) = Url::parse(text) else {
        return refuse("is not a URL");
    };
    if !loopback::is_private(&url) {
        return refuse("must begin with https:// (http:// is taken for loopback hosts only)");
    }
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return refuse("must be a host and at most a port, without a path");
    }
    Ok(url)
}

fn audience(member: &str, text: &str) -> Result<String, Problem> {
    let text = text.strip_suffix("/.default").unwrap_or(text);
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:/".contains(c)) {
        return Err(Problem::usage("cloudFileInvalid", format!("the cloud file's `{member}` is not an audience"))
            .hint("write it as https://management.azure.com"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn suffix(member: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim_start_matches('.').to_ascii_lowercase();
    let (domain, port) = split_port(&text);
    let labels = domain.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    // Only a domain with at least two labels, or one that is reserved for this machine, can be somebody's own: with `com`
    // every host of that domain would get a token.
    let own = domain.contains('.') || loopback::is_loopback_name(domain);
    if !labels || !own || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(Problem::usage("cloudFileInvalid", format!("the cloud file's `{member}` is not a domain"))
            .hint("write it as vault.azure.net"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("test URL")
    }

    fn file(manager: &str, vault: &str) -> String {
        format!(
            r#"{{"name":"Sim","resourceManager":"{manager}","login":"https://login.example","resourceManagerAudience":"https://management.azure.com/",
            "keyVaultAudience":"https://vault.azure.net","keyVaultSuffix":"{vault}","storageSuffix":".core.localhost:8080"}}"#
        )
    }

    #[test]
    fn each_cloud_of_microsoft_is_known_by_its_name() {
        for (name, manager, scope) in [
            ("azurecloud", "https://management.azure.com/", "https://vault.azure.net/.default"),
            ("AzureChinaCloud", "https://management.chinacloudapi.cn/", "https://vault.azure.cn/.default"),
            ("AzureUSGovernment", "https://management.usgovcloudapi.net/", "https://vault.usgovcloudapi.net/.default"),
        ] {
            let cloud = Cloud::named(name).expect("a known name");
            assert_eq!(cloud.resource_manager.as_str(), manager);
            assert_eq!(cloud.scope(Audience::KeyVault).as_deref(), Some(scope));
            assert_eq!(cloud.scope(Audience::ResourceManager), Some(format!("{manager}.default")));
            assert!(cloud.scope(Audience::Media).is_some_and(|scope| scope.starts_with("https://rest.media.")));
        }
        let problem = Cloud::named("AzureGermanCloud").expect_err("closed in 2021");
        assert!(problem.hints[0].contains("AzureUSGovernment"));
    }

    #[test]
    fn a_token_belongs_to_this_clouds_hosts_only() {
        let cloud = Cloud::public();
        for (audience, text, owned) in [
            (Audience::ResourceManager, "https://management.azure.com/subscriptions", true),
            (Audience::ResourceManager, "https://MANAGEMENT.azure.com:443/", true),
            (Audience::ResourceManager, "https://management.azure.com:8443/", false),
            (Audience::ResourceManager, "https://management.azure.com.evil.example/", false),
            (Audience::ResourceManager, "https://management.azure.com@evil.example/", false),
            (Audience::ResourceManager, "https://kv1.vault.azure.net/", false),
            (Audience::KeyVault, "https://kv1.vault.azure.net/secrets", true),
            (Audience::KeyVault, "https://vault.azure.net/", false),
            (Audience::KeyVault, "https://.vault.azure.net/", false),
            (Audience::KeyVault, "https://evilvault.azure.net/", false),
            (Audience::KeyVault, "https://kv1.vault.azure.net.evil.example/", false),
            (Audience::KeyVault, "https://kv1.vault.azure.cn/", false),
            (Audience::Media, "https://ams1.restv2.westeurope.media.azure.net/api/", true),
            (Audience::Media, "https://media.windows.net/api/", true),
            (Audience::Media, "https://media.azure.net.evil.example/api/", false),
            (Audience::Media, "https://evilmedia.azure.net/api/", false),
            (Audience::Media, "https://ams1.restv2.chinanorth.media.chinacloudapi.cn/api/", false),
            (Audience::Media, "https://management.azure.com/", false),
        ] {
            let actual = Url::parse(text).is_ok_and(|url| cloud.owns(audience, &url));
            assert_eq!(actual, owned, "{text}");
        }
    }

    #[test]
    fn only_streaming_hosts_of_this_cloud_are_asked_and_with_https() {
        let asked = |cloud: &Cloud, text: &str| cloud.streaming_url(text).map(String::from).ok();
        let public = Cloud::public();
        for (text, url) in [
            ("http://a.streaming.mediaservices.windows.net/g/", Some("https://a.streaming.mediaservices.windows.net/g/")),
            (
                "https://a-usea.streaming.media.azure.net/g/f.ism/manifest(format=mpd-time-csf)",
                Some("https://a-usea.streaming.media.azure.net/g/f.ism/manifest(format=mpd-time-csf)"),
            ),
            ("https://streaming.media.azure.net/g/", None),
            ("https://a.streaming.media.azure.net.evil.example/g/", None),
            ("https://evilstreaming.media.azure.net/g/", None),
            ("https://user@a.streaming.media.azure.net/g/", None),
            ("https://a.streaming.media.azure.net/g/?sig=s", None),
            ("https://a.streaming.media.azure.net:8443/g/", None),
            ("http://a.streaming.media.azure.net:8080/g/", None),
            ("ftp://a.streaming.media.azure.net/g/", None),
            ("https://169.254.169.254/metadata", None),
            ("no URL", None),
        ] {
            assert_eq!(asked(&public, text).as_deref(), url, "{text}");
        }
        let government = Cloud::named("AzureUSGovernment").expect("a known name");
        assert_eq!(
            government.streaming_suffixes,
            ["streaming.media.usgovcloudapi.net", "streaming.mediaservices.usgovcloudapi.net"]
        );
        let mut local = Cloud::from_file(&file("http://127.0.0.1:8080", "vault.localhost:8080")).expect("loopback");
        assert_eq!(asked(&local, "http://a.streaming.localhost:8080/g/"), None, "it names no streaming endpoints");
        local.streaming_suffixes = vec!["streaming.localhost:8080".into()];
        assert!(asked(&local, "http://a.streaming.localhost:8080/g/").is_some());
        assert_eq!(asked(&local, "http://a.streaming.localhost:81/g/"), None);
    }

    #[test]
    fn a_custom_cloud_on_this_machine_may_speak_http() {
        let cloud = Cloud::from_file(&file("http://127.0.0.1:8080", "vault.localhost:8080")).expect("loopback");
        assert_eq!(cloud.scope(Audience::ResourceManager).as_deref(), Some("https://management.azure.com/.default"));
        assert_eq!(cloud.storage_suffix, "core.localhost:8080");
        assert_eq!(cloud.vault_url("kv1").expect("a name").as_str(), "http://kv1.vault.localhost:8080/");
        assert!(cloud.owns(Audience::KeyVault, &url("http://kv1.vault.localhost:8080/secrets")));
        assert!(!cloud.owns(Audience::KeyVault, &url("http://kv1.vault.localhost:81/secrets")));
        assert!(cloud.vault_url("kv1.evil.example/").is_err());
        assert!(!cloud.owns(Audience::Media, &url("https://ams1.restv2.westeurope.media.azure.net/")), "it names no AMS v2");
    }

    #[test]
    fn a_custom_cloud_elsewhere_must_speak_https() {
        for manager in [
            "http://management.example",
            "ftp://management.example",
            "https://m.example/path",
            "https://a@m.example",
            "m.example",
        ] {
            let problem = Cloud::from_file(&file(manager, "vault.example")).expect_err(manager);
            assert_eq!((problem.code.as_str(), problem.exit_code()), ("cloudFileInvalid", 2));
            assert!(problem.message.contains("`resourceManager`"), "{problem}");
        }
        for vault in ["", "com", "vault..example", "vault.example/x", "vault.example:port"] {
            let problem = Cloud::from_file(&file("https://m.example", vault)).expect_err(vault);
            assert!(problem.message.contains("`keyVaultSuffix`"), "{problem}");
        }
    }
}
