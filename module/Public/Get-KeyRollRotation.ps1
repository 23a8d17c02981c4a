function Get-KeyRollRotation {
    <#
    .SYNOPSIS
    Shows where runs stand.

    .DESCRIPTION
    All runs of the state folder, those of one account, or one run with all its steps.

    .PARAMETER RunId
    The run.

    .PARAMETER StorageAccount
    Only runs on this storage account: its name, or its full resource id.

    .PARAMETER Manual
    Show the steps that remain as az commands, for carrying on by hand.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .EXAMPLE
    Get-KeyRollRotation

    Lists all runs, newest last.

    .EXAMPLE
    Get-KeyRollRotation -RunId chg1234 -Manual

    Shows the steps that remain as az commands.

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

        [switch] $Manual,

        [string] $State
    )
    process {
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollRotation' -Bound $PSBoundParameters -Target $RunId
    }
}
