<#
.SYNOPSIS
Does what is due in every unfinished rotation and returns. For a schedule of Azure Automation with a Hybrid Runbook Worker.

.DESCRIPTION
Signs in with the managed identity and takes one step in each run that is not over. A run that a person has to look at is told as
an error and does not keep the others from their turn. Writes one compact JSON object for each run: the output of a job is limited to
1 MiB, and whole reports of many runs would not fit. Get-KeyRollReport shows them.

It may be scheduled as often as you like, and may run twice at once: one run has one writer.

.PARAMETER State
The folder that Start-StorageKeyRotation was given.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $State
)

$ErrorActionPreference = 'Stop'
Import-Module -Name KeyRoll
if (Get-Command -Name Connect-AzAccount -ErrorAction Ignore) {
    Disable-AzContextAutosave -Scope Process | Out-Null
    Connect-AzAccount -Identity | Out-Null
}

$failed = 0
foreach ($run in @(Get-KeyRollRotation -State $State | Where-Object { $_.State -notin 'done', 'aborted' })) {
    try {
        $run = Invoke-KeyRollStep -RunId $run.RunId -State $State -Confirm:$false
    } catch {
        # Another job is at this run.
        if ($_.CategoryInfo.Category -ne 'ResourceBusy') {
            $failed++
            Write-Warning -Message ('{0}: {1} {2}' -f $run.RunId, $_.Exception.Message, $_.ErrorDetails.RecommendedAction)
        }
    }
    ConvertTo-Json -InputObject ($run | Select-Object -Property RunId, Account, State, NextDue, Next, Regenerated) -Depth 3 -Compress
}
if ($failed -gt 0) { throw "$failed rotations need a person; their warnings say what to do" }
