# The part of the tests that Windows PowerShell 5.1 can run: the module loads, speaks with the program, and gives its objects.
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest
$root = Split-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -Parent
$env:KEYROLL_BIN = Join-Path -Path $root -ChildPath 'target\debug\keyroll.exe'
$env:KEYROLL_STATE = Join-Path -Path $env:TEMP -ChildPath ('keyroll-' + [guid]::NewGuid().ToString('N'))
Import-Module -Name (Join-Path -Path $root -ChildPath 'module\KeyRoll.psd1')

$failed = 0
$passed = 0
function Assert-That {
    param([string] $What, [bool] $Holds)
    if ($Holds) { $script:passed++ } else { $script:failed++; Write-Warning -Message "FAILED: $What" }
}

$report = Show-KeyRollDemo -WarningAction SilentlyContinue
Assert-That -What 'the demonstration rolls both keys' -Holds ($report.State -eq 'done' -and (@($report.Regenerated) -join ',') -eq 'key2,key1')
Assert-That -What 'times are times' -Holds ($report.Started -is [datetime] -and $report.Started.Kind -eq 'Utc')
Assert-That -What 'the view is found' -Holds (($report | Out-String) -match 'Regenerated')
Assert-That -What 'no run is there' -Holds (@(Get-KeyRollRotation).Count -eq 0)
Assert-That -What 'text that is not ASCII comes back' -Holds $(try { Get-KeyRollRotation -RunId ('u' + [char] 0xfc); $false } catch { "$_".Contains('u' + [char] 0xfc) })
Assert-That -What 'a problem is an error record of ours' -Holds $(try { Get-KeyRollReport -RunId none; $false } catch { $_.FullyQualifiedErrorId -match '^KeyRoll\.' -and $_.CategoryInfo.Category -eq 'ObjectNotFound' })
Assert-That -What '-WhatIf sends nothing' -Holds ($null -eq (Invoke-KeyRollRotation -StorageAccount stprod -WhatIf))
Assert-That -What 'each function has help' -Holds (@(Get-Command -Module KeyRoll -CommandType Function | Where-Object { -not (Get-Help -Name $_.Name).Synopsis }).Count -eq 0)
'{0} passed, {1} failed' -f $passed, $failed
exit [int] ($failed -gt 0)
