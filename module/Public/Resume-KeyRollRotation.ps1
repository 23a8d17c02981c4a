function Resume-KeyRollRotation {
    <#
    .SYNOPSIS
    Goes on with a run that waits, was interrupted or stopped.

    .DESCRIPTION
    Without -RunId: the only unfinished run. It never asks the question of the run again; names that the run met later
    are accepted with -Accept.

    .PARAMETER RunId
    The run.

    .PARAMETER StorageAccount
    Only runs on this storage account: its name, or its full resource id.

    .PARAMETER Accept
    Consequences that you accept, by the names that the plan gives them. Nothing else accepts them, -Force neither.

    .PARAMETER NoWait
    Return at the first wait. Resume-KeyRollRotation or Invoke-KeyRollStep goes on.

    .PARAMETER AsJob
    Carry it out in a background job. Stop-KeyRollRotation and Stop-Job end it safely.

    .PARAMETER CertificateThumbprint
    The management certificate that the run was begun with, by its thumbprint in the store My of this user or computer.

    .PARAMETER CertificatePath
    The management certificate with its private key: a .pfx file, or a PEM file.

    .PARAMETER CertificatePassword
    The password of the certificate's file.

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
    Resume-KeyRollRotation -RunId chg1234

    Goes on with the run chg1234 and waits for its end.

    .EXAMPLE
    Get-KeyRollRotation | Where-Object State -eq 'waiting' | Resume-KeyRollRotation -NoWait

    Goes on with every run that waits, as far as each can go now.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [string] $RunId,

        [Alias('StorageAccountId', 'StorageAccountName', 'AccountName')]
        [string] $StorageAccount,

        [string[]] $Accept,

        [switch] $NoWait,

        [switch] $AsJob,

        [string] $CertificateThumbprint,

        [string] $CertificatePath,

        [securestring] $CertificatePassword,

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
        $target = 'the unfinished run'
        if ($RunId) { $target = "run $RunId" }
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Resume-KeyRollRotation' -Bound $PSBoundParameters -Target $target -Action 'Go on with the rotation'
    }
}
