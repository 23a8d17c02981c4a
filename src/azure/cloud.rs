//! The clouds of Azure: where each answers and whom its tokens are for.

use url::Url;

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
    /// The domain of vaults, without a leading dot (`vault.azure.net`).
    pub key_vault_suffix: String,
    /// The domain of storage endpoints, without a leading dot (`core.windows.net`).
    pub storage_suffix: String,
}
