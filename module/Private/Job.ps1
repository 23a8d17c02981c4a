# Runs in the background: PowerShell jobs, and which run each of them carries out.

# The jobs of this session by the id of their run.
$script:KeyRollJobs = @{}

# Carries out a cmdlet in a job. The question was answered before; the job asks nothing.
function Start-KeyRollJob {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Invoke-KeyRollChange has asked')]
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Name,
        [System.Collections.IDictionary] $Bound,
        [string] $Target
    )
    if ($Bound.ContainsKey('DefaultProfile')) {
        $problem = ConvertTo-KeyRollProblem -Code 'profileNotForJobs' -Kind 'usage' -Message 'an Az context cannot be handed to a job' -Hint 'leave -DefaultProfile out: the job takes the saved context (Enable-AzContextAutosave), or the sign-in of -Auth'
        Write-KeyRollProblem -Cmdlet $Cmdlet -Problem $problem -Target $Target -Terminating
    }
    $parameters = @{ Confirm = $false }
    foreach ($parameter in @($Bound.Keys)) {
        if ($parameter -notin 'AsJob', 'WhatIf', 'Confirm', 'ErrorVariable', 'OutVariable', 'WarningVariable', 'InformationVariable', 'PipelineVariable', 'OutBuffer') {
            $parameters[$parameter] = $Bound[$parameter]
        }
    }
    # With an id that is known here, Stop-KeyRollRotation finds the job. What goes on with a run has one already.
    $begins = $script:KeyRollSurface.Cmdlets[$Name].Irreversible
    if ($begins -and -not $parameters.ContainsKey('RunId')) { $parameters.RunId = [guid]::NewGuid().ToString() }
    $work = {
        param($Module, $Folder, $Command, $Parameters)
        Set-Location -LiteralPath $Folder
        Import-Module -Name $Module -ErrorAction Stop
        & $Command @Parameters
    }
    $folder = $Cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $module = [System.IO.Path]::Combine($script:KeyRollModuleRoot, 'KeyRoll.psd1')
    $job = Start-Job -Name "$Name $Target" -ScriptBlock $work -ArgumentList $module, $folder, $Name, $parameters
    if ($parameters.ContainsKey('RunId')) {
        $script:KeyRollJobs[[string] $parameters.RunId] = $job
        Add-Member -InputObject $job -NotePropertyName RunId -NotePropertyValue $parameters.RunId
    }
    $job
}
