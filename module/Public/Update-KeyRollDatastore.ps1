function Update-KeyRollDatastore {
    <#
    .SYNOPSIS
    Writes a key into every datastore of a workspace that uses the storage account.

    .DESCRIPTION
    Only datastores with an account key or a SAS of this very account are written, everything else in them is carried
    over, and a SAS is made anew with the same rights and expiry. System datastores belong to the workspace: Sync-
    KeyRollWorkspaceKey looks after them.

    .PARAMETER Name
    The workspace, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group. Needed only where a name alone is not unique.

    .PARAMETER StorageAccount
    The storage account whose datastores are written. Without it: that of the workspace.

    .PARAMETER Key
    The slot to write. Without it the datastores that hold a current key keep it, and the others get the slot in use.

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
    Update-KeyRollDatastore -ResourceGroupName prod -WorkspaceName ml-a -Key key2

    Writes key2 into the datastores of the workspace.

    .OUTPUTS
    KeyRoll.SyncResult
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.SyncResult')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('WorkspaceName')]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string] $StorageAccount,

        [string] $Key,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Update-KeyRollDatastore' -Bound $PSBoundParameters -Target $Name -Action 'Write the storage account key into its datastores'
    }
}
