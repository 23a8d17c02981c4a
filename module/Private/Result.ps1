# What the binary answers, as objects with types, so that views and pipelines know them.

# Members that are times, wherever they stand.
$script:KeyRollTimes = 'created', 'finished', 'closed', 'moved', 'nextDue', 'observed', 'opened', 'started', 'time', 'until'

# The type of an answer by its schema, and of what stands in its lists.
$script:KeyRollTypes = @{
    'keyroll.checkup'    = 'KeyRoll.Checkup'
    'keyroll.dependents' = 'KeyRoll.DependentSearch'
    'keyroll.keys'       = 'KeyRoll.KeyState'
    'keyroll.plan'       = 'KeyRoll.Plan'
    'keyroll.plans'      = 'KeyRoll.PlanList'
    'keyroll.problem'    = 'KeyRoll.Problem'
    'keyroll.report'     = 'KeyRoll.Report'
    'keyroll.runs'       = 'KeyRoll.RunList'
    'keyroll.sync'       = 'KeyRoll.Sync'
}
$script:KeyRollItemTypes = @{
    acceptances  = 'KeyRoll.Acceptance'
    checks       = 'KeyRoll.Check'
    dependents   = 'KeyRoll.Dependent'
    keys         = 'KeyRoll.Key'
    notInspected = 'KeyRoll.NotInspected'
    rows         = 'KeyRoll.SyncResult'
    steps        = 'KeyRoll.Step'
    windows      = 'KeyRoll.Window'
}

# A document of the binary with members in the case of PowerShell and times in UTC.
function ConvertTo-KeyRollObject {
    param(
        [AllowNull()]
        [object] $Value,
        [string] $Member = '',
        [string] $TypeName = ''
    )
    if ($null -eq $Value) { return }
    if ($Value -is [datetime]) {
        # PowerShell 7 takes whatever looks like a time for one.
        if ($Member -in $script:KeyRollTimes) { return $Value.ToUniversalTime() }
        return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [cultureinfo]::InvariantCulture)
    }
    if ($Value -is [string]) {
        $time = [datetime]::MinValue
        $style = [System.Globalization.DateTimeStyles]::AdjustToUniversal -bor [System.Globalization.DateTimeStyles]::AssumeUniversal
        if ($Member -in $script:KeyRollTimes -and [datetime]::TryParse($Value, [cultureinfo]::InvariantCulture, $style, [ref] $time)) { return $time }
        return $Value
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $schema = [string] (Get-KeyRollMember -Object $Value -Name 'schema')
        $properties = [ordered] @{}
        if ($schema) {
            $TypeName = 'KeyRoll.Result'
            $family = $schema -replace '/.*$', ''
            if ($script:KeyRollTypes.ContainsKey($family)) { $TypeName = $script:KeyRollTypes[$family] }
        }
        if ($TypeName) { $properties.PSTypeName = $TypeName }
        foreach ($property in $Value.PSObject.Properties) {
            $name = $property.Name.Substring(0, 1).ToUpperInvariant() + $property.Name.Substring(1)
            if ($property.Value -is [System.Array]) {
                $itemType = ''
                if ($script:KeyRollItemTypes.ContainsKey($property.Name)) { $itemType = $script:KeyRollItemTypes[$property.Name] }
                $properties[$name] = @(foreach ($item in $property.Value) { ConvertTo-KeyRollObject -Value $item -Member $property.Name -TypeName $itemType })
            } else {
                $properties[$name] = ConvertTo-KeyRollObject -Value $property.Value -Member $property.Name
            }
        }
        return [pscustomobject] $properties
    }
    $Value
}

# What a command gives for an answer: the objects that people work with, one by one.
function Write-KeyRollResult {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Answer,
        [switch] $Detailed,
        [switch] $Terminating
    )
    if ($Answer.Result -is [System.Array]) {
        foreach ($item in $Answer.Result) { ConvertTo-KeyRollObject -Value $item -TypeName 'KeyRoll.Result' }
        return
    }
    $object = ConvertTo-KeyRollObject -Value $Answer.Result
    if ($null -eq $object) { return }
    switch ($object.PSObject.TypeNames[0]) {
        'KeyRoll.Plan' {
            # The plan exactly as it was made: Invoke-KeyRollRotation -Plan carries out this text and no other.
            Add-Member -InputObject $object -NotePropertyName Json -NotePropertyValue $Answer.Text
            $object
        }
        'KeyRoll.PlanList' { $object.Plans }
        'KeyRoll.RunList' { $object.Runs }
        'KeyRoll.Checkup' { $object.Checks }
        'KeyRoll.Sync' { Write-KeyRollSync -Cmdlet $Cmdlet -Sync $object -Terminating:$Terminating }
        'KeyRoll.KeyState' {
            foreach ($key in $object.Keys) {
                Add-Member -InputObject $key -NotePropertyName Account -NotePropertyValue $object.Account
                Add-Member -InputObject $key -NotePropertyName SharedKeyAllowed -NotePropertyValue $object.SharedKeyAllowed
                $key
            }
        }
        'KeyRoll.DependentSearch' {
            if ($Detailed) { return $object }
            Write-KeyRollNotInspected -Cmdlet $Cmdlet -Search $object
            $object.Dependents
        }
        default { $object }
    }
}

# Gives what each dependent came to, and an error record for each that failed: what went well is done all the same.
function Write-KeyRollSync {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $Sync,
        [switch] $Terminating
    )
    $rows = @($Sync.Rows)
    $failed = @($rows | Where-Object { Test-KeyRollMember -Object $_ -Name 'Problem' })
    if ($Terminating -and $failed.Count -gt 0) {
        Write-KeyRollProblem -Cmdlet $Cmdlet -Problem $failed[0].Problem -Target $failed[0].Resource -Terminating
    }
    $rows
    $missed = @($Sync.NotInspected | ForEach-Object { $_.What })
    if ($missed.Count -gt 0) { $Cmdlet.WriteWarning('not inspected: ' + ($missed -join ', ')) }
    foreach ($row in $failed) {
        if ($rows.Count -gt 1) {
            Write-KeyRollErrorRecord -Cmdlet $Cmdlet -Record (ConvertTo-KeyRollErrorRecord -Problem $row.Problem -Target $row.Resource)
        } else {
            Write-KeyRollProblem -Cmdlet $Cmdlet -Problem $row.Problem -Target $row.Resource
        }
    }
}

# Exit codes of commands that came to a good end: all is done, a run waits, a plan has changes.
$script:KeyRollGoodEnds = 0, 8, 10

# An error record for a result that the command line would not exit well with, once its objects are given: a run that stopped,
# checks that failed. What stands in the rows of a sync is told with the rows.
function Write-KeyRollResultProblem {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Answer,
        [AllowNull()]
        [object] $Target,
        [switch] $Terminating
    )
    if ($Answer.ExitCode -in $script:KeyRollGoodEnds) { return }
    $rows = @(Get-KeyRollMember -Object $Answer.Result -Name 'rows' | Where-Object { Test-KeyRollMember -Object $_ -Name 'problem' })
    if ($rows.Count -gt 0) { return }
    $runs = @(Get-KeyRollMember -Object $Answer.Result -Name 'runs' | Where-Object { Test-KeyRollMember -Object $_ -Name 'problem' })
    if ($runs.Count -gt 0) {
        # Several accounts went side by side, and what stopped one kept no other.
        foreach ($run in $runs) {
            Write-KeyRollErrorRecord -Cmdlet $Cmdlet -Record (ConvertTo-KeyRollErrorRecord -Problem $run.problem -Target $run.runId)
        }
        return
    }
    $checks = @(Get-KeyRollMember -Object $Answer.Result -Name 'checks' | Where-Object { Test-KeyRollMember -Object $_ -Name 'problem' })
    if ($checks.Count -gt 0) {
        # The checks are worth having, the good ones too: none of these ends the command by itself.
        foreach ($check in $checks) {
            Write-KeyRollErrorRecord -Cmdlet $Cmdlet -Record (ConvertTo-KeyRollErrorRecord -Problem $check.problem -Target $check.name)
        }
        return
    }
    $problem = Get-KeyRollMember -Object $Answer.Result -Name 'problem'
    if ($null -eq $problem) {
        $problem = Get-KeyRollEndProblem -Command $Cmdlet.MyInvocation.MyCommand.Name -RunId (Get-KeyRollMember -Object $Answer.Result -Name 'runId') -ExitCode $Answer.ExitCode
    }
    Write-KeyRollProblem -Cmdlet $Cmdlet -Problem $problem -Target $Target -Terminating:$Terminating
}

# Says what nobody looked at: a list without it would look complete.
function Write-KeyRollNotInspected {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $Search
    )
    $missed = @($Search.NotInspected | ForEach-Object { $_.What })
    if ($missed.Count -gt 0) { $Cmdlet.WriteWarning(('not inspected for {0}: {1}' -f (Get-KeyRollShortName $Search.Account), ($missed -join ', '))) }
    $missing = @(Get-KeyRollMember -Object $Search -Name 'MissingPermissions' | Where-Object { $_ })
    if ($missing.Count -gt 0) { $Cmdlet.WriteWarning('missing permissions: ' + ($missing -join ', ')) }
}
