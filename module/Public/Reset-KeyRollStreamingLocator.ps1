function Reset-KeyRollStreamingLocator {
    <#
    .SYNOPSIS
    Recreates the streaming locators of a Media Services v3 account, which a roll does not need.

    .DESCRIPTION
    After a roll Sync-KeyRollMediaKey is enough: streaming locators hang on no key. For where they have to be made again
    all the same, each one is read with its content keys, written down, deleted, and made again with the same name,
    streaming locator id, asset, policies, times, filters and content keys; whoever streams waits meanwhile. Content keys
    are written down sealed, and that they open again is tried before the delete.

    What would not come back, or has expired, is left and listed. Where the service refuses the id of a content key, the
    locator comes back with the same key under another id, and both ids are told. No locator is lost: it can be killed
    anywhere and goes on with Resume-KeyRollRotation.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

    .PARAMETER Locator
    Only these locators, by name.

    .PARAMETER Asset
    Only the locators of these assets, by name.

    .PARAMETER ExpiresBefore
    Only locators that expire before this time (RFC 3339, or a date).

    .PARAMETER ExpiresAfter
    Only locators that expire after this time (RFC 3339, or a date).

    .PARAMETER SealKeySecret
    The address of a Key Vault secret whose value, the base64 of 32 bytes, seals content keys. Without it: seal.key in the
    state folder.

    .PARAMETER Concurrency
    How many assets are worked on at once; one asset has one locator at a time.

    .PARAMETER NoStreamingCheck
    Do not ask the streaming URLs before and after.

    .PARAMETER DryRun
    Say what would happen to each locator and why, and change nothing. With -WhatIf not even that is looked up.

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
    Reset-KeyRollStreamingLocator -ResourceGroupName prod -AccountName ams1 -DryRun

    Says what would happen to each locator.

    .EXAMPLE
    Reset-KeyRollStreamingLocator -AccountName ams1 -Locator premiere -SealKeySecret https://kv1.vault.azure.net/secrets/seal

    Asks, and recreates one locator, whose content keys are sealed with a key in a vault.

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

        [string[]] $Locator,

        [string[]] $Asset,

        [string] $ExpiresBefore,

        [string] $ExpiresAfter,

        [string] $SealKeySecret,

        [string] $Concurrency,

        [switch] $NoStreamingCheck,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Reset-KeyRollStreamingLocator' -Bound $PSBoundParameters -Target $AccountName -Action 'Delete and recreate the streaming locators'
    }
}
