function Invoke-KeyRollRotation {
    <#
    .SYNOPSIS
    Rolls the keys of a storage account without breaking what depends on them.

    .DESCRIPTION
    Finds what depends on the keys, moves it to the fresh one, proves that it works, and only then retires the old one.
    It can be stopped, killed or throttled anywhere and goes on with Resume-KeyRollRotation.

    It asks once, with the consequences named. -Force and -Confirm:$false ask nothing; the names that the plan wants
    accepted are always given with -Accept.

    .PARAMETER StorageAccount
    The storage account: its name, or its full resource id. With -Plan it stands in the plan.

    .PARAMETER ResourceGroupName
    The resource group of the storage account. Needed only where a name alone is not unique.

    .PARAMETER Plan
    Carry out this plan as it is, or not at all: the object of Get-KeyRollPlan, its JSON, or the path of a file.

    .PARAMETER WithAccount
    Roll these storage accounts too, side by side, so that their waits are shared: names, or full resource ids.

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

    .PARAMETER RunId
    An id for the run. The same id, given twice, goes on with the same run and changes nothing twice.

    .PARAMETER ChangeReference
    Your change reference, kept in the journal.

    .PARAMETER NoWait
    Return at the first wait. Resume-KeyRollRotation or Invoke-KeyRollStep goes on.

    .PARAMETER AsJob
    Carry it out in a background job. Stop-KeyRollRotation and Stop-Job end it safely.

    .PARAMETER Force
    Ask no question. It accepts no name: that is -Accept.

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
    Invoke-KeyRollRotation -ResourceGroupName prod -StorageAccount stprod -Accept unknown-usage-key2,unknown-usage-key1

    Makes a fresh plan, asks, and rolls both keys.

    .EXAMPLE
    $plan = Get-KeyRollPlan -StorageAccount stprod; Invoke-KeyRollRotation -Plan $plan -Accept $plan.Acceptances.Name -RunId chg1234 -Force

    Carries out a plan that somebody has looked at, accepts every name of it, and asks nothing.

    .EXAMPLE
    Invoke-KeyRollRotation -StorageAccount stprod -Accept unknown-usage-key2 -StandbyOnly -NoWait -Force

    Begins and returns at the first wait; Invoke-KeyRollStep or Resume-KeyRollRotation goes on.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('ResourceId', 'Id', 'StorageAccountId', 'StorageAccountName', 'AccountName', 'Name')]
        [string] $StorageAccount,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Json')]
        [object] $Plan,

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

        [string] $RunId,

        [string] $ChangeReference,

        [switch] $NoWait,

        [switch] $AsJob,

        [switch] $Force,

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
        if (-not $StorageAccount -and $null -eq $Plan) {
            $problem = ConvertTo-KeyRollProblem -Code 'storageAccountMissing' -Kind 'usage' -Message 'neither a storage account nor a plan was given' -Hint 'give -StorageAccount with a name or id, or -Plan with what Get-KeyRollPlan gave'
            Write-KeyRollProblem -Cmdlet $PSCmdlet -Problem $problem -Target $null -Terminating
        }
        $target = $StorageAccount
        if (-not $target) { $target = (Get-KeyRollPlanText -Plan $Plan).Account }
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Invoke-KeyRollRotation' -Bound $PSBoundParameters -Target $target -Action 'Roll the storage account keys'
    }
}
