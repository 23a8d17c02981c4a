function Get-KeyRollCustomerKey {
    <#
    .SYNOPSIS
    Shows how a media account is encrypted, and what would break without its key.

    .DESCRIPTION
    Identity, vault, key, the version in use, what the account says of it, who else uses the key, and findings: no purge
    protection, missing access, a disabled version.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the media account. Needed only where a name alone is not unique.

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
    Get-KeyRollCustomerKey -ResourceGroupName prod -AccountName amslive

    Shows the encryption of the media account.

    .OUTPUTS
    KeyRoll.Result
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Result')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [ValidateNotNullOrEmpty()]
        [string] $AccountName,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

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
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollCustomerKey' -Bound $PSBoundParameters -Target $AccountName
    }
}
