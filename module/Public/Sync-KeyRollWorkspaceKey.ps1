function Sync-KeyRollWorkspaceKey {
    <#
    .SYNOPSIS
    Makes a Machine Learning workspace read the key of its storage account again, and proves that it did.

    .DESCRIPTION
    Its datastores that use the account are written too where they hold an old key; -NoDatastores leaves them. A project
    is synced through its hub.

    Where the keyroll program cannot start (the sandbox of Azure Automation), the one call is made through Az.Accounts:
    nothing is proven then, and a warning says so. That needs -NoDatastores, because datastores cannot be written that way;
    -DryRun, -NoWait, -RunId, -ChangeReference and -StorageAccount are refused there, and with -AccessToken, -Auth, -Cloud
    or -CaBundle the call is not made.

    .PARAMETER Name
    The workspace, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group. Needed only where a name alone is not unique.

    .PARAMETER StorageAccount
    The storage account, where the resource could be meant with another one: its name, or its full resource id.

    .PARAMETER NoDatastores
    Leave the datastores that users made as they are.

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
    Sync-KeyRollWorkspaceKey -ResourceGroupName prod -Name ml-a

    Syncs the workspace and its datastores.

    .EXAMPLE
    Get-AzMLWorkspace | Sync-KeyRollWorkspaceKey -NoDatastores

    Syncs every workspace of the subscription.

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

        [switch] $NoDatastores,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Sync-KeyRollWorkspaceKey' -Bound $PSBoundParameters -Target $Name -Action 'Sync the storage account keys' -WithoutProgram 'Invoke-KeyRollWorkspaceCall'
    }
}
