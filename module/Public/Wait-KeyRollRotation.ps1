function Wait-KeyRollRotation {
    <#
    .SYNOPSIS
    Waits for a run that another process carries out. Changes nothing.

    .DESCRIPTION
    It returns when the run is over, when nobody carries it on any more, or after -Timeout.

    .PARAMETER RunId
    The run.

    .PARAMETER Timeout
    Return after this time even if the run is not over: 30m, 2h.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .EXAMPLE
    Wait-KeyRollRotation -RunId chg1234 -Timeout 2h

    Waits for the end of the run, at most two hours.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [string] $RunId,

        [string] $Timeout,

        [string] $State
    )
    process {
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Wait-KeyRollRotation' -Bound $PSBoundParameters -Target $RunId
    }
}
