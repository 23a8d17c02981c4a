function Update-KeyRollCustomerKey {
    <#
    .SYNOPSIS
    Gives the key of a media account a new version, and waits until the account uses it.

    .DESCRIPTION
    5 to 15 minutes are documented. The old version stays enabled, unless -DisableOld is given: then everything in the
    subscriptions that names the key is found first, and waited for; storage accounts take up to 24 hours.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

    .PARAMETER DisableOld
    Disable the old version once nothing uses it any more.

    .PARAMETER DryRun
    Only show the steps. With -WhatIf not even those are looked up.

    .PARAMETER NoWait
    Return at the first wait. Resume-KeyRollRotation or Invoke-KeyRollStep goes on.

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
    Update-KeyRollCustomerKey -ResourceGroupName prod -AccountName amslive -DisableOld -RunId chg1234

    Rolls the key, and disables the old version once nothing uses it.

    .OUTPUTS
    KeyRoll.Result
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.Result')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [ValidateNotNullOrEmpty()]
        [string] $AccountName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [switch] $DisableOld,

        [switch] $DryRun,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Update-KeyRollCustomerKey' -Bound $PSBoundParameters -Target $AccountName -Action 'Roll the customer-managed key'
    }
}
