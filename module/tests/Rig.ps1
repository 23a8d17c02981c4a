# What the tests share: the module, the program, and a simulated Azure that the program serves.
#
# KEYROLL_TEST_BIN is a debug build with the feature `serve`; without it the one below target/ is taken.

$script:ModuleFolder = Split-Path -Path $PSScriptRoot -Parent
$script:Program = $env:KEYROLL_TEST_BIN
if (-not $script:Program) {
    $name = 'keyroll'
    if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { $name = 'keyroll.exe' }
    $script:Program = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($script:ModuleFolder, '..', 'target', 'debug', $name))
}
$script:OnUnix = [System.IO.Path]::DirectorySeparatorChar -eq '/'

# Nothing of the machine's own settings.
foreach ($variable in 'KEYROLL_STATE', 'HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY', 'all_proxy') {
    [System.Environment]::SetEnvironmentVariable($variable, $null)
}

function Import-KeyRoll {
    Import-Module -Name (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1') -Force -Global
}

# An executable shell script in place of the program.
function Set-FakeProgram {
    param([string] $Path, [string] $Text)
    [System.IO.File]::WriteAllText($Path, "#!/bin/sh`n$Text`n")
    & chmod +x $Path
    $env:KEYROLL_BIN = $Path
}

# The first line that the program says, of this surface.
function Get-Hello {
    param([int] $Version = 1, [string] $Surface = (& (Get-Module -Name KeyRoll) { $script:KeyRollSurface.Digest }))
    '{{"v":{0},"hello":"keyroll","version":"0.1.0","surface":"{1}"}}' -f $Version, $Surface
}

# Serves a world; the program that the module starts shares its time. What the test hands over is the cloud.
function Start-Azure {
    param([string] $Folder, [int] $Times = 12000, [string] $World)
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $script:Program
    $start.Arguments = 'simulate serve -o json --times {0} --directory "{1}"' -f $Times, (Join-Path -Path $Folder -ChildPath 'azure')
    if ($World) { $start.Arguments += ' --world "{0}"' -f $World }
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $served = ConvertFrom-Json -InputObject $process.StandardOutput.ReadLine()
    Set-FakeProgram -Path (Join-Path -Path $Folder -ChildPath 'keyroll') -Text ('exec "{0}" --clock "{1}" "$@"' -f $script:Program, $served.clockFile)
    [pscustomobject] @{
        Process = $process
        Port    = $served.port
        Cloud   = $served.cloudFile
        Auth    = 'token-file={0}' -f $served.tokenFile
        Tokens  = @(Get-Content -Raw -LiteralPath $served.tokenFile | ConvertFrom-Json)
    }
}

function Stop-Azure {
    param([object] $Azure)
    if (-not $Azure.Process.HasExited) { $Azure.Process.Kill() }
    [void] $Azure.Process.WaitForExit(10000)
}

# What really happened there.
function Get-Audit {
    param([object] $Azure)
    Invoke-RestMethod -Uri ('http://127.0.0.1:{0}/audit' -f $Azure.Port) -Headers @{ Host = ('control.localhost:{0}' -f $Azure.Port) } -NoProxy
}

function Get-OwnRegenerate {
    param([object] $Azure)
    @((Get-Audit -Azure $Azure).regenerates | Where-Object { $_.author -eq 'caller' })
}

# A signed-in Az.Accounts with the tokens of a world. Tokens are texts, as before version 5, or secure strings.
function Set-FakeAz {
    param([object] $Azure, [switch] $Secure)
    $global:FakeAz = @{ Azure = $Azure; Secure = [bool] $Secure; Asked = [System.Collections.Generic.List[object]]::new(); Fail = $null }
    function global:Get-AzContext {
        [CmdletBinding()]
        param([object] $DefaultProfile)
        $cloud = Get-Content -Raw -LiteralPath $global:FakeAz.Azure.Cloud | ConvertFrom-Json
        [pscustomobject] @{
            Account      = [pscustomobject] @{ Id = 'ann@example.org' }
            Tenant       = [pscustomobject] @{ Id = $global:FakeAz.Tenant }
            Subscription = [pscustomobject] @{ Id = $null }
            Environment  = [pscustomobject] @{
                Name                                     = 'Simulated'
                ResourceManagerUrl                       = $cloud.resourceManager
                ActiveDirectoryAuthority                 = $cloud.login
                ActiveDirectoryServiceEndpointResourceId = $cloud.resourceManagerAudience
                AzureKeyVaultServiceEndpointResourceId   = $cloud.keyVaultAudience
                AzureKeyVaultDnsSuffix                   = $cloud.keyVaultSuffix
                StorageEndpointSuffix                    = $cloud.storageSuffix
            }
        }
    }
    function global:Get-AzAccessToken {
        [CmdletBinding()]
        param([string] $ResourceUrl, [string] $TenantId, [object] $DefaultProfile)
        $global:FakeAz.Asked.Add($ResourceUrl)
        if ($global:FakeAz.Fail) { throw $global:FakeAz.Fail }
        $token = $global:FakeAz.Azure.Tokens | Where-Object { ($_.scope -replace '/\.default$', '') -eq $ResourceUrl } | Select-Object -First 1
        $text = $token.token
        if ($global:FakeAz.Secure) { $text = Protect-Text -Text $text }
        [pscustomobject] @{ Token = $text; ExpiresOn = [DateTimeOffset]::FromUnixTimeSeconds($token.expiresOn) }
    }
}

function Remove-FakeAz {
    foreach ($name in 'Get-AzContext', 'Get-AzAccessToken') { Remove-Item -Path "function:$name" -ErrorAction Ignore }
    Remove-Variable -Name FakeAz -Scope Global -ErrorAction Ignore
}

function Protect-Text {
    param([string] $Text)
    $secure = [securestring]::new()
    foreach ($character in $Text.ToCharArray()) { $secure.AppendChar($character) }
    $secure
}

# A script in a runspace of its own, so that each stream can be looked at, and it can be stopped.
function Start-Script {
    param([string] $Script, [hashtable] $Values = @{}, [string] $Module = (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1'))
    $shell = [powershell]::Create()
    [void] $shell.AddScript('param($Module, $Values) Import-Module -Name $Module; foreach ($name in $Values.Keys) { Set-Variable -Name $name -Value $Values[$name] }')
    [void] $shell.AddParameter('Module', $Module).AddParameter('Values', $Values)
    [void] $shell.Invoke()
    $shell.Commands.Clear()
    [void] $shell.AddScript($Script)
    $shell
}

function Wait-Until {
    param([scriptblock] $Condition, [int] $Seconds = 120)
    $waited = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($waited.Elapsed.TotalSeconds -gt $Seconds) { throw "waited in vain: $Condition" }
        Start-Sleep -Milliseconds 20
    }
}
