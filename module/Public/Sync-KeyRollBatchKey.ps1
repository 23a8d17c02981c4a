function Sync-KeyRollBatchKey {
    <#
    .SYNOPSIS
    Makes a Batch account read the keys of its auto-storage account again.

    .DESCRIPTION
    Batch shows no key, so that all that can be seen is that its last key sync moved: the result says assumed, and a
    sync is always sent. Keys in the mounts of pools are not covered.

    .PARAMETER Name
    The Batch account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group. Needed only where a name alone is not unique.

    .PARAMETER StorageAccount
    The storage account, where the resource could be meant with another one: its name, or its full resource id.

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
    Sync-KeyRollBatchKey -ResourceGroupName prod -Name batch1

    Syncs the Batch account.

    .OUTPUTS
    KeyRoll.SyncResult
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.SyncResult')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('AccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string] $StorageAccount,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Sync-KeyRollBatchKey' -Bound $PSBoundParameters -Target $Name -Action 'Sync the storage account keys'
    }
}
