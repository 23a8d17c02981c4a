function Reset-KeyRollLocator {
    <#
    .SYNOPSIS
    Recreates the locators of a Media Services v2 account after it was given another storage key.

    .DESCRIPTION
    Locators that were made under a key die with it. Each one is written down completely, deleted, and made again with
    the same id, address, name, start, expiry and policy; whoever streams waits up to 40 seconds. What would not come
    back as it was is left and listed. No locator is lost: it can be killed anywhere and goes on with Resume-
    KeyRollRotation.

    The streaming URL of each is asked before the delete and again when everything is back, once caches cannot answer any
    more; one that answered before and does not then ends it with exit code 42, its locator being back all the same.

    SAS locators change their address: they need -IncludeSas and a file for old and new addresses. Wait 30 minutes after
    Sync-KeyRollMediaV2Key.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

    .PARAMETER Endpoint
    The address of the OData service of the account. Without it Resource Manager is asked.

    .PARAMETER Locator
    Only these locators, by id or by what follows nb:lid:UUID: in it.

    .PARAMETER Asset
    Only the locators of these assets.

    .PARAMETER Type
    Only locators of this type.

    .PARAMETER ExpiresBefore
    Only locators that expire before this time (RFC 3339, or a date).

    .PARAMETER ExpiresAfter
    Only locators that expire after this time (RFC 3339, or a date).

    .PARAMETER IncludeSas
    Recreate SAS locators too, whose addresses change; needs -AddressFile.

    .PARAMETER AddressFile
    A new file for old and new addresses of SAS locators, as JSON Lines; they are secrets.

    .PARAMETER Concurrency
    How many assets are worked on at once; one asset has one locator at a time.

    .PARAMETER NoStreamingCheck
    Do not ask the streaming URLs before and after. The check takes five to ten minutes more.

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
    Reset-KeyRollLocator -ResourceGroupName prod -AccountName ams1 -DryRun

    Says what would happen to each locator.

    .EXAMPLE
    Reset-KeyRollLocator -AccountName ams1 -IncludeSas -AddressFile addresses.jsonl

    Asks, recreates all locators, and keeps old and new addresses of SAS locators in the file.

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

        [string] $Endpoint,

        [string[]] $Locator,

        [string[]] $Asset,

        [ValidateSet('origin', 'sas')]
        [string] $Type,

        [string] $ExpiresBefore,

        [string] $ExpiresAfter,

        [switch] $IncludeSas,

        [string] $AddressFile,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Reset-KeyRollLocator' -Bound $PSBoundParameters -Target $AccountName -Action 'Delete and recreate the locators'
    }
}
