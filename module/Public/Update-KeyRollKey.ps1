function Update-KeyRollKey {
    <#
    .SYNOPSIS
    Regenerates one key and proves that only that one changed.

    .DESCRIPTION
    Takes the parameters of New-AzStorageAccountKey. It is refused while something is known to hold the key: Invoke-
    KeyRollRotation -Key moves that first. What cannot be known has to be accepted by name.

    It asks once; a regenerated key cannot be brought back. The key itself is not shown: Get-AzStorageAccountKey does
    that.

    .PARAMETER ResourceGroupName
    The resource group of the storage account.

    .PARAMETER Name
    The storage account.

    .PARAMETER KeyName
    The key to regenerate: key1 or key2.

    .PARAMETER Vault
    Key vaults, by name or URL, whose secrets are compared with the keys even without tags.

    .PARAMETER MediaV2
    AMS v2 accounts, by name or full resource id, that are handed the keys with a management certificate, or without one
    told to read them again.

    .PARAMETER Endpoint
    Addresses of the OData services of AMS v2 accounts, where Resource Manager does not tell them.

    .PARAMETER CertificateThumbprint
    The management certificate of AMS v2 accounts, by its thumbprint in the store My of this user or computer.

    .PARAMETER CertificatePath
    The management certificate with its private key: a .pfx file, or a PEM file.

    .PARAMETER CertificatePassword
    The password of the certificate's file.

    .PARAMETER Accept
    Consequences that you accept, by the names that the plan gives them. Nothing else accepts them, -Force neither.

    .PARAMETER RunId
    An id for the run. The same id, given twice, goes on with the same run and changes nothing twice.

    .PARAMETER ChangeReference
    Your change reference, kept in the journal.

    .PARAMETER NoWait
    Return at the first wait. Resume-KeyRollRotation or Invoke-KeyRollStep goes on.

    .PARAMETER AsJob
    Carry it out in a background job. Stop-KeyRollRotation and Stop-Job end it safely.

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
    Update-KeyRollKey -ResourceGroupName prod -Name stprod -KeyName key2 -Accept unknown-usage-key2

    Regenerates key2 of stprod.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [string] $ResourceGroupName,

        [Parameter(Mandatory, Position = 1, ValueFromPipelineByPropertyName)]
        [Alias('StorageAccountName', 'AccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Name,

        [Parameter(Mandatory, Position = 2)]
        [ValidateSet('key1', 'key2', IgnoreCase = $false)]
        [string] $KeyName,

        [string[]] $Vault,

        [string[]] $MediaV2,

        [string[]] $Endpoint,

        [string] $CertificateThumbprint,

        [string] $CertificatePath,

        [securestring] $CertificatePassword,

        [string[]] $Accept,

        [string] $RunId,

        [string] $ChangeReference,

        [switch] $NoWait,

        [switch] $AsJob,

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
        $target = '{0} of {1}' -f $KeyName, $Name
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Update-KeyRollKey' -Bound $PSBoundParameters -Target $target -Action 'Regenerate the storage account key'
    }
}
