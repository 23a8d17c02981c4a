<#
.SYNOPSIS
Begins the rotation of a storage account's keys and returns at the first wait. For Azure Automation with a Hybrid Runbook Worker.

.DESCRIPTION
Signs in with the managed identity, begins a run under an id of its own, and writes one compact JSON object. Schedule
Resume-StorageKeyRotation to go on with it: a rotation waits for hours or days, and no job should.

An Automation job that is interrupted starts again from the top. That is safe here: the id of the run is made of the change
reference, and the same id goes on with the same run and changes nothing twice.

The names of -Accept are those that Get-KeyRollPlan gives. Look at the plan before this is scheduled; a new name stops the run
before its first change.

.PARAMETER StorageAccountId
The full resource id of the storage account.

.PARAMETER ChangeReference
Your change reference. One rotation for each.

.PARAMETER Accept
The names that are accepted, separated by commas.

.PARAMETER State
A folder that outlives the job, and that every worker of the group sees.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $StorageAccountId,

    [Parameter(Mandatory)]
    [ValidatePattern('^[A-Za-z0-9._-]+$')]
    [string] $ChangeReference,

    [string] $Accept = '',

    [Parameter(Mandatory)]
    [string] $State
)

$ErrorActionPreference = 'Stop'
Import-Module -Name KeyRoll
if (Get-Command -Name Connect-AzAccount -ErrorAction Ignore) {
    Disable-AzContextAutosave -Scope Process | Out-Null
    Connect-AzAccount -Identity | Out-Null
}

$names = @($Accept -split ',' | ForEach-Object { $_.Trim() } | Where-Object { $_ })
$run = Invoke-KeyRollRotation -StorageAccount $StorageAccountId -Accept $names -RunId ('change-' + $ChangeReference) -ChangeReference $ChangeReference -State $State -NoWait -Force
ConvertTo-Json -InputObject ($run | Select-Object -Property RunId, Account, State, Started, NextDue, Next, Regenerated) -Depth 3 -Compress
