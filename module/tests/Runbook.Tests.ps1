BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

Describe 'the runbooks' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = (New-Item -ItemType Directory -Path (Join-Path -Path $TestDrive -ChildPath 'place')).FullName
        $script:azure = Start-Azure -Folder $script:folder
        $script:state = Join-Path -Path $script:folder -ChildPath 'state'
        # As an Automation account has it: installed under its name, signed in by Az.
        $script:modules = Join-Path -Path $TestDrive -ChildPath 'modules'
        [void] (New-Item -ItemType Directory -Path $script:modules)
        Copy-Item -Recurse -LiteralPath $script:ModuleFolder -Destination (Join-Path -Path $script:modules -ChildPath 'KeyRoll')
        $script:path = $env:PSModulePath
        $env:PSModulePath = $script:modules + [System.IO.Path]::PathSeparator + $env:PSModulePath
        Get-Module -Name KeyRoll | Remove-Module
        Set-FakeAz -Azure $script:azure -Secure
        Import-KeyRoll
        $dependents = Get-KeyRollPlan -StorageAccount stprod -State $script:state
        $script:id = $dependents.Account.Id
        $script:names = @($dependents.Acceptances.Name) -join ', '
        Get-Module -Name KeyRoll | Remove-Module
        $script:start = [System.IO.Path]::Combine($script:ModuleFolder, 'runbooks', 'Start-StorageKeyRotation.ps1')
        $script:resume = [System.IO.Path]::Combine($script:ModuleFolder, 'runbooks', 'Resume-StorageKeyRotation.ps1')
    }

    AfterAll {
        $env:PSModulePath = $script:path
        Get-Module -Name KeyRoll | Remove-Module
        Remove-FakeAz
        Stop-Azure -Azure $script:azure
    }

    It 'begin a rotation once, however often the job starts from the top, and go on until it is over' {
        $first = & $script:start -StorageAccountId $script:id -ChangeReference CHG7 -Accept $script:names -State $script:state
        $first.Length | Should -BeLessThan 4096
        ($first | ConvertFrom-Json).State | Should -Be 'waiting'
        ($first | ConvertFrom-Json).RunId | Should -Be 'change-CHG7'
        $again = & $script:start -StorageAccountId $script:id -ChangeReference CHG7 -Accept $script:names -State $script:state
        ($again | ConvertFrom-Json).RunId | Should -Be 'change-CHG7'
        @(Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 1

        Wait-Until {
            $told = @(& $script:resume -State $script:state -WarningAction SilentlyContinue)
            $told.Count -eq 0 -or ($told[-1] | ConvertFrom-Json).State -eq 'done'
        }
        @(Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2
        @(& $script:resume -State $script:state).Count | Should -Be 0 -Because 'nothing is left to do'
    }

    It 'tell a run that a person has to look at as an error, and keep no other from its turn' {
        $program = $env:KEYROLL_BIN
        try {
            $heard = Join-Path -Path $script:folder -ChildPath 'steps'
            $runs = '{"schema":"keyroll.runs/1","runs":[{"runId":"r1","state":"waiting"},{"runId":"r2","state":"waiting"}]}'
            $failed = '{"schema":"keyroll.report/1","runId":"r","state":"failed","problem":{"code":"keyMoved","kind":"person","message":"key1 was moved","causes":[],"hints":["ask who did it"],"exitCode":42}}'
            Get-Module -Name KeyRoll | Remove-Module
            Import-KeyRoll
            $frame = 'echo ''{{"v":1,"id":"1","result":{0},"exitCode":{1}}}'''
            $answers = "case `"`$line`" in *'`"command`":`"status`"'*) $($frame -f $runs, 0);; *) echo step >> '$heard'; $($frame -f $failed, 42);; esac"
            Set-FakeProgram -Path (Join-Path -Path $script:folder -ChildPath 'fake') -Text "echo '$(Get-Hello)'; read line; $answers"
            Get-Module -Name KeyRoll | Remove-Module
            { & $script:resume -State $script:state -WarningVariable script:told -WarningAction SilentlyContinue } | Should -Throw '2 rotations need a person*'
            @(Get-Content -LiteralPath $heard).Count | Should -Be 2
            "$script:told" | Should -Match 'r1: key1 was moved ask who did it.*r2: key1 was moved'
        } finally {
            $env:KEYROLL_BIN = $program
        }
    }

    It 'change nothing where a name is not accepted' {
        { & $script:start -StorageAccountId $script:id -ChangeReference CHG8 -State $script:state } | Should -Throw -ErrorId 'KeyRoll.*'
    }
}
