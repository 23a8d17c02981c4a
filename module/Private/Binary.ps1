# Where the binary is, and what to do when it does not start.

$script:KeyRollBinaryHint = 'set KEYROLL_BIN to the full path of the keyroll program, or install a KeyRoll package for this system'

# The name of this system's folder below bin: win-x64, linux-arm64, osx-x64 and so on
function Get-KeyRollRuntimeId {
    $runtime = [System.Runtime.InteropServices.RuntimeInformation]
    $system = 'linux'
    if (Test-KeyRollWindows) {
        $system = 'win'
    } elseif ($runtime::OSDescription -match '^Darwin') {
        $system = 'osx'
    }
    '{0}-{1}' -f $system, $runtime::OSArchitecture.ToString().ToLowerInvariant()
}

function Test-KeyRollWindows {
    [System.IO.Path]::DirectorySeparatorChar -eq '\'
}

# Looks in KEYROLL_BIN, then in the module, then on the PATH. Nothing is downloaded.
function Find-KeyRollBinary {
    $name = 'keyroll'
    if (Test-KeyRollWindows) { $name = 'keyroll.exe' }
    $named = [System.Environment]::GetEnvironmentVariable('KEYROLL_BIN')
    if ($named) {
        if (Test-Path -LiteralPath $named -PathType Leaf) {
            return @{ Path = (Convert-Path -LiteralPath $named); From = 'KEYROLL_BIN' }
        }
        Deny-KeyRollRequest -Code 'binaryMissing' -Kind 'usage' -Message "KEYROLL_BIN names $named, and no program is there" -Hint $script:KeyRollBinaryHint
    }
    $bundled = [System.IO.Path]::Combine($script:KeyRollModuleRoot, 'bin', (Get-KeyRollRuntimeId), $name)
    if (Test-Path -LiteralPath $bundled -PathType Leaf) {
        return @{ Path = $bundled; From = 'module' }
    }
    $onPath = Get-Command -Name $name -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if ($null -ne $onPath) {
        return @{ Path = $onPath.Path; From = 'PATH' }
    }
    $message = 'the keyroll program is neither in KEYROLL_BIN, nor in bin/{0} of the module, nor on the PATH' -f (Get-KeyRollRuntimeId)
    Deny-KeyRollRequest -Code 'binaryMissing' -Kind 'usage' -Message $message -Hint $script:KeyRollBinaryHint
}

# A started binary. Package managers drop the mark that makes a file executable on Linux and macOS: it is set again where
# that is allowed, else a copy of this user is taken.
function Open-KeyRollBinary {
    param(
        [string] $Folder
    )
    $found = Find-KeyRollBinary
    try {
        return Open-KeyRollProcess -Path $found.Path -Folder $Folder
    } catch [System.Management.Automation.MethodInvocationException] {
        $reason = Get-KeyRollInnermost -Exception $_.Exception
        $mayRepair = $found.From -eq 'module' -and -not (Test-KeyRollWindows) -and (Get-KeyRollNativeCode -Exception $reason) -eq 13
        if (-not $mayRepair) {
            Deny-KeyRollStart -Path $found.Path -Reason $reason
        }
    }
    $path = Repair-KeyRollBinary -Path $found.Path
    try {
        Open-KeyRollProcess -Path $path -Folder $Folder
    } catch [System.Management.Automation.MethodInvocationException] {
        Deny-KeyRollStart -Path $path -Reason (Get-KeyRollInnermost -Exception $_.Exception)
    }
}

# The path of a program that may be executed: the same, or that of a copy below the user's cache folder.
function Repair-KeyRollBinary {
    param(
        [string] $Path
    )
    if (Add-KeyRollExecuteBit -Path $Path) { return $Path }
    $cache = [System.Environment]::GetEnvironmentVariable('XDG_CACHE_HOME')
    if (-not $cache) { $cache = [System.IO.Path]::Combine([System.Environment]::GetFolderPath('UserProfile'), '.cache') }
    $folder = [System.IO.Path]::Combine($cache, 'keyroll', $script:KeyRollVersion, (Get-KeyRollRuntimeId))
    $copy = [System.IO.Path]::Combine($folder, 'keyroll')
    try {
        [void] [System.IO.Directory]::CreateDirectory($folder)
        # Under another name first: another session may start the copy while this one writes it.
        $fresh = '{0}.{1}' -f $copy, [guid]::NewGuid().ToString('N')
        [System.IO.File]::Copy($Path, $fresh)
        if (Add-KeyRollExecuteBit -Path $fresh) {
            Move-Item -LiteralPath $fresh -Destination $copy -Force -ErrorAction Stop
            return $copy
        }
        [System.IO.File]::Delete($fresh)
    } catch [System.Management.Automation.RuntimeException] {
        Deny-KeyRollRequest -Code 'binaryNotExecutable' -Kind 'permission' -Message "$Path may not be executed, and no copy can be made in $folder" -Hint "run: chmod +x '$Path'"
    }
    Deny-KeyRollRequest -Code 'binaryNotExecutable' -Kind 'permission' -Message "$Path may not be executed, nor may a copy in $folder" -Hint "run: chmod +x '$Path'"
}

# Whether the file could be made executable.
function Add-KeyRollExecuteBit {
    param(
        [string] $Path
    )
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = '/bin/chmod'
    $start.Arguments = 'u+x "{0}"' -f $Path.Replace('"', '\"')
    $start.UseShellExecute = $false
    $start.RedirectStandardError = $true
    try {
        $chmod = [System.Diagnostics.Process]::Start($start)
        [void] $chmod.StandardError.ReadToEnd()
        $chmod.WaitForExit()
        $chmod.ExitCode -eq 0
    } catch [System.Management.Automation.MethodInvocationException] {
        $false
    }
}

function Get-KeyRollInnermost {
    param(
        [System.Exception] $Exception
    )
    while ($null -ne $Exception.InnerException) { $Exception = $Exception.InnerException }
    $Exception
}

# errno on Linux and macOS, the system error code on Windows; 0 where there is none.
function Get-KeyRollNativeCode {
    param(
        [System.Exception] $Exception
    )
    if ($Exception -is [System.ComponentModel.Win32Exception]) { return $Exception.NativeErrorCode }
    0
}

# Says why the system does not start the program, in one sentence with a way out.
function Deny-KeyRollStart {
    param(
        [string] $Path,
        [System.Exception] $Reason
    )
    $code = Get-KeyRollNativeCode -Exception $Reason
    $windows = Test-KeyRollWindows
    if (($windows -and $code -in 193, 216) -or (-not $windows -and $code -in 8, 86)) {
        Deny-KeyRollRequest -Code 'binaryOfAnotherSystem' -Kind 'usage' -Message "$Path was built for another system than $(Get-KeyRollRuntimeId)" -Cause $Reason.Message -Hint $script:KeyRollBinaryHint
    }
    if ($windows -and $code -in 5, 225, 1260, 4551) {
        Deny-KeyRollRequest -Code 'binaryBlocked' -Kind 'permission' -Message "a policy of this computer does not let $Path start" -Cause $Reason.Message -Hint 'have the program allowed, or use a Hybrid Runbook Worker that allows it'
    }
    if (-not $windows -and $code -eq 13) {
        Deny-KeyRollRequest -Code 'binaryNotExecutable' -Kind 'permission' -Message "$Path may not be executed" -Cause $Reason.Message -Hint "run: chmod +x '$Path'"
    }
    Deny-KeyRollRequest -Code 'binaryNotStarted' -Kind 'failed' -Message "$Path cannot be started" -Cause $Reason.Message -Hint $script:KeyRollBinaryHint
}
