function Get-KeyRollPlan {
    <#
    .SYNOPSIS
    Shows what a rotation would do, step by step. Changes nothing.

    .DESCRIPTION
    Each step says why it is there, what it touches, whether it can be undone, and who may fail for how long. The plan
    names what has to be accepted with -Accept, and what was not inspected.

    The object goes into Invoke-KeyRollRotation -Plan, which carries it out as it is or not at all.

    .PARAMETER StorageAccount
    The storage account: its name, or its full resource id. The Id of what Get-AzStorageAccount and Get-AzResource give
    is taken from the pipeline.

    .PARAMETER ResourceGroupName
    The resource group of the storage account. Needed only where a name alone is not unique.

    .PARAMETER WithAccount
    Roll these storage accounts too, side by side, so that their waits are shared: names, or full resource ids. One plan
    for each account is given, to look at; Invoke-KeyRollRotation takes the same parameter.

    .PARAMETER Vault
    Key vaults, by name or URL, whose secrets are compared with the keys even without tags.

    .PARAMETER MediaV2
    AMS v2 accounts, by name or full resource id, that are handed the keys with a management certificate, or without one
    told to read them again.

    .PARAMETER Endpoint
    Addresses of the OData services of AMS v2 accounts, where Resource Manager does not tell them.

    .PARAMETER MediaV2Holds
    The slot whose key an AMS v2 account holds at present, where you know: primary, or ams1=primary where several are
    named. Without it, one of which nothing is known is given the key in use first.

    .PARAMETER CertificateThumbprint
    The management certificate of AMS v2 accounts, by its thumbprint in the store My of this user or computer.

    .PARAMETER CertificatePath
    The management certificate with its private key: a .pfx file, or a PEM file.

    .PARAMETER CertificatePassword
    The password of the certificate's file.

    .PARAMETER Key
    Regenerate only this slot; what holds it moves to the other one first.

    .PARAMETER StandbyOnly
    Regenerate the standby slot and move everything to it; keep the old key.

    .PARAMETER FinishOn
    Where everything is at the end: original, the slot that was in use at first, or standby, the other one. With an AMS v2
    account that is handed keys: original.

    .PARAMETER Until
    Stop after this act: stage, test, publish, prove, settle, locators, evidence and so on.

    .PARAMETER RetireAfter
    Keep the old key at least this long after everything was proven on the new one: 24h, 7d.

    .PARAMETER Settle
    Wait this long for caches instead of the floor of each kind of dependent: 30m.

    .PARAMETER Concurrency
    How many dependents are worked on at once.

    .PARAMETER IncludeSas
    Recreate SAS locators of AMS v2 accounts too, whose addresses change; needs -AddressFile.

    .PARAMETER AddressFile
    A new file for old and new addresses of SAS locators, as JSON Lines; they are secrets.

    .PARAMETER Accept
    Consequences that you accept, by the names that the plan gives them. Nothing else accepts them, -Force neither.

    .PARAMETER OutFile
    Also write the plan to this file as JSON.

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
    Get-KeyRollPlan -ResourceGroupName prod -StorageAccount stprod

    Shows the plan for both keys.

    .EXAMPLE
    $plan = Get-KeyRollPlan -StorageAccount stprod; $plan.Acceptances

    Keeps the plan, and lists the names that it needs accepted.

    .OUTPUTS
    KeyRoll.Plan
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Plan')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('ResourceId', 'Id', 'StorageAccountId', 'StorageAccountName', 'AccountName', 'Name')]
        [ValidateNotNullOrEmpty()]
        [string] $StorageAccount,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string[]] $WithAccount,

        [string[]] $Vault,

        [string[]] $MediaV2,

        [string[]] $Endpoint,

        [string[]] $MediaV2Holds,

        [string] $CertificateThumbprint,

        [string] $CertificatePath,

        [securestring] $CertificatePassword,

        [string] $Key,

        [switch] $StandbyOnly,

        [ValidateSet('original', 'standby')]
        [string] $FinishOn,

        [string] $Until,

        [string] $RetireAfter,

        [string] $Settle,

        [string] $Concurrency,

        [switch] $IncludeSas,

        [string] $AddressFile,

        [string[]] $Accept,

        [string] $OutFile,

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
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollPlan' -Bound $PSBoundParameters -Target $StorageAccount
    }
}
