function Remove-KeyRollCustomerKey {
    <#
    .SYNOPSIS
    Goes back to a Microsoft-managed key, and deletes what you name of what was made for it.

    .DESCRIPTION
    The media account goes back first, and says so. Then, and only if -Delete names them, resources go that a run in the
    state folder created and that still carry its tag; everything else is kept. A key or vault that still protects
    anything is refused. A storage account that is not empty is never deleted.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

    .PARAMETER Delete
    Delete these of what our runs created, by name or by full id: media account, storage account, key, vault.

    .PARAMETER DryRun
    Only show the steps. With -WhatIf not even those are looked up.

    .PARAMETER RunId
    An id for the run. The same id, given twice, goes on with the same run and changes nothing twice.

    .PARAMETER ChangeReference
    Your change reference, kept in the journal.

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
    Remove-KeyRollCustomerKey -ResourceGroupName prod -AccountName amslive -Delete media,kvams

    Goes back, and deletes the key and the vault that were made for it.

    .OUTPUTS
    KeyRoll.Result
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('KeyRoll.Result')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [ValidateNotNullOrEmpty()]
        [string] $AccountName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string[]] $Delete,

        [switch] $DryRun,

        [string] $RunId,

        [string] $ChangeReference,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Remove-KeyRollCustomerKey' -Bound $PSBoundParameters -Target $AccountName -Action 'Go back to a Microsoft-managed key'
    }
}
