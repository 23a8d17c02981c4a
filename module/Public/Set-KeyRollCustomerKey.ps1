function Set-KeyRollCustomerKey {
    <#
    .SYNOPSIS
    Encrypts a media account with a key of yours, and makes whatever is missing for that.

    .DESCRIPTION
    Storage account, media account with its identity, vault with soft delete and purge protection, access, RSA key,
    encryption: each is looked for first, and only what is missing is done, so that it can be run again and stopped
    anywhere. -DryRun shows the steps.

    It asks if purge protection is turned on, which cannot be undone; -Force asks nothing.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER KeyVaultName
    The vault, by name or by full resource id.

    .PARAMETER KeyName
    The key.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

    .PARAMETER StorageAccount
    The storage account of a media account that has to be made: its name, or its full resource id.

    .PARAMETER ResourceLocation
    The region of what has to be made. Without it: that of what is there.

    .PARAMETER TenantId
    The tenant of a vault that has to be made. Without it: that of the subscription.

    .PARAMETER ServicePrincipalObjectId
    The object id of who makes the key, which the vault opens to. Without it: that of the sign-in.

    .PARAMETER UserIdentity
    The id of a user-assigned identity to use instead of the system-assigned one.

    .PARAMETER KeySize
    The bits of a key that has to be made.

    .PARAMETER Pin
    Stay on the version that is newest now, instead of following new ones.

    .PARAMETER VaultAccess
    How a vault that has to be made decides about access.

    .PARAMETER Recover
    Bring a deleted vault or key of this name back.

    .PARAMETER DryRun
    Only show the steps. With -WhatIf not even those are looked up.

    .PARAMETER NoWait
    Return at the first wait. Resume-KeyRollRotation or Invoke-KeyRollStep goes on.

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
    Set-KeyRollCustomerKey -ResourceGroupName prod -AccountName amslive -KeyVaultName kvams -KeyName media -DryRun

    Shows what would be made and changed.

    .EXAMPLE
    Set-KeyRollCustomerKey -ResourceGroupName prod -AccountName amslive -KeyVaultName kvams -KeyName media

    Makes what is missing, and encrypts the media account with the key.

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

        [Parameter(Mandatory)]
        [Alias('VaultName')]
        [ValidateNotNullOrEmpty()]
        [string] $KeyVaultName,

        [Parameter(Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $KeyName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [string] $StorageAccount,

        [Alias('Location')]
        [string] $ResourceLocation,

        [string] $TenantId,

        [string] $ServicePrincipalObjectId,

        [string] $UserIdentity,

        [ValidateSet('2048', '3072', '4096')]
        [string] $KeySize,

        [switch] $Pin,

        [ValidateSet('policies', 'roles')]
        [string] $VaultAccess,

        [switch] $Recover,

        [switch] $DryRun,

        [switch] $NoWait,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Set-KeyRollCustomerKey' -Bound $PSBoundParameters -Target $AccountName -Action 'Encrypt with a customer-managed key'
    }
}
