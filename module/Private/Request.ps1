# From a cmdlet's parameters to a request, and from the answer to objects or an error record.

# Carries out the command of a cmdlet and gives its objects. A problem that is not the cmdlet's to tell is answered in
# `Problem` when `Raw` is asked for.
function Invoke-KeyRollRequest {
    [CmdletBinding()]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Name,
        [System.Collections.IDictionary] $Bound,
        [System.Collections.IDictionary] $Arguments,
        [AllowNull()]
        [object] $Target,
        [string] $WithoutProgram = '',
        [switch] $Confirmed,
        [switch] $Terminating,
        [switch] $Raw
    )
    # Whatever goes wrong ends here: without a catch, PowerShell would tell it and go on with the next line.
    try {
        $request = Get-KeyRollRequest -Name $Name -Bound $Bound -Arguments $Arguments
        $request.Confirmed = [bool] $Confirmed
        [byte[]] $certificate = Get-KeyRollCertificateSecret -Cmdlet $Cmdlet -Bound $Bound
        if ($null -ne $certificate) {
            $request.Secrets.clientCertificate = $certificate
        } else {
            [byte[]] $password = Get-KeyRollPasswordSecret -Bound $Bound
            if ($null -ne $password) { $request.Secrets.clientCertificatePassword = $password }
        }
        $answer = Invoke-KeyRollConversation -Cmdlet $Cmdlet -Request $request
    } catch {
        $problem = Get-KeyRollThrownProblem -Exception $_.Exception
        if ($null -eq $problem) { $Cmdlet.ThrowTerminatingError($_) }
        $answer = @{ Result = $null; Text = $null; Problem = $problem }
    }
    if ($WithoutProgram -and $null -ne $answer.Problem -and (Test-KeyRollWithoutProgram -Problem $answer.Problem -Bound $Bound)) {
        try {
            $answer = & $WithoutProgram -Cmdlet $Cmdlet -Bound $Bound
        } catch {
            $problem = Get-KeyRollThrownProblem -Exception $_.Exception
            if ($null -eq $problem) { $Cmdlet.ThrowTerminatingError($_) }
            $answer = @{ Result = $null; Text = $null; Problem = $problem }
        }
    }
    if ($Raw) { return $answer }
    Complete-KeyRollRequest -Cmdlet $Cmdlet -Bound $Bound -Target $Target -Answer $answer -Terminating:$Terminating
}

# Tells what came of a request: objects, or an error record; both where the command was carried out and did not come to a
# good end.
function Complete-KeyRollRequest {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Bound,
        [AllowNull()]
        [object] $Target,
        [hashtable] $Answer,
        [switch] $Terminating
    )
    if ($null -ne $Answer.Problem) {
        Write-KeyRollProblem -Cmdlet $Cmdlet -Problem $Answer.Problem -Target $Target -Terminating:$Terminating
        return
    }
    Write-KeyRollResult -Cmdlet $Cmdlet -Answer $Answer -Terminating:$Terminating -Detailed:($Bound.ContainsKey('Detailed') -and $Bound['Detailed'])
    Write-KeyRollResultProblem -Cmdlet $Cmdlet -Answer $Answer -Target $Target -Terminating:$Terminating
}

# Everything that the conversation needs. `Arguments` are members that no parameter gives.
function Get-KeyRollRequest {
    param(
        [string] $Name,
        [System.Collections.IDictionary] $Bound,
        [AllowNull()]
        [System.Collections.IDictionary] $Arguments
    )
    $row = $script:KeyRollSurface.Cmdlets[$Name]
    $steps = @()
    $all = [ordered] @{}
    foreach ($parameter in @($row.Parameters.Keys | Sort-Object)) {
        if (-not $Bound.ContainsKey($parameter) -or $null -eq $Bound[$parameter]) { continue }
        $member = $row.Parameters[$parameter].Member
        $value = $Bound[$parameter]
        if ($member -eq 'plan') {
            $plan = Get-KeyRollPlanText -Plan $value
            $all[$member] = $plan.Text
            $steps = $plan.Steps
            continue
        }
        # Where the requests of one sign-in go is said in the context.
        if ($member -eq 'auth') { continue }
        # A .pfx is read here, and goes along in memory.
        if ($member -eq 'certificate' -and $value -match '\.(pfx|p12)$') { continue }
        switch ($row.Parameters[$parameter].Takes) {
            'switch' { $all[$member] = [bool] $value }
            'values' { $all[$member] = [string[]] $value }
            default { $all[$member] = [string] $value }
        }
    }
    if ($null -ne $Arguments) {
        foreach ($member in $Arguments.Keys) { $all[$member] = $Arguments[$member] }
    }
    $context = Get-KeyRollContext -Bound $Bound
    @{
        Command   = $row.Command
        Arguments = $all
        Confirmed = $false
        Context   = $context.Context
        Source    = $context.Source
        Secrets   = @{}
        Steps     = $steps
    }
}

# A plan as -Plan takes it: the object of Get-KeyRollPlan, also one that came back from a job; its JSON; or the path of a file.
function Get-KeyRollPlanText {
    param(
        [object] $Plan
    )
    $text = [string] $Plan
    if (Test-KeyRollMember -Object $Plan -Name 'Json') { $text = [string] $Plan.Json }
    if (-not $text.TrimStart().StartsWith('{')) { return @{ Text = $text; Steps = @(); Account = $text } }
    $read = ConvertFrom-KeyRollLine -Line $text
    $steps = @(Get-KeyRollMember -Object $read -Name 'steps' | Where-Object { $null -ne $_ })
    $account = Get-KeyRollMember -Object (Get-KeyRollMember -Object $read -Name 'account') -Name 'id'
    @{ Text = $text; Steps = $steps; Account = [string] $account }
}

# Carries out a cmdlet that changes something: asks as PowerShell asks, and sends only what was confirmed. With -WhatIf nothing
# is sent at all.
#
# What cannot be undone is asked with the binary's own question, which names the consequences: the first request is not
# confirmed, changes nothing and brings the question back. Whoever wants no question (-Force, -Confirm:$false) sends one request.
function Invoke-KeyRollChange {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Name,
        [System.Collections.IDictionary] $Bound,
        [System.Collections.IDictionary] $Arguments,
        [string] $Target,
        [string] $Action,
        [string] $WithoutProgram = '',
        [switch] $Terminating
    )
    # A module does not see the preferences of the script that calls it, and these two must not be overlooked.
    if (-not $Bound.ContainsKey('WhatIf')) {
        $WhatIfPreference = [bool] $Cmdlet.SessionState.PSVariable.GetValue('WhatIfPreference')
    }
    if (-not $Bound.ContainsKey('Confirm')) {
        $ConfirmPreference = $Cmdlet.SessionState.PSVariable.GetValue('ConfirmPreference')
        if ($Bound.ContainsKey('Force') -and $Bound['Force']) { $ConfirmPreference = 'None' }
    }
    $request = @{ Cmdlet = $Cmdlet; Name = $Name; Bound = $Bound; Arguments = $Arguments; Target = $Target; WithoutProgram = $WithoutProgram; Terminating = $Terminating }
    $force = $Bound.ContainsKey('Force') -and $Bound['Force']
    $asJob = $Bound.ContainsKey('AsJob') -and $Bound['AsJob']
    $row = $script:KeyRollSurface.Cmdlets[$Name]
    $asksLater = $row.Irreversible -and $ConfirmPreference -ne 'None' -and -not $WhatIfPreference -and -not $asJob
    if (-not $asksLater -and -not (Test-KeyRollConsent -Cmdlet $Cmdlet -Target $Target -Action $Action)) { return }
    if ($asJob) { return Start-KeyRollJob -Cmdlet $Cmdlet -Name $Name -Bound $Bound -Target $Target }
    if (-not $asksLater -and ($row.Irreversible -or $force)) { return Invoke-KeyRollRequest @request -Confirmed }

    $first = Invoke-KeyRollRequest @request -Raw
    if ((Get-KeyRollMember -Object $first.Problem -Name 'code') -ne 'confirmationRequired') {
        # Nothing had to be asked: a run of this id was begun before, or the command asks only at times.
        Complete-KeyRollRequest -Cmdlet $Cmdlet -Bound $Bound -Target $Target -Answer $first -Terminating:$Terminating
        return
    }
    $question = [string] (Get-KeyRollMember -Object $first.Problem -Name 'question')
    if (-not $question) { $question = "$Action of ${Target}?" }
    if (-not (Test-KeyRollConsent -Cmdlet $Cmdlet -Target $Target -Action $Action -Question $question -Insist:(-not $asksLater))) { return }
    Invoke-KeyRollRequest @request -Confirmed
}

# Asks as PowerShell asks. Where nobody can be asked, ShouldProcess throws, and an error in the condition of an `if` would let
# PowerShell go on behind it: here it ends the command.
function Test-KeyRollConsent {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Target,
        [string] $Action,
        [string] $Question = '',
        [switch] $Insist
    )
    $consent = $false
    try {
        if ($Insist) {
            # ShouldProcess was answered already, of something that can be undone.
            $consent = $Cmdlet.ShouldContinue($Question, 'KeyRoll')
        } elseif ($Question) {
            $consent = $Cmdlet.ShouldProcess("$Action of $Target", $Question, 'KeyRoll')
        } else {
            $consent = $Cmdlet.ShouldProcess($Target, $Action)
        }
    } catch {
        $Cmdlet.ThrowTerminatingError($_)
    }
    $consent
}
