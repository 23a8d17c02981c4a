function Get-KeyRollReport {
    <#
    .SYNOPSIS
    Shows what a run came to.

    .DESCRIPTION
    What changed, what was proven or assumed, what was not looked at. Without -RunId: the newest run.

    -Verify checks the hash chain of the journal and tells the digest of its last line: whoever noted that before knows
    that nothing was changed since.

    .PARAMETER RunId
    The run.

    .PARAMETER StorageAccount
    Only runs on this storage account: its name, or its full resource id.

    .PARAMETER Verify
    Check the hash chain of the journal instead.

    .PARAMETER Html
    Also write the report to this file as one HTML page.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .EXAMPLE
    Get-KeyRollReport -RunId chg1234 -Html report.html

    Shows the report and writes it as a page.

    .EXAMPLE
    Get-KeyRollReport -RunId chg1234 -Verify

    Checks the journal.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [string] $RunId,

        [Alias('StorageAccountId', 'StorageAccountName', 'AccountName')]
        [string] $StorageAccount,

        [switch] $Verify,

        [string] $Html,

        [string] $State
    )
    process {
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollReport' -Bound $PSBoundParameters -Target $RunId
    }
}
