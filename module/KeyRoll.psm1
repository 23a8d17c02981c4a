#Requires -Version 5.1
Set-StrictMode -Version Latest

$script:KeyRollModuleRoot = $PSScriptRoot
$script:KeyRollVersion = (Import-PowerShellDataFile -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath 'KeyRoll.psd1')).ModuleVersion
$script:KeyRollWarnedOfSurface = $false
$script:KeyRollToldOfMedia = $false

foreach ($folder in 'generated', 'Private', 'Public') {
    foreach ($file in @(Get-ChildItem -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath $folder) -Filter '*.ps1' | Sort-Object -Property Name)) {
        . $file.FullName
    }
}
