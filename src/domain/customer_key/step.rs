//! The steps of a run, in the order in which they can stand.

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The storage account is created.
    CreateStorage,
    /// The media account is created with its identity.
    CreateAccount,
    /// The media account gets an identity.
    AssignIdentity,
    /// A deleted vault comes back.
    RecoverVault,
    /// The vault is created with soft delete and purge protection.
    CreateVault,
    /// Soft delete and purge protection are turned on.
    ProtectVault,
    /// Whoever runs this may make and read keys.
    GrantOperator,
    /// The media account's identity may get, wrap and unwrap.
    GrantIdentity,
    /// A deleted key comes back.
    RecoverKey,
    /// The key is created.
    CreateKey,
    /// The media account is told its key.
    Encrypt,
    /// The media account says that it uses the key.
    AwaitKey,
    /// The key gets a new version.
    NewVersion,
    /// The media account says that it uses the new version.
    AwaitNewVersion,
    /// Everybody else who uses the key has the new version.
    AwaitUsers,
    /// The old version can be used no more.
    DisableOld,
    /// The media account goes back to a Microsoft-managed key.
    SystemKey,
    /// The media account is deleted.
    DeleteAccount,
    /// The storage account is deleted.
    DeleteStorage,
    /// The key is deleted; for a while it can be recovered.
    DeleteKey,
    /// The vault is deleted; for a while it can be recovered.
    DeleteVault,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 21] = [
        Self::CreateStorage,
        Self::CreateAccount,
        Self::AssignIdentity,
        Self::RecoverVault,
        Self::CreateVault,
        Self::ProtectVault,
        Self::GrantOperator,
        Self::GrantIdentity,
        Self::RecoverKey,
        Self::CreateKey,
        Self::Encrypt,
        Self::AwaitKey,
        Self::NewVersion,
        Self::AwaitNewVersion,
        Self::AwaitUsers,
        Self::DisableOld,
        Self::SystemKey,
        Self::DeleteAccount,
        Self::DeleteStorage,
        Self::DeleteKey,
        Self::DeleteVault,
    ];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateStorage => "createStorage",
            Self::CreateAccount => "createAccount",
            Self::AssignIdentity => "assignIdentity",
            Self::RecoverVault => "recoverVault",
            Self::CreateVault => "createVault",
            Self::ProtectVault => "protectVault",
            Self::GrantOperator => "grantOperator",
            Self::GrantIdentity => "grantIdentity",
            Self::RecoverKey => "recoverKey",
            Self::CreateKey => "createKey",
            Self::Encrypt => "encrypt",
            Self::AwaitKey => "awaitKey",
            Self::NewVersion => "newVersion",
            Self::AwaitNewVersion => "awaitNewVersion",
            Self::AwaitUsers => "awaitUsers",
            Self::DisableOld => "disableOld",
            Self::SystemKey => "systemKey",
            Self::DeleteAccount => "deleteAccount",
            Self::DeleteStorage => "deleteStorage",
            Self::DeleteKey => "deleteKey",
            Self::DeleteVault => "deleteVault",
        }
    }

    /// The step of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// What nothing can undo, as a clause; nothing for the rest.
    #[must_use]
    pub fn irreversible(self) -> Option<&'static str> {
        match self {
            Self::CreateVault | Self::ProtectVault => Some(
                "purge protection of the vault cannot be turned off again, and what is deleted there stays for its retention time",
            ),
            Self::SystemKey => Some("the media account goes back to a Microsoft-managed key"),
            Self::DeleteAccount => Some("a deleted media account does not come back"),
            Self::DeleteStorage => Some("a deleted storage account does not come back"),
            Self::DeleteKey => Some("a deleted key opens nothing until it is recovered, and is gone after its retention time"),
            Self::DeleteVault => Some("the name of a deleted vault stays taken until its retention time has passed"),
            _ => None,
        }
    }

    /// Whether the step deletes something.
    #[must_use]
    pub fn deletes(self) -> bool {
        matches!(self, Self::DeleteAccount | Self::DeleteStorage | Self::DeleteKey | Self::DeleteVault)
    }

    /// Whether the step only waits.
    #[must_use]
    pub fn is_wait(self) -> bool {
        matches!(self, Self::AwaitKey | Self::AwaitNewVersion | Self::AwaitUsers)
    }
}

/// A step as a plan shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which step.
    pub step: Step,
    /// The resource that it touches, by its name.
    pub touches: String,
    /// Why it is needed.
    pub why: String,
    /// How long it is expected to take, as people write it; empty for at once.
    pub wait: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_found_by_its_name() {
        for step in Step::ALL {
            assert_eq!(Step::from_name(step.name()), Some(step));
        }
    }
}
