BeforeDiscovery {
    $script:Analyzer = $null -ne (Get-Module -ListAvailable -Name PSScriptAnalyzer)
    if (-not $script:Analyzer) { Write-Warning -Message 'SKIPPED: PSScriptAnalyzer is not installed' }
}

Describe 'PSScriptAnalyzer' {
    It 'finds nothing in <_>, for 5.1 and for 7' -Skip:(-not $script:Analyzer) -ForEach 'KeyRoll.psd1', 'KeyRoll.psm1', 'Public', 'Private', 'generated', 'runbooks' {
        $module = Split-Path -Path $PSScriptRoot -Parent
        $found = @(Invoke-ScriptAnalyzer -Path (Join-Path -Path $module -ChildPath $_) -Recurse -Settings (Join-Path -Path $module -ChildPath 'PSScriptAnalyzerSettings.psd1'))
        $found | ForEach-Object { '{0}:{1} {2}: {3}' -f $_.ScriptName, $_.Line, $_.RuleName, $_.Message } | Should -BeNullOrEmpty
    }
}
