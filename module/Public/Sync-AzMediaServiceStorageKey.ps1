function Sync-AzMediaServiceStorageKey {
    <#
    .SYNOPSIS
    Synchronizes the storage account keys of a media account: the cmdlet of Az.Media, for scripts that were written for it.

    .DESCRIPTION
    Takes what Sync-AzMediaServiceStorageKey of Az.Media took, by position, by name and from the pipeline, and gives True, as it did;
    -Detailed gives the result instead. The sync is always sent, and proven where that is possible. -PassThru is accepted and changes
    nothing.

    Where the keyroll program cannot start (the sandbox of Azure Automation), the one call is made through Az.Accounts: nothing is
    proven then, and a warning says so.

    Where Az.Media is loaded too, this function runs, because PowerShell takes functions before cmdlets. The other one is called
    Az.Media\Sync-AzMediaServiceStorageKey.

    .PARAMETER ResourceGroupName
    The resource group of the media account.

    .PARAMETER AccountName
    The name of the media account.

    .PARAMETER StorageAccountId
    The full resource id of the storage account whose keys are synchronized.

    .PARAMETER SubscriptionId
    The subscription of the media account. Without it: that of the Az context.

    .PARAMETER PassThru
    Accepted for scripts of either version of Az.Media; the result is given anyway.

    .PARAMETER Detailed
    Give the result with what was proven, in place of True.

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
    Sync-AzMediaServiceStorageKeys -ResourceGroupName prod -AccountName amslive -StorageAccountId $storageAccountId

    Synchronizes the keys, as a script for Az.Media does.

    .EXAMPLE
    Sync-AzMediaServiceStorageKey prod amslive $storageAccountId -Detailed

    Does the same, and gives what was proven.

    .OUTPUTS
    System.Boolean
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess)]
    [Alias('Sync-AzMediaServiceStorageKeys')]
    [OutputType('System.Boolean')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ Get-KeyRollGroupName @args })]
        [string] $ResourceGroupName,

        [Parameter(Mandatory, Position = 1, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [ValidateNotNullOrEmpty()]
        [ValidateLength(3, 26)]
        [ValidatePattern('^[a-z0-9]+$')]
        [string] $AccountName,

        [Parameter(Mandatory, Position = 2, ValueFromPipelineByPropertyName)]
        [Alias('Id')]
        [ValidateNotNullOrEmpty()]
        [string] $StorageAccountId,

        [string] $SubscriptionId,

        [switch] $PassThru,

        [switch] $Detailed,

        [string] $Cloud,

        [string] $Auth,

        [string] $CaBundle,

        [string] $State,

        [securestring] $AccessToken,

        [Alias('AzContext', 'AzureRmContext', 'AzureCredential')]
        [object] $DefaultProfile
    )
    process {
        Write-KeyRollMediaNotice -Cmdlet $PSCmdlet
        $problem = Test-KeyRollStorageAccountId -Id $StorageAccountId
        if ($null -ne $problem) {
            Write-KeyRollProblem -Cmdlet $PSCmdlet -Problem $problem -Target $StorageAccountId -Terminating
        }
        $request = @{
            Cmdlet         = $PSCmdlet
            Name           = 'Sync-AzMediaServiceStorageKey'
            Bound          = $PSBoundParameters
            Arguments      = @{ always = $true }
            Target         = $AccountName
            Action         = 'Sync MediaService storage keys'
            WithoutProgram = 'Invoke-KeyRollMediaCall'
            Terminating    = $true
        }
        # None with -WhatIf, and where somebody said no.
        $rows = @(Invoke-KeyRollChange @request)
        foreach ($row in $rows) {
            if ($row.Outcome -eq 'skipped') { $PSCmdlet.WriteWarning(('{0}: {1}' -f $row.Name, $row.Why)) }
            if ($Detailed) { $row }
        }
        if ($rows.Count -gt 0 -and -not $Detailed) { $true }
    }
}
