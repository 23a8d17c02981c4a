function Get-KeyRollKeyState {
    <#
    .SYNOPSIS
    Shows both keys of a storage account: age, policy, fingerprint.

    .DESCRIPTION
    The key itself is never shown: the fingerprint stands for it in plans, journals and reports. Get-AzStorageAccountKey
    shows keys.

    .PARAMETER StorageAccount
    The storage account: its name, or its full resource id. The Id of what Get-AzStorageAccount and Get-AzResource give
    is taken from the pipeline.

    .PARAMETER ResourceGroupName
    The resource group of the storage account. Needed only where a name alone is not unique.

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
    Get-KeyRollKeyState -ResourceGroupName prod -StorageAccount stprod

    Shows key1 and key2 of stprod.

    .EXAMPLE
    Get-AzStorageAccount | Get-KeyRollKeyState | Where-Object Overdue

    Lists the keys of all accounts that are older than the policy of their account allows.

    .OUTPUTS
    KeyRoll.Key
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Key')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('ResourceId', 'Id', 'StorageAccountId', 'StorageAccountName', 'AccountName', 'Name')]
        [ValidateNotNullOrEmpty()]
        [string] $StorageAccount,

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
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollKeyState' -Bound $PSBoundParameters -Target $StorageAccount
    }
}
