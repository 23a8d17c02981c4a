function Get-KeyRollDependent {
    <#
    .SYNOPSIS
    Shows who depends on a storage account, on which key, and how that is known.

    .DESCRIPTION
    Media Services accounts, Machine Learning workspaces and datastores are found across the subscriptions; Key Vault
    secrets by their tags, and all secrets of the vaults that you name.

    What could not be inspected is told as a warning, and stands in the object of -Detailed.

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

    .PARAMETER Detailed
    Give the whole search as one object, with what could not be inspected.

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
    Get-KeyRollDependent -ResourceGroupName prod -StorageAccount stprod -Vault kv-prod

    Lists the dependents of stprod, those in the vault kv-prod among them.

    .EXAMPLE
    (Get-KeyRollDependent -StorageAccount stprod -Detailed).NotInspected

    Lists what nobody looked at.

    .OUTPUTS
    KeyRoll.Dependent
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Dependent')]
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

        [switch] $Detailed,

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
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollDependent' -Bound $PSBoundParameters -Target $StorageAccount
    }
}
