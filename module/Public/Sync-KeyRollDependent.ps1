function Sync-KeyRollDependent {
    <#
    .SYNOPSIS
    Makes everything that is found to depend on a storage account hold a current key.

    .DESCRIPTION
    What re-reads keys by itself is told to; datastores and vault secrets that hold an old key are given the one in use.
    What could not be looked at is told as a warning.

    .PARAMETER StorageAccount
    The storage account: its name, or its full resource id. The Id of what Get-AzStorageAccount and Get-AzResource give
    is taken from the pipeline.

    .PARAMETER ResourceGroupName
    The resource group of the storage account. Needed only where a name alone is not unique.

    .PARAMETER Vault
    Key vaults, by name or URL, whose secrets are compared with the keys even without tags.

    .PARAMETER MediaV2
    AMS v2 accounts, by name or full resource id, that are handed the keys with a management certificate, or without one
    told to read them again.

    .PARAMETER Endpoint
    Addresses of the OData services of AMS v2 accounts, where Resource Manager does not tell them.

    .PARAMETER CertificateThumbprint
    The management certificate of AMS v2 accounts, by its thumbprint in the store My of this user or computer.

    .PARAMETER CertificatePath
    The management certificate with its private key: a .pfx file, or a PEM file.

    .PARAMETER CertificatePassword
    The password of the certificate's file.

    .PARAMETER DryRun
    Say what would be synced, and change nothing. With -WhatIf not even that is looked up.

    .PARAMETER Always
    Sync also where a current key is proven.

    .PARAMETER NoWait
    Return once everything was told, instead of waiting for the proofs.

    .PARAMETER RunId
    An id for the run. The same id, given twice, goes on with the same run and changes nothing twice.

    .PARAMETER ChangeReference
    Your change reference, kept in the journal.

    .PARAMETER SubscriptionId
    Subscription id or name, or several. Without it: that of the Az context, else all that the sign-in sees.

    .PARAMETER Cloud
    The cloud: AzureCloud, AzureChinaCloud, AzureUSGovernment, or the path of a file that describes another. Without it:
    that of the Az context.

    .PARAMETER Auth
    Another sign-in than the Az context: az, managed-identity, workload-identity, client-secret, client-certificate,
    pipelines, token-file=PATH or auto.

    .PARAMETER CaBundle
    A file of certificate authorities to trust in addition, as PEM.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .PARAMETER AccessToken
    An access token for Azure Resource Manager, in place of the Az context. It cannot be renewed: use it for commands
    that end before it does.

    .PARAMETER DefaultProfile
    The Az context to sign in with.

    .EXAMPLE
    Sync-KeyRollDependent -ResourceGroupName prod -StorageAccount stprod

    Syncs every dependent of stprod.

    .EXAMPLE
    Get-AzStorageAccount | Sync-KeyRollDependent -DryRun

    Says what would be synced for each account.

    .OUTPUTS
    KeyRoll.SyncResult
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.SyncResult')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('ResourceId', 'Id', 'StorageAccountId', 'StorageAccountName', 'AccountName', 'Name')]
        [ValidateNotNullOrEmpty()]
        [string] $StorageAccount,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string[]] $Vault,

        [string[]] $MediaV2,

        [string[]] $Endpoint,

        [string] $CertificateThumbprint,

        [string] $CertificatePath,

        [securestring] $CertificatePassword,

        [switch] $DryRun,

        [switch] $Always,

        [switch] $NoWait,

        [string] $RunId,

        [string] $ChangeReference,

        [string[]] $SubscriptionId,

        [string] $Cloud,

        [string] $Auth,

        [string] $CaBundle,

        [string] $State,

        [securestring] $AccessToken,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    process {
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Sync-KeyRollDependent' -Bound $PSBoundParameters -Target $StorageAccount -Action 'Sync everything that depends on it'
    }
}
