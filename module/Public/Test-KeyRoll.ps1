function Test-KeyRoll {
    <#
    .SYNOPSIS
    Checks the program, the state folder, the cloud and the sign-in.

    .DESCRIPTION
    Gives one object for each check. Ok is false where something is wrong, and Problem says what and the way out. Each
    failed check is an error too, so that -ErrorAction Stop sees it.

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
    Test-KeyRoll

    Checks everything with the Az context.

    .EXAMPLE
    Test-KeyRoll -Auth managed-identity

    Checks the sign-in of a managed identity.

    .OUTPUTS
    KeyRoll.Check
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Check')]
    param(
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
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Test-KeyRoll' -Bound $PSBoundParameters -Target 'keyroll'
    }
}
