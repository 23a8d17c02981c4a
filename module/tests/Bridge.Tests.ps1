BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll

    function Get-Thrown {
        param([scriptblock] $Script)
        try { $null = & $Script } catch { return $_ }
        throw 'nothing was thrown'
    }
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

Describe 'the program cannot be had' {
    It 'says so when KEYROLL_BIN names nothing' {
        $env:KEYROLL_BIN = Join-Path -Path $TestDrive -ChildPath 'nowhere'
        $thrown = Get-Thrown { Get-KeyRollRotation }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryMissing,Get-KeyRollRotation'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'KEYROLL_BIN'
    }

    It 'says so when it is nowhere' {
        $env:KEYROLL_BIN = $null
        $path = $env:PATH
        try {
            $env:PATH = $TestDrive
            $thrown = Get-Thrown { Get-KeyRollRotation }
        } finally {
            $env:PATH = $path
        }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryMissing,Get-KeyRollRotation'
        $thrown.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'says so when it was built for another system' -Skip:(-not $IsLinux) {
        $env:KEYROLL_BIN = Join-Path -Path $TestDrive -ChildPath 'foreign'
        [System.IO.File]::WriteAllBytes($env:KEYROLL_BIN, [byte[]] (0x4d, 0x5a, 0, 0, 0, 0))
        & chmod +x $env:KEYROLL_BIN
        $thrown = Get-Thrown { Get-KeyRollRotation }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryOfAnotherSystem,Get-KeyRollRotation'
        $thrown.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'says so when it may not be executed' -Skip:(-not $IsLinux) {
        $env:KEYROLL_BIN = Join-Path -Path $TestDrive -ChildPath 'locked'
        [System.IO.File]::WriteAllText($env:KEYROLL_BIN, "#!/bin/sh`n")
        & chmod 644 $env:KEYROLL_BIN
        $thrown = Get-Thrown { Get-KeyRollRotation }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryNotExecutable,Get-KeyRollRotation'
        $thrown.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'chmod \+x'
    }
}

Describe 'the program of the module' -Skip:(-not $IsLinux) {
    BeforeAll {
        $script:copy = Join-Path -Path $TestDrive -ChildPath 'KeyRoll'
        Copy-Item -Recurse -LiteralPath $script:ModuleFolder -Destination $script:copy
        $env:KEYROLL_BIN = $null
    }

    It 'is made executable where the package manager forgot that' {
        $runtime = & (Get-Module -Name KeyRoll) { Get-KeyRollRuntimeId }
        $folder = New-Item -ItemType Directory -Path ([System.IO.Path]::Combine($script:copy, 'bin', $runtime))
        $program = Join-Path -Path $folder -ChildPath 'keyroll'
        Copy-Item -LiteralPath $script:Program -Destination $program
        & chmod 644 $program
        $shell = Start-Script -Module (Join-Path -Path $script:copy -ChildPath 'KeyRoll.psd1') -Script '@(Get-KeyRollRotation -State $state).Count' -Values @{ state = (Join-Path -Path $TestDrive -ChildPath 'state') }
        $shell.Invoke() | Should -Be 0
        (Get-Item -LiteralPath $program).UnixMode | Should -Match '^-rwx'
        $shell.Dispose()
    }
}

Describe 'the conversation' -Skip:$IsWindows {
    BeforeEach {
        $script:fake = Join-Path -Path $TestDrive -ChildPath ('fake-' + [guid]::NewGuid().ToString('N'))
    }

    It 'sends nothing to a program of another protocol' {
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello -Version 2)'; cat > '$($script:fake).heard'"
        $thrown = Get-Thrown { Get-KeyRollRotation }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.AnotherProtocol,Get-KeyRollRotation'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'same version'
        [System.IO.File]::ReadAllText("$($script:fake).heard") | Should -Not -Match 'command'
    }

    It 'sends nothing to a program that is not keyroll' {
        Set-FakeProgram -Path $script:fake -Text "echo hello; cat > '$($script:fake).heard'"
        (Get-Thrown { Get-KeyRollRotation }).FullyQualifiedErrorId | Should -Be 'KeyRoll.NotKeyRoll,Get-KeyRollRotation'
        [System.IO.File]::ReadAllText("$($script:fake).heard") | Should -Not -Match 'command'
    }

    It 'warns once of other commands and goes on' {
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello -Surface other)'; read line; echo '{`"v`":1,`"id`":`"1`",`"result`":{`"schema`":`"keyroll.runs/1`",`"runs`":[]},`"exitCode`":0}'"
        Import-KeyRoll
        Get-KeyRollRotation -WarningVariable first -WarningAction SilentlyContinue
        Get-KeyRollRotation -WarningVariable second -WarningAction SilentlyContinue
        @($first).Count | Should -Be 1
        "$first" | Should -Match 'same version'
        @($second).Count | Should -Be 0
        Import-KeyRoll
    }

    It 'tells the end of stderr when there is no answer' {
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello)'; read line; echo 'thread main panicked' >&2; exit 101"
        $thrown = Get-Thrown { Get-KeyRollRotation }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.NativeFailure,Get-KeyRollRotation'
        $thrown.Exception.Message | Should -Match '101.*thread main panicked'
    }

    It 'does not stand still while both pipes are full' {
        # Two megabytes on each: more than any pipe holds.
        $lines = 'i=0; while [ $i -lt 20000 ]; do printf "%0100d\n" $i >&2; i=$((i+1)); done'
        $frames = 'i=0; while [ $i -lt 20000 ]; do printf "{\"v\":1,\"id\":\"1\",\"event\":{\"event\":\"other\",\"pad\":\"%0060d\"}}\n" $i; i=$((i+1)); done'
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello)'; read line; $lines; $frames; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        $before = [System.Diagnostics.Stopwatch]::StartNew()
        Get-KeyRollRotation | Should -BeNullOrEmpty
        $before.Elapsed.TotalSeconds | Should -BeLessThan 120
    }

    It 'writes lines that end with a line feed, in UTF-8 without a byte order mark' {
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello)'; head -n 1 > '$($script:fake).heard'; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        Get-KeyRollRotation -RunId "Ungewöhnlich `"'\ ✓" -State $TestDrive
        $bytes = [System.IO.File]::ReadAllBytes("$($script:fake).heard")
        $bytes[0] | Should -Be ([byte][char] '{')
        $bytes[-1] | Should -Be 10
        $request = [System.Text.Encoding]::UTF8.GetString($bytes) | ConvertFrom-Json
        $request.command | Should -Be 'status'
        $request.arguments.runId | Should -Be "Ungewöhnlich `"'\ ✓"
        $request.confirmed | Should -BeFalse
        @($request.PSObject.Properties.Name) | Should -Be 'v', 'id', 'command', 'arguments', 'confirmed', 'context', 'secrets', 'tokens'
    }

    It 'starts the program with one argument and nothing of a request' {
        Set-FakeProgram -Path $script:fake -Text "echo `"`$@`" > '$($script:fake).heard'; echo '$(Get-Hello)'; read line; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        Get-KeyRollRotation -RunId secret-run
        [System.IO.File]::ReadAllText("$($script:fake).heard").Trim() | Should -Be 'exec'
    }

    It 'answers each question for a token, also long after the request' {
        $cloud = Join-Path -Path $TestDrive -ChildPath 'cloud.json'
        [System.IO.File]::WriteAllText($cloud, '{"resourceManager":"https://x/","login":"https://x/","resourceManagerAudience":"https://x","keyVaultAudience":"https://y","keyVaultSuffix":"y","storageSuffix":"x"}')
        $question = 'echo ''{"v":1,"id":"1","tokenNeeded":{"scope":"https://x/.default"}}'''
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello)'; read line; $question; read one; sleep 1; $question; read two; echo `"`$one`" > '$($script:fake).heard'; echo `"`$two`" >> '$($script:fake).heard'; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        Set-FakeAz -Azure ([pscustomobject] @{ Cloud = $cloud; Tokens = @([pscustomobject] @{ scope = 'https://x/.default'; token = 'abc.def'; expiresOn = 1800000000 }) }) -Secure
        Get-KeyRollKeyState -StorageAccount st
        Remove-FakeAz
        @(Get-Content -LiteralPath "$($script:fake).heard") | Should -Be (@('{"v":1,"id":"1","token":{"scope":"https://x/.default","token":"abc.def","expiresOn":1800000000}}') * 2)
    }

    It 'tells it to cancel, and gives it time, when PowerShell is stopped' {
        $text = "echo '$(Get-Hello)'; read line; echo started > '$($script:fake).started'; read cancel; echo `"`$cancel`" > '$($script:fake).heard'; sleep 1; echo safe >> '$($script:fake).heard'"
        Set-FakeProgram -Path $script:fake -Text $text
        $shell = Start-Script -Script 'Get-KeyRollRotation'
        [void] $shell.BeginInvoke()
        Wait-Until { Test-Path -LiteralPath "$($script:fake).started" }
        $shell.Stop()
        [System.IO.File]::ReadAllText("$($script:fake).heard").Trim() -split "`n" | Should -Be '{"v":1,"id":"1","cancel":true}', 'safe'
        $shell.Dispose()
    }

    It 'takes everything that is said until the safe end, however much that is' {
        # Half a megabyte, where a pipe holds 64 KiB: whoever takes a line now and then would be waited for.
        $frames = 'i=0; while [ $i -lt 5000 ]; do printf "{\"v\":1,\"id\":\"1\",\"event\":{\"event\":\"other\",\"pad\":\"%0060d\"}}\n" $i; i=$((i+1)); done'
        Set-FakeProgram -Path $script:fake -Text "echo '$(Get-Hello)'; read line; echo started > '$($script:fake).started'; read cancel; $frames; echo safe > '$($script:fake).heard'"
        $shell = Start-Script -Script '& (Get-Module -Name KeyRoll) { $script:KeyRollStopMilliseconds = 30000 }; Get-KeyRollRotation'
        [void] $shell.BeginInvoke()
        Wait-Until { Test-Path -LiteralPath "$($script:fake).started" }
        $shell.Stop()
        "$($script:fake).heard" | Should -Exist
        $shell.Dispose()
    }

    It 'gives an act three minutes to come to its safe end' {
        & (Get-Module -Name KeyRoll) { $script:KeyRollStopMilliseconds } | Should -Be 180000
    }

    It 'kills a program that does not end' {
        $text = "trap '' INT; echo '$(Get-Hello)'; read line; echo `$`$ > '$($script:fake).process'; while true; do sleep 0.1; done"
        Set-FakeProgram -Path $script:fake -Text $text
        $shell = Start-Script -Script '& (Get-Module -Name KeyRoll) { $script:KeyRollStopMilliseconds = 500 }; Get-KeyRollRotation'
        [void] $shell.BeginInvoke()
        Wait-Until { (Test-Path -LiteralPath "$($script:fake).process") -and [System.IO.File]::ReadAllText("$($script:fake).process").Trim() }
        $id = [int] [System.IO.File]::ReadAllText("$($script:fake).process")
        $shell.Stop()
        Get-Process -Id $id -ErrorAction Ignore | Should -BeNullOrEmpty
        $shell.Dispose()
    }
}

Describe 'a result with an exit code' -Skip:$IsWindows {
    BeforeAll {
        # A program that answers each request with this frame.
        function Set-Answer {
            param([string] $Result, [int] $ExitCode)
            $fake = Join-Path -Path $TestDrive -ChildPath ('answer-' + [guid]::NewGuid().ToString('N'))
            Set-FakeProgram -Path $fake -Text "echo '$(Get-Hello)'; read line; echo '{`"v`":1,`"id`":`"1`",`"result`":$Result,`"exitCode`":$ExitCode}'"
        }
        $script:problem = '{"code":"locatorDiffers","kind":"person","message":"locator nb:1 came back otherwise","causes":["its name differs"],"hints":["run keyroll resume --run-id l1"],"exitCode":42}'
        $script:failed = '{"schema":"keyroll.locator-report/1","runId":"l1","state":"failed","problem":' + $script:problem + '}'
        $script:checkup = '{"schema":"keyroll.checkup/1","checks":[{"name":"state folder","ok":true},{"name":"sign-in","ok":false,"problem":{"code":"signInFailed","kind":"permission","message":"nobody is signed in","causes":[],"hints":["run az login"],"exitCode":4}},{"name":"cloud","ok":false,"problem":{"code":"cloudUnknown","kind":"usage","message":"no such cloud","causes":[],"hints":[],"exitCode":2}}]}'
    }

    It 'gives the object of a run that needs a person, and then ends with its problem' {
        Set-Answer -Result $script:failed -ExitCode 42
        $thrown = $null
        $kept = [System.Collections.Generic.List[object]]::new()
        try { Reset-KeyRollLocator ams1 -RunId l1 -Force | ForEach-Object { $kept.Add($_) } } catch { $thrown = $_ }
        $kept.State | Should -Be 'failed'
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.LocatorDiffers,Reset-KeyRollLocator'
        $thrown.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $thrown.Exception.Message | Should -Be 'locator nb:1 came back otherwise: its name differs'
        $thrown.ErrorDetails.RecommendedAction | Should -Be 'run Resume-KeyRollRotation -RunId l1'
    }

    It 'does so for <Command>' -ForEach @(
        @{ Command = 'Invoke-KeyRollRotation'; Script = { Invoke-KeyRollRotation -StorageAccount st -RunId l1 -Force } }
        @{ Command = 'Resume-KeyRollRotation'; Script = { Resume-KeyRollRotation -RunId l1 -Confirm:$false } }
        @{ Command = 'Invoke-KeyRollStep'; Script = { Invoke-KeyRollStep -RunId l1 -Confirm:$false -ErrorAction Stop } }
        @{ Command = 'Wait-KeyRollRotation'; Script = { Wait-KeyRollRotation -RunId l1 -ErrorAction Stop } }
    ) {
        Set-Answer -Result ($script:failed -replace 'locator-report', 'report') -ExitCode 42
        (Get-Thrown $Script).FullyQualifiedErrorId | Should -Be "KeyRoll.LocatorDiffers,$Command"
    }

    It 'keeps no other run of a pipeline from its turn, and ends it where the caller says Stop' {
        Set-Answer -Result $script:failed -ExitCode 42
        $runs = 'l1', 'l2' | ForEach-Object { [pscustomobject] @{ RunId = $_ } }
        $got = @($runs | Wait-KeyRollRotation -ErrorVariable told -ErrorAction SilentlyContinue)
        $got.Count | Should -Be 2
        @($told).Count | Should -Be 2
        $shell = Start-Script -Script '$ErrorActionPreference = "Stop"; try { $runs | Wait-KeyRollRotation } catch { "caught: $($_.FullyQualifiedErrorId)" }' -Values @{ runs = $runs }
        @($shell.Invoke())[-1] | Should -Be 'caught: KeyRoll.LocatorDiffers,Wait-KeyRollRotation'
        $shell.Dispose()
    }

    It 'gives every check, and an error for each that failed' {
        Set-Answer -Result $script:checkup -ExitCode 4
        $checks = @(Test-KeyRoll -ErrorVariable told -ErrorAction SilentlyContinue)
        $checks.Ok | Should -Be $true, $false, $false
        $told.FullyQualifiedErrorId | Should -Be 'KeyRoll.SignInFailed,Test-KeyRoll', 'KeyRoll.CloudUnknown,Test-KeyRoll'
        (Get-Thrown { Test-KeyRoll -ErrorAction Stop }).CategoryInfo.Category | Should -Be 'AuthenticationError'
        $shell = Start-Script -Script '$ErrorActionPreference = "Stop"; try { Test-KeyRoll } catch { "caught: $($_.FullyQualifiedErrorId)" }'
        @($shell.Invoke())[-1] | Should -Be 'caught: KeyRoll.SignInFailed,Test-KeyRoll'
        $shell.Dispose()
    }

    It 'says in its own words what a document does not say' {
        Set-Answer -Result '{"schema":"keyroll.report/1","runId":"r7","state":"stopped"}' -ExitCode 9
        $thrown = Get-Thrown { Wait-KeyRollRotation -RunId r7 }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.ResultFailed,Wait-KeyRollRotation'
        $thrown.Exception.Message | Should -Be 'run r7 ended with exit code 9'
        $thrown.CategoryInfo.Category | Should -Be 'ResourceBusy'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'Get-KeyRollReport -RunId r7'
        Set-Answer -Result 'null' -ExitCode 1
        (Get-Thrown { Get-KeyRollRotation }).Exception.Message | Should -Be 'Get-KeyRollRotation ended with exit code 1'
    }

    It 'tells each row of a sync once' {
        $row = '{"resource":"/r/%","name":"%","kind":"workspace","outcome":"failed","problem":' + $script:problem + '}'
        Set-Answer -Result ('{"schema":"keyroll.sync/1","state":"failed","rows":[' + ($row -replace '%', 'a') + ',' + ($row -replace '%', 'b') + '],"notInspected":[]}') -ExitCode 42
        $rows = @(Sync-KeyRollDependent -StorageAccount st -ErrorVariable told -ErrorAction SilentlyContinue)
        $rows.Count | Should -Be 2
        @($told).Count | Should -Be 2
    }

    It 'is none with <ExitCode>' -ForEach @(@{ ExitCode = 0 }, @{ ExitCode = 8 }, @{ ExitCode = 10 }) {
        # A failed run that somebody only looks at is no failure of looking.
        Set-Answer -Result $script:failed -ExitCode $ExitCode
        (Get-KeyRollReport -RunId l1 -ErrorAction Stop).State | Should -Be 'failed'
    }
}

Describe 'problems as error records' {
    It 'maps <Kind> <Status> <Code> to <Category>' -ForEach @(
        @{ Kind = 'usage'; Status = 0; Code = 'usage'; Category = 'InvalidArgument' }
        @{ Kind = 'notFound'; Status = 404; Code = 'accountNotFound'; Category = 'ObjectNotFound' }
        @{ Kind = 'permission'; Status = 403; Code = 'forbidden'; Category = 'PermissionDenied' }
        @{ Kind = 'permission'; Status = 401; Code = 'signInFailed'; Category = 'AuthenticationError' }
        @{ Kind = 'locked'; Status = 0; Code = 'locked'; Category = 'ResourceBusy' }
        @{ Kind = 'blocked'; Status = 0; Code = 'acceptanceNeeded'; Category = 'InvalidOperation' }
        @{ Kind = 'outcomeUnknown'; Status = 0; Code = 'lost'; Category = 'OperationTimeout' }
        @{ Kind = 'interrupted'; Status = 0; Code = 'interrupted'; Category = 'OperationStopped' }
        @{ Kind = 'failed'; Status = 429; Code = 'throttled'; Category = 'LimitsExceeded' }
        @{ Kind = 'failed'; Status = 503; Code = 'serviceFailed'; Category = 'ResourceUnavailable' }
        @{ Kind = 'failed'; Status = 409; Code = 'conflict'; Category = 'ResourceBusy' }
        @{ Kind = 'failed'; Status = 0; Code = 'connectionFailed'; Category = 'ConnectionError' }
        @{ Kind = 'failed'; Status = 0; Code = 'else'; Category = 'NotSpecified' }
    ) {
        $record = & (Get-Module -Name KeyRoll) {
            param($kind, $status, $code)
            $problem = [pscustomobject] @{ code = $code; kind = $kind; message = 'it failed'; causes = @('why'); hints = @('do this', 'or that'); httpStatus = $status; accept = @('window-ml-a') }
            ConvertTo-KeyRollErrorRecord -Problem $problem -Target 'stprod'
        } $Kind $Status $Code
        $record.CategoryInfo.Category | Should -Be $Category
        $record.FullyQualifiedErrorId | Should -Be ('KeyRoll.' + $Code.Substring(0, 1).ToUpperInvariant() + $Code.Substring(1))
        $record.Exception.Message | Should -Be 'it failed: why'
        $record.ErrorDetails.RecommendedAction | Should -Be 'do this; or that; if you accept all of that, add: -Accept window-ml-a'
        $record.TargetObject | Should -Be 'stprod'
    }

    It 'says "<Hint>" in the words of the module' -ForEach @(
        @{ Hint = 'go on with keyroll resume --run-id r1'; Said = 'go on with Resume-KeyRollRotation -RunId r1' }
        @{ Hint = 'run `keyroll sync-keys media -g prod`'; Said = 'run `Sync-KeyRollMediaKey -ResourceGroupName prod`' }
        @{ Hint = 'see keyroll status, or keyroll status-page'; Said = 'see Get-KeyRollRotation, or keyroll status-page' }
        @{ Hint = 'keyroll doctor --auth managed-identity --yes'; Said = 'Test-KeyRoll -Auth managed-identity -Force' }
        @{ Hint = 'add `--ca-bundle`, or wait 30 - 40 s'; Said = 'add `-CaBundle`, or wait 30 - 40 s' }
    ) {
        & (Get-Module -Name KeyRoll) { param($hint) ConvertTo-KeyRollHint -Hint $hint } $Hint | Should -BeExactly $Said
    }
}
