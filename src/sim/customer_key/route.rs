//! Which operation of customer-managed keys a request means.

/// An operation. The names are those that faults are scheduled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) enum Operation {
    StoragePut,
    StorageDelete,
    StorageOperation,
    StorageContents,
    MediaPut,
    MediaDelete,
    MediaOperation,
    VaultPut,
    VaultPatch,
    VaultDelete,
    VaultAccess,
    VaultDeleted,
    KeyGet,
    KeyVersions,
    KeyCreate,
    KeyUpdate,
    KeyDelete,
    KeyDeleted,
    KeyRecover,
    RoleList,
    RolePut,
    IdentityGet,
}

impl Operation {
    /// The operation of a Resource Manager path after `providers/`, in lower case.
    pub(in crate::sim) fn of_resource_manager(method: &str, words: &[&str]) -> Option<Self> {
        Some(match (method, words) {
            ("PUT", ["microsoft.storage", "storageaccounts", _]) => Self::StoragePut,
            ("DELETE", ["microsoft.storage", "storageaccounts", _]) => Self::StorageDelete,
            ("GET", ["microsoft.storage", "storageaccounts", _, _, "default", _]) => Self::StorageContents,
            ("GET", ["microsoft.storage", "locations", _, "asyncoperations", _]) => Self::StorageOperation,
            ("PUT", ["microsoft.media", "mediaservices", _]) => Self::MediaPut,
            ("DELETE", ["microsoft.media", "mediaservices", _]) => Self::MediaDelete,
            ("GET", ["microsoft.media", "locations", _, "mediaservicesoperationstatuses", _]) => Self::MediaOperation,
            ("PUT", ["microsoft.keyvault", "vaults", _]) => Self::VaultPut,
            ("PATCH", ["microsoft.keyvault", "vaults", _]) => Self::VaultPatch,
            ("DELETE", ["microsoft.keyvault", "vaults", _]) => Self::VaultDelete,
            ("PUT", ["microsoft.keyvault", "vaults", _, "accesspolicies", "add"]) => Self::VaultAccess,
            ("GET", ["microsoft.keyvault", "deletedvaults"]) => Self::VaultDeleted,
            ("GET", ["microsoft.authorization", "roleassignments"]) => Self::RoleList,
            ("PUT", ["microsoft.authorization", "roleassignments", _]) => Self::RolePut,
            ("GET", ["microsoft.managedidentity", "userassignedidentities", _]) => Self::IdentityGet,
            _ => return None,
        })
    }

    /// The operation of a path on a vault's own address.
    pub(in crate::sim) fn of_vault(method: &str, words: &[&str]) -> Option<Self> {
        Some(match (method, words) {
            ("POST", ["keys", _, "create"]) => Self::KeyCreate,
            ("GET", ["keys", _, "versions"]) => Self::KeyVersions,
            ("GET", ["keys", _] | ["keys", _, _]) => Self::KeyGet,
            ("PATCH", ["keys", _, _]) => Self::KeyUpdate,
            ("DELETE", ["keys", _]) => Self::KeyDelete,
            ("GET", ["deletedkeys", _]) => Self::KeyDeleted,
            ("POST", ["deletedkeys", _, "recover"]) => Self::KeyRecover,
            _ => return None,
        })
    }

    /// The name in fault schedules, audits and histograms.
    pub(in crate::sim) fn name(self) -> &'static str {
        match self {
            Self::StoragePut => "storage.put",
            Self::StorageDelete => "storage.delete",
            Self::StorageOperation => "storage.operation",
            Self::StorageContents => "storage.contents",
            Self::MediaPut => "media.put",
            Self::MediaDelete => "media.delete",
            Self::MediaOperation => "media.operation",
            Self::VaultPut => "vault.put",
            Self::VaultPatch => "vault.patch",
            Self::VaultDelete => "vault.delete",
            Self::VaultAccess => "vault.access",
            Self::VaultDeleted => "vault.deleted",
            Self::KeyGet => "key.get",
            Self::KeyVersions => "key.versions",
            Self::KeyCreate => "key.create",
            Self::KeyUpdate => "key.update",
            Self::KeyDelete => "key.delete",
            Self::KeyDeleted => "key.deleted",
            Self::KeyRecover => "key.recover",
            Self::RoleList => "role.list",
            Self::RolePut => "role.put",
            Self::IdentityGet => "identity.get",
        }
    }

    /// The action that the caller needs in Resource Manager.
    pub(in crate::sim) fn action(self) -> Option<&'static str> {
        Some(match self {
            Self::StoragePut => "Microsoft.Storage/storageAccounts/write",
            Self::StorageDelete => "Microsoft.Storage/storageAccounts/delete",
            Self::StorageContents => "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            Self::MediaPut => "Microsoft.Media/mediaservices/write",
            Self::MediaDelete => "Microsoft.Media/mediaservices/delete",
            Self::VaultPut | Self::VaultPatch => "Microsoft.KeyVault/vaults/write",
            Self::VaultDelete => "Microsoft.KeyVault/vaults/delete",
            Self::VaultAccess => "Microsoft.KeyVault/vaults/accessPolicies/write",
            Self::VaultDeleted => "Microsoft.KeyVault/deletedVaults/read",
            Self::RoleList => "Microsoft.Authorization/roleAssignments/read",
            Self::RolePut => "Microsoft.Authorization/roleAssignments/write",
            Self::IdentityGet => "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            _ => return None,
        })
    }

    /// The key permission that an operation on a vault's own address needs.
    pub(in crate::sim) fn permission(self) -> Option<&'static str> {
        Some(match self {
            Self::KeyGet | Self::KeyDeleted => "get",
            Self::KeyVersions => "list",
            Self::KeyCreate => "create",
            Self::KeyUpdate => "update",
            Self::KeyDelete => "delete",
            Self::KeyRecover => "recover",
            _ => return None,
        })
    }

    /// Whether it changes something.
    pub(in crate::sim) fn is_change(self) -> bool {
        !matches!(
            self,
            Self::StorageOperation
                | Self::StorageContents
                | Self::MediaOperation
                | Self::VaultDeleted
                | Self::KeyGet
                | Self::KeyVersions
                | Self::KeyDeleted
                | Self::RoleList
                | Self::IdentityGet
        )
    }
}
