# Runs every test of the module and ends with one line: "N passed, N failed". -Check only says with what.
param([switch] $Check)

$pester = Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version.Major -eq 5 } | Sort-Object -Property Version -Descending | Select-Object -First 1
if ($null -eq $pester -or $PSVersionTable.PSVersion.Major -lt 7) { exit 3 }
if ($Check) {
    'PowerShell {0} with Pester {1}' -f $PSVersionTable.PSVersion, $pester.Version
    exit 0
}
Import-Module -Name Pester -RequiredVersion $pester.Version
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$result = Invoke-Pester -Configuration $configuration
# A file that cannot be read at all has no test that fails.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
'{0} passed, {1} failed' -f $result.PassedCount, $failed
exit [int] ($failed -gt 0)
