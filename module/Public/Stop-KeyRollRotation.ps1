function Stop-KeyRollRotation {
    <#
    .SYNOPSIS
    Stops a run that a job of this session carries out. Resume-KeyRollRotation goes on with it.

    .DESCRIPTION
    The job tells keyroll to cancel: the act in flight is finished or safely abandoned, the journal is written, and the run can be
    resumed or undone. A run of another session or computer is stopped there, with Ctrl-C or by stopping its job.

    .PARAMETER RunId
    The run. A job that was begun with -AsJob has it as RunId.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .EXAMPLE
    Stop-KeyRollRotation -RunId chg1234

    Stops the job that carries out the run chg1234, and shows where the run stands.

    .EXAMPLE
    $job | Stop-KeyRollRotation

    Stops the run of a job.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('KeyRoll.Report')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [string] $RunId,

        [string] $State
    )
    process {
        $job = $script:KeyRollJobs[$RunId]
        if ($null -eq $job) {
            $problem = ConvertTo-KeyRollProblem -Code 'noJobOfThisRun' -Kind 'notFound' -Message "no job of this session carries out run $RunId" -Hint 'stop it where it runs (Ctrl-C, Stop-Job); the journal is intact wherever it stops'
            Write-KeyRollProblem -Cmdlet $PSCmdlet -Problem $problem -Target $RunId
            return
        }
        if (-not (Test-KeyRollConsent -Cmdlet $PSCmdlet -Target "run $RunId" -Action 'Stop the rotation')) { return }
        Stop-Job -Job $job
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollRotation' -Bound $PSBoundParameters -Target $RunId
    }
}
