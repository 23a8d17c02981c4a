# A run as it goes: the journal's events on the streams of PowerShell.

# Progress records of ours, apart from those of other commands.
$script:KeyRollProgressId = 7351

# How often the bar is drawn: more would cost Windows PowerShell more time than the work itself.
$script:KeyRollProgressMilliseconds = 500

function Initialize-KeyRollProgress {
    param(
        [hashtable] $Request
    )
    @{
        Activity = 'keyroll {0}' -f $Request.Command
        Steps    = $Request.Steps
        Step     = 0
        Status   = ''
        Detail   = ''
        RunId    = $null
        Shown    = $false
        Watch    = [System.Diagnostics.Stopwatch]::StartNew()
    }
}

# Tells one event. What only the journal needs goes to the debug stream.
function Write-KeyRollEvent {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Progress,
        [object] $Entry
    )
    $name = [string] (Get-KeyRollMember -Object $Entry -Name 'event')
    $how = [string] (Get-KeyRollMember -Object $Entry -Name 'how')
    $why = [string] (Get-KeyRollMember -Object $Entry -Name 'why')
    $until = Format-KeyRollTime (Get-KeyRollMember -Object $Entry -Name 'until')
    $slot = [string] (Get-KeyRollMember -Object $Entry -Name 'slot')
    $who = Get-KeyRollShortName (Get-KeyRollMember -Object $Entry -Name 'dependent')
    if (-not $who) { $who = Get-KeyRollShortName (Get-KeyRollMember -Object $Entry -Name 'target') }
    $step = [string] (Get-KeyRollMember -Object $Entry -Name 'step')
    $atOnce = $false
    switch ($name) {
        { $_ -in 'runStarted', 'started' } {
            $Progress.RunId = [string] (Get-KeyRollMember -Object $Entry -Name 'runId')
            $Cmdlet.WriteInformation((New-Object System.Management.Automation.InformationRecord "run $($Progress.RunId) began; go on after any interruption with Resume-KeyRollRotation -RunId $($Progress.RunId)", 'KeyRoll'))
            $Progress.Status = "run $($Progress.RunId)"
            $atOnce = $true
        }
        'resumed' { $Cmdlet.WriteVerbose('the run goes on') }
        'stepStarted' {
            $Progress.Step = [int] ((Get-KeyRollMember -Object $Entry -Name 'step') -as [int])
            $Progress.Status = Get-KeyRollStepName -Progress $Progress
            $Progress.Detail = ''
            $atOnce = $true
            $Cmdlet.WriteVerbose($Progress.Status)
        }
        'stepFinished' { $Cmdlet.WriteVerbose(('{0}: {1}' -f (Get-KeyRollStepName -Progress $Progress), $how)) }
        'intent' {
            $Progress.Status = '{0}: {1}' -f $step, (Get-KeyRollMember -Object $Entry -Name 'touches')
            $atOnce = $true
        }
        'done' { $Cmdlet.WriteVerbose(('{0}: {1}' -f $step, $how)) }
        'regenerated' { $Cmdlet.WriteVerbose("$slot was regenerated") }
        'regenerateUnknown' { $Cmdlet.WriteWarning("the answer to regenerating $slot was lost; looking whether it happened before anything is repeated") }
        'regenerateNotDone' { $Cmdlet.WriteVerbose("$slot was not regenerated: $why") }
        'tested' { $Cmdlet.WriteVerbose(('{0}: {1}' -f (Get-KeyRollMember -Object $Entry -Name 'service'), $how)) }
        'gone' { $Cmdlet.WriteVerbose("$who is gone") }
        'waiting' { $Progress.Detail = "$why, until $until" }
        'retrying' {
            $Progress.Detail = '{0}: {1}, again at {2}' -f $who, $why, $until
            $Cmdlet.WriteVerbose($Progress.Detail)
        }
        'targetFailed' {
            $problem = Get-KeyRollMember -Object $Entry -Name 'problem'
            $Cmdlet.WriteWarning(('{0}: {1}' -f $who, (Get-KeyRollMember -Object $problem -Name 'message')))
        }
        'warning' { $Cmdlet.WriteWarning([string] (Get-KeyRollMember -Object $Entry -Name 'message')) }
        'notice' {
            $Progress.Detail = [string] (Get-KeyRollMember -Object $Entry -Name 'message')
            $Cmdlet.WriteVerbose($Progress.Detail)
        }
        'amended' { $Cmdlet.WriteWarning("the run was amended: $why") }
        'abortStarted' { $Cmdlet.WriteVerbose('pointing back while the old key lives') }
        { $_ -in 'told', 'published', 'proven', 'rescued' } {
            $Progress.Detail = '{0}: {1}' -f $who, $how
            $Cmdlet.WriteVerbose($Progress.Detail)
        }
        default { $Cmdlet.WriteDebug("$name $who$how$why") }
    }
    Write-KeyRollProgress -Cmdlet $Cmdlet -Progress $Progress -AtOnce:$atOnce
}

function Write-KeyRollProgress {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Progress,
        [switch] $AtOnce
    )
    if (-not $AtOnce -and $Progress.Watch.ElapsedMilliseconds -lt $script:KeyRollProgressMilliseconds) { return }
    $Progress.Watch.Restart()
    $status = 'working'
    if ($Progress.Status) { $status = $Progress.Status }
    $record = New-Object System.Management.Automation.ProgressRecord $script:KeyRollProgressId, $Progress.Activity, $status
    if ($Progress.Detail) { $record.CurrentOperation = $Progress.Detail }
    $count = @($Progress.Steps).Count
    if ($count -gt 0 -and $Progress.Step -gt 0) { $record.PercentComplete = [System.Math]::Min(100, [int] (100 * ($Progress.Step - 1) / $count)) }
    $Progress.Shown = $true
    $Cmdlet.WriteProgress($record)
}

function Complete-KeyRollProgress {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Progress
    )
    if (-not $Progress.Shown) { return }
    $record = New-Object System.Management.Automation.ProgressRecord $script:KeyRollProgressId, $Progress.Activity, 'done'
    $record.RecordType = 'Completed'
    $Cmdlet.WriteProgress($record)
}

# `3 of 8: publish key2` where the plan is known, else the number.
function Get-KeyRollStepName {
    param(
        [hashtable] $Progress
    )
    $number = $Progress.Step
    foreach ($step in @($Progress.Steps)) {
        if ([int] (Get-KeyRollMember -Object $step -Name 'number') -eq $number -and $number -gt 0) {
            return '{0} of {1}: {2} {3}' -f $number, @($Progress.Steps).Count, $step.act, $step.slot
        }
    }
    "step $number"
}

# The last part of a resource id.
function Get-KeyRollShortName {
    param(
        [AllowNull()]
        [object] $Id
    )
    @([string] $Id -split '/')[-1]
}
