function Sync-KeyRollMediaKey {
    <#
    .SYNOPSIS
    Makes a media account read the keys of its storage accounts again, and proves that it did.

    .DESCRIPTION
    One, several or all storage accounts of a Media Services v3 account. Nothing is sent where a current key is proven.
    An account that uses a managed identity holds no key and is skipped.

    Sync-AzMediaServiceStorageKey does the same for scripts that were written for Az.Media.

    .PARAMETER AccountName
    The media account, by name or by full resource id. Without it every media account of the resource group.

    .PARAMETER ResourceGroupName
    The resource group. Needed only where a name alone is not unique.

    .PARAMETER StorageAccount
    Storage accounts of the media account, by name or by full resource id. Without it all of them.

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
    Sync-KeyRollMediaKey -ResourceGroupName prod -AccountName amslive

    Syncs all storage accounts of the media account.

    .EXAMPLE
    Sync-KeyRollMediaKey -AccountName amslive -StorageAccount stprod -Always

    Syncs one of them, whatever is proven already.

    .OUTPUTS
    KeyRoll.SyncResult
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.SyncResult')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [string] $AccountName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string[]] $StorageAccount,

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
        $target = "the media accounts of $ResourceGroupName"
        if ($AccountName) { $target = $AccountName }
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Sync-KeyRollMediaKey' -Bound $PSBoundParameters -Target $target -Action 'Sync the storage account keys'
    }
}
