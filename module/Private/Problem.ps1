# What went wrong, as PowerShell tells it: one error record with an id of ours, a category, and the way out.

# A problem of this side, with the members of those that the binary tells.
function ConvertTo-KeyRollProblem {
    param(
        [string] $Code,
        [string] $Kind,
        [string] $Message,
        [string[]] $Cause = @(),
        [string[]] $Hint = @()
    )
    [pscustomobject] @{ code = $Code; kind = $Kind; message = $Message; causes = $Cause; hints = $Hint; exitCode = 1 }
}

# Ends the command with a problem of this side. The command's own catch (Invoke-KeyRollRequest) makes the record of it, so
# that it carries the name of the command that was called.
function Deny-KeyRollRequest {
    param(
        [string] $Code,
        [string] $Kind,
        [string] $Message,
        [string[]] $Cause = @(),
        [string[]] $Hint = @()
    )
    $exception = New-Object System.InvalidOperationException $Message
    $exception.Data['KeyRoll.Problem'] = ConvertTo-KeyRollProblem -Code $Code -Kind $Kind -Message $Message -Cause $Cause -Hint $Hint
    throw $exception
}

# The problem within an exception, if it carries one.
function Get-KeyRollThrownProblem {
    param(
        [System.Exception] $Exception
    )
    while ($null -ne $Exception) {
        if ($Exception.Data.Contains('KeyRoll.Problem')) { return $Exception.Data['KeyRoll.Problem'] }
        $Exception = $Exception.InnerException
    }
}

# The binary ended without an answer: what it said last is all there is to tell.
function Get-KeyRollNativeFailure {
    param(
        [AllowNull()]
        [object] $ExitCode,
        [AllowNull()]
        [AllowEmptyString()]
        [string] $ErrorText
    )
    $tail = @([string] $ErrorText -split '\r?\n' | Where-Object { $_ } | Select-Object -Last 5)
    ConvertTo-KeyRollProblem -Code 'nativeFailure' -Kind 'failed' -Message "keyroll ended with exit code $ExitCode and gave no answer" -Cause $tail -Hint 'look at the state of the run with Get-KeyRollRotation, then go on with Resume-KeyRollRotation'
}

# A command was carried out and did not come to a good end, and its document does not say why.
function Get-KeyRollEndProblem {
    param(
        [string] $Command,
        [AllowNull()]
        [AllowEmptyString()]
        [string] $RunId,
        [int] $ExitCode
    )
    $kinds = @{ 2 = 'usage'; 3 = 'notFound'; 4 = 'permission'; 9 = 'locked'; 11 = 'drift'; 12 = 'blocked'; 42 = 'person'; 129 = 'interrupted'; 130 = 'interrupted'; 143 = 'interrupted' }
    $kind = 'failed'
    if ($kinds.ContainsKey($ExitCode)) { $kind = $kinds[$ExitCode] }
    $what = $Command
    $hint = 'look at its runs with Get-KeyRollRotation'
    if ($RunId) {
        $what = "run $RunId"
        $hint = "look at it with Get-KeyRollReport -RunId $RunId, then go on with Resume-KeyRollRotation -RunId $RunId"
    }
    $problem = ConvertTo-KeyRollProblem -Code 'resultFailed' -Kind $kind -Message "$what ended with exit code $ExitCode" -Hint $hint
    $problem.exitCode = $ExitCode
    $problem
}

# Checks who is at the other end before anything is told. Gives a problem, or nothing.
function Test-KeyRollHello {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [AllowNull()]
        [AllowEmptyString()]
        [string] $Line
    )
    $hello = $null
    if ($Line) { $hello = ConvertFrom-KeyRollLine -Line $Line }
    if ((Get-KeyRollMember -Object $hello -Name 'hello') -ne 'keyroll') {
        return ConvertTo-KeyRollProblem -Code 'notKeyRoll' -Kind 'failed' -Message 'the program that was started does not answer as keyroll does' -Hint $script:KeyRollBinaryHint
    }
    $version = Get-KeyRollMember -Object $hello -Name 'v'
    if ($version -ne $script:KeyRollSurface.Protocol) {
        $message = 'keyroll {0} speaks version {1} of the host conversation, and this module speaks version {2}' -f (Get-KeyRollMember -Object $hello -Name 'version'), $version, $script:KeyRollSurface.Protocol
        return ConvertTo-KeyRollProblem -Code 'anotherProtocol' -Kind 'usage' -Message $message -Hint 'install the KeyRoll module and the keyroll program in the same version'
    }
    if ((Get-KeyRollMember -Object $hello -Name 'surface') -ne $script:KeyRollSurface.Digest -and -not $script:KeyRollWarnedOfSurface) {
        $script:KeyRollWarnedOfSurface = $true
        $Cmdlet.WriteWarning(('keyroll {0} has other commands or options than this module ({1}) was made for; install both in the same version' -f (Get-KeyRollMember -Object $hello -Name 'version'), $script:KeyRollVersion))
    }
}

# The category of a problem. HTTP says most where a service answered.
function Get-KeyRollErrorCategory {
    param(
        [object] $Problem
    )
    $kind = [string] (Get-KeyRollMember -Object $Problem -Name 'kind')
    $status = [int] (Get-KeyRollMember -Object $Problem -Name 'httpStatus')
    $byKind = @{
        usage          = 'InvalidArgument'
        notFound       = 'ObjectNotFound'
        permission     = 'PermissionDenied'
        locked         = 'ResourceBusy'
        drift          = 'InvalidResult'
        blocked        = 'InvalidOperation'
        person         = 'InvalidOperation'
        outcomeUnknown = 'OperationTimeout'
        interrupted    = 'OperationStopped'
    }
    $code = [string] (Get-KeyRollMember -Object $Problem -Name 'code')
    if ($kind -eq 'permission' -and ($status -eq 401 -or $code -match 'sign-?in|token|login')) { return 'AuthenticationError' }
    if ($byKind.ContainsKey($kind)) { return $byKind[$kind] }
    switch ($status) {
        { $_ -eq 400 } { return 'InvalidArgument' }
        { $_ -eq 401 } { return 'AuthenticationError' }
        { $_ -eq 403 } { return 'PermissionDenied' }
        { $_ -eq 404 } { return 'ObjectNotFound' }
        { $_ -in 409, 412 } { return 'ResourceBusy' }
        { $_ -in 408, 504 } { return 'OperationTimeout' }
        { $_ -eq 429 } { return 'LimitsExceeded' }
        { $_ -ge 500 } { return 'ResourceUnavailable' }
    }
    switch -Regex ($code) {
        'timeout|timedOut' { return 'OperationTimeout' }
        'connect|network|unreachable|resolve' { return 'ConnectionError' }
        'json|malformed|answer' { return 'InvalidData' }
    }
    'NotSpecified'
}

# A hint of the program in the words of this module: `keyroll resume --run-id r1` is `Resume-KeyRollRotation -RunId r1`.
function ConvertTo-KeyRollHint {
    param(
        [string] $Hint
    )
    $names = @{ '--resource-group' = '-ResourceGroupName'; '--subscription' = '-SubscriptionId'; '--yes' = '-Force'; '-g' = '-ResourceGroupName'; '-y' = '-Force' }
    $others = 'Get-KeyRollRole', 'Sync-AzMediaServiceStorageKey'
    $cmdlets = $script:KeyRollSurface.Cmdlets
    foreach ($cmdlet in @($cmdlets.Keys | Where-Object { $_ -notin $others } | Sort-Object -Property { -$cmdlets[$_].Command.Length }, { $_ })) {
        $Hint = $Hint -creplace ('\bkeyroll {0}(?![a-z-])' -f [regex]::Escape($cmdlets[$cmdlet].Command)), $cmdlet
    }
    $words = foreach ($word in $Hint -split ' ') {
        if ($names.ContainsKey($word)) {
            $names[$word]
        } elseif ($word -cmatch '^(`?)--([a-z][a-z-]*)(.*)$') {
            $parts = @($Matches[2] -split '-' | ForEach-Object { $_.Substring(0, 1).ToUpperInvariant() + $_.Substring(1) })
            '{0}-{1}{2}' -f $Matches[1], ($parts -join ''), $Matches[3]
        } else {
            $word
        }
    }
    $words -join ' '
}

# The error record of a problem.
function ConvertTo-KeyRollErrorRecord {
    param(
        [object] $Problem,
        [AllowNull()]
        [object] $Target
    )
    $message = [string] (Get-KeyRollMember -Object $Problem -Name 'message')
    $causes = @(Get-KeyRollMember -Object $Problem -Name 'causes' | Where-Object { $_ })
    $accept = @(Get-KeyRollMember -Object $Problem -Name 'accept' | Where-Object { $_ })
    # The whole command with its names is for the command line; here the names are enough.
    $hints = @(Get-KeyRollMember -Object $Problem -Name 'hints' | Where-Object { $_ -and -not ($accept.Count -gt 0 -and $_ -match '^(if you accept|ask your user)') })
    $hints = @($hints | ForEach-Object { ConvertTo-KeyRollHint -Hint $_ })
    $text = (@($message) + $causes) -join ': '
    $category = Get-KeyRollErrorCategory -Problem $Problem
    $exception = New-Object System.InvalidOperationException $text
    if ($category -in 'ObjectNotFound', 'InvalidArgument') {
        $exception = New-Object System.ArgumentException $text
    }
    $exception.Data['KeyRoll.Problem'] = $Problem
    $code = [string] (Get-KeyRollMember -Object $Problem -Name 'code')
    $id = 'KeyRoll.Unknown'
    if ($code) { $id = 'KeyRoll.' + $code.Substring(0, 1).ToUpperInvariant() + $code.Substring(1) }
    $record = New-Object System.Management.Automation.ErrorRecord $exception, $id, $category, $Target
    if ($accept.Count -gt 0) { $hints = @($hints) + ('if you accept all of that, add: -Accept ' + ($accept -join ',')) }
    $record.ErrorDetails = New-Object System.Management.Automation.ErrorDetails $text
    $record.ErrorDetails.RecommendedAction = $hints -join '; '
    $record
}

# Tells a problem. One of several records of a pipeline does not keep the others from their turn; everything else ends the
# command.
function Write-KeyRollProblem {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $Problem,
        [AllowNull()]
        [object] $Target,
        [switch] $Terminating
    )
    $record = ConvertTo-KeyRollErrorRecord -Problem $Problem -Target $Target
    $ofThisRecord = (Get-KeyRollMember -Object $Problem -Name 'kind') -notin 'usage', 'permission', 'interrupted'
    if ($Cmdlet.MyInvocation.ExpectingInput -and $ofThisRecord -and -not $Terminating) {
        Write-KeyRollErrorRecord -Cmdlet $Cmdlet -Record $record
    } else {
        $Cmdlet.ThrowTerminatingError($record)
    }
}

# Writes a record that does not end the command, unless its caller says Stop. A module does not see the preference of the
# script that calls it.
function Write-KeyRollErrorRecord {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Management.Automation.ErrorRecord] $Record
    )
    $preference = $Cmdlet.SessionState.PSVariable.GetValue('ErrorActionPreference')
    if (-not $Cmdlet.MyInvocation.BoundParameters.ContainsKey('ErrorAction') -and $preference -eq 'Stop') {
        $Cmdlet.ThrowTerminatingError($Record)
    }
    $Cmdlet.WriteError($Record)
}
