function Sync-KeyRollMediaV2Key {
    <#
    .SYNOPSIS
    Hands a Media Services v2 account the key of one of its storage accounts.

    .DESCRIPTION
    The key is read from Resource Manager and sent to classic service management, which asks for a management
    certificate; it is never shown. The certificate is taken from the certificate store, from a .pfx or from a PEM file,
    and goes to the program in memory.

    Nothing tells whether the account uses the key: locators that are recreated do. Wait 30 minutes before anything else
    is done with Media Services; jobs at work that have not finished are named before anything is sent.

    .PARAMETER AccountName
    The media account, by name or by full resource id.

    .PARAMETER StorageAccount
    The storage account whose key is handed over: its name, or its full resource id.

    .PARAMETER ResourceGroupName
    The resource group of the storage account. Needed only where a name alone is not unique.

    .PARAMETER Key
    The slot whose key the account is given: key1, key2, primary or secondary. The one that is not about to be
    regenerated.

    .PARAMETER CertificateThumbprint
    The management certificate, by its thumbprint in the store My of this user or computer.

    .PARAMETER CertificatePath
    The management certificate with its private key: a .pfx file, or a PEM file.

    .PARAMETER CertificatePassword
    The password of a .pfx file, or of the encrypted key in a PEM file.

    .PARAMETER DryRun
    Say what would be sent, and send nothing. With -WhatIf not even that is looked up.

    .PARAMETER Always
    The key is always sent: nothing shows what the account holds.

    .PARAMETER NoWait
    Return once the key was taken.

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
    Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key secondary -CertificateThumbprint 0123456789ABCDEF0123456789ABCDEF01234567

    Hands over key2 with a certificate of the store.

    .EXAMPLE
    Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath management.pfx -CertificatePassword $password

    Hands over key1 with a certificate of a file.

    .OUTPUTS
    KeyRoll.SyncResult
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.SyncResult')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'ResourceName')]
        [ValidateNotNullOrEmpty()]
        [string] $AccountName,

        [string] $StorageAccount,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $ResourceGroupName,

        [Parameter(Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $Key,

        [string] $CertificateThumbprint,

        [string] $CertificatePath,

        [securestring] $CertificatePassword,

        [switch] $DryRun,

        [switch] $Always,

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
        Invoke-KeyRollChange -Cmdlet $PSCmdlet -Name 'Sync-KeyRollMediaV2Key' -Bound $PSBoundParameters -Target $AccountName -Action 'Hand over the storage account key'
    }
}
