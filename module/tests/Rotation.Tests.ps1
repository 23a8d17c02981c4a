BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll

    function New-Place {
        $folder = Join-Path -Path $TestDrive -ChildPath ([guid]::NewGuid().ToString('N'))
        (New-Item -ItemType Directory -Path $folder).FullName
    }

    # Parameters that lead to a simulated Azure.
    function Get-Way {
        param([object] $Azure, [string] $Folder)
        @{ Cloud = $Azure.Cloud; Auth = $Azure.Auth; State = (Join-Path -Path $Folder -ChildPath 'state') }
    }
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

# The program shares the time of the simulated Azure through a shell script, which Windows does not start.
Describe 'looking' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = New-Place
        $script:azure = Start-Azure -Folder $script:folder
        $script:way = Get-Way -Azure $script:azure -Folder $script:folder
    }

    AfterAll {
        Stop-Azure -Azure $script:azure
    }

    It 'gives both keys as objects, with their ages and without the keys' {
        $keys = @(Get-KeyRollKeyState -StorageAccount stprod @script:way)
        $keys.Slot | Should -Be 'key1', 'key2'
        $keys[0].PSObject.TypeNames[0] | Should -Be 'KeyRoll.Key'
        $keys[0].Created | Should -BeOfType [datetime]
        $keys[0].Created.Kind | Should -Be 'Utc'
        $keys[0].Fingerprint | Should -Match '^1:[0-9a-f]{16}$'
        ($keys | Format-Table | Out-String) | Should -Match 'Fingerprint'
    }

    It 'takes storage accounts as Get-AzStorageAccount and Get-AzResource give them' {
        $id = (Get-KeyRollDependent -StorageAccount stprod -Detailed @script:way).Account
        $account = [pscustomobject] @{ ResourceGroupName = 'prod'; StorageAccountName = 'stprod'; Id = $id; Location = 'westeurope' }
        $resource = [pscustomobject] @{ Name = 'stprod'; ResourceGroupName = 'prod'; ResourceType = 'Microsoft.Storage/storageAccounts'; ResourceId = $id; Id = $id }
        foreach ($piped in $account, $resource) {
            @($piped | Get-KeyRollKeyState @script:way).Account | Select-Object -Unique | Should -Be $id
        }
    }

    It 'lists dependents, and warns of what nobody looked at' {
        $found = @(Get-KeyRollDependent -StorageAccount stprod @script:way -WarningVariable warned -WarningAction SilentlyContinue)
        $found.Count | Should -BeGreaterThan 3
        $found[0].PSObject.TypeNames[0] | Should -Be 'KeyRoll.Dependent'
        "$warned" | Should -Match 'not inspected for stprod: .*AKS'
        ($found | Out-String) | Should -Match 'Movement'
    }

    It 'goes on with the next account of a pipeline, and tells of the one that is not there' {
        $got = @('stnowhere', 'stprod' | ForEach-Object { [pscustomobject] @{ Name = $_ } } | Get-KeyRollKeyState @script:way -ErrorVariable failed -ErrorAction SilentlyContinue)
        $got.Count | Should -Be 2
        $failed.Count | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -Match '^KeyRoll\..*,Get-KeyRollKeyState$'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -Be 'stnowhere'
    }

    It 'ends with one error for one account that is not there' {
        { Get-KeyRollKeyState -StorageAccount stnowhere @script:way } | Should -Throw -ErrorId 'KeyRoll.*,Get-KeyRollKeyState'
    }

    It 'gives a plan that can be looked into' {
        $plan = Get-KeyRollPlan -StorageAccount stprod @script:way
        $plan.PSObject.TypeNames[0] | Should -Be 'KeyRoll.Plan'
        $plan.Steps[0].PSObject.TypeNames[0] | Should -Be 'KeyRoll.Step'
        @($plan.Acceptances.Name).Count | Should -BeGreaterThan 0
        ($plan | Out-String) | Should -Match 'stage !'
        $plan.Json | ConvertFrom-Json | Should -Not -BeNullOrEmpty
    }

    It 'gives roles for Azure and checks itself' {
        (Get-KeyRollRole -Role reading -SubscriptionId s1).AssignableScopes | Should -Be '/subscriptions/s1'
        @(Get-KeyRollRole).Count | Should -Be 2
        $checks = @(Test-KeyRoll @script:way)
        $checks.Ok | Should -Not -Contain $false
        ($checks | Out-String) | Should -Match 'sign-in'
    }

    It 'knows no time twice' {
        # PowerShell 7 makes times of texts by itself; both ways have to give the same.
        $both = & (Get-Module -Name KeyRoll) {
            ConvertTo-KeyRollObject -Value '2026-11-22T02:05:00Z' -Member 'started'
            ConvertTo-KeyRollObject -Value ([datetime]::new(2026, 11, 22, 2, 5, 0, [DateTimeKind]::Utc)) -Member 'started'
            ConvertTo-KeyRollObject -Value ([datetime]::new(2026, 11, 22, 2, 5, 0, [DateTimeKind]::Utc)) -Member 'changeReference'
        }
        $both[0] | Should -Be $both[1]
        $both[2] | Should -Be '2026-11-22T02:05:00Z'
    }
}

Describe 'a rotation' -Skip:$IsWindows {
    BeforeEach {
        $script:folder = New-Place
        $script:azure = Start-Azure -Folder $script:folder
        $script:way = Get-Way -Azure $script:azure -Folder $script:folder
        $script:accept = @((Get-KeyRollPlan -StorageAccount stprod @script:way).Acceptances.Name)
    }

    AfterEach {
        Stop-Azure -Azure $script:azure
    }

    It 'sends nothing with -WhatIf' {
        $before = (Get-Audit -Azure $script:azure).calls | ConvertTo-Json -Depth 9
        Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -WhatIf
        Update-KeyRollKey -ResourceGroupName prod -Name stprod -KeyName key2 @script:way -WhatIf
        Resume-KeyRollRotation -RunId none @script:way -WhatIf
        (Get-Audit -Azure $script:azure).calls | ConvertTo-Json -Depth 9 | Should -Be $before
        @(Get-ChildItem -LiteralPath (Join-Path -Path $script:way.State -ChildPath 'runs') -ErrorAction Ignore).Count | Should -Be 0
    }

    It 'honours the preference of the script that calls it' {
        $before = (Get-Audit -Azure $script:azure).calls | ConvertTo-Json -Depth 9
        $shell = Start-Script -Script '$WhatIfPreference = $true; Invoke-KeyRollRotation -StorageAccount stprod @way -Accept $accept -Force' -Values @{ way = $script:way; accept = $script:accept }
        $shell.Invoke()
        $shell.Streams.Error.Count | Should -Be 0
        (Get-Audit -Azure $script:azure).calls | ConvertTo-Json -Depth 9 | Should -Be $before
        $shell.Dispose()
    }

    It 'changes nothing where nobody can be asked' {
        $shell = Start-Script -Script 'Invoke-KeyRollRotation -StorageAccount stprod @way -Accept $accept' -Values @{ way = $script:way; accept = $script:accept }
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Streams.Error[0].FullyQualifiedErrorId | Should -Match ',Invoke-KeyRollRotation$'
        "$($shell.Streams.Error[0])" | Should -Match 'prompts the user'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 0
        $shell.Dispose()
    }

    It 'accepts no name with -Force' {
        $thrown = $null
        try { Invoke-KeyRollRotation -StorageAccount stprod @script:way -Force } catch { $thrown = $_ }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.AcceptanceNeeded,Invoke-KeyRollRotation'
        $thrown.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $thrown.ErrorDetails.RecommendedAction | Should -Match '-Accept .*unknown-usage'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 0
    }

    It 'rolls both keys of the plan that it is given, with progress, and tells no secret' {
        $script = @'
Start-Transcript -Path $transcript -UseMinimalHeader | Out-Null
$plan = Get-KeyRollPlan -StorageAccount stprod @way
$plan | Invoke-KeyRollRotation @way -Accept $plan.Acceptances.Name -RunId r1 -ChangeReference CHG1 -Confirm:$false -Verbose -Debug -WarningAction Continue
Stop-Transcript | Out-Null
'@
        $transcript = Join-Path -Path $script:folder -ChildPath 'transcript.txt'
        $shell = Start-Script -Script $script -Values @{ way = $script:way; transcript = $transcript }
        $report = $shell.Invoke() | Select-Object -Last 1
        @($shell.Streams.Error) | Should -BeNullOrEmpty
        $report.State | Should -Be 'done'
        $report.Regenerated | Should -Be 'key2', 'key1'
        $report.ChangeReference | Should -Be 'CHG1'
        $report.Finished | Should -BeOfType [datetime]
        @(Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2

        $shell.Streams.Progress.Count | Should -BeGreaterThan 5
        $shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
        @($shell.Streams.Progress.StatusDescription -match '\d+ of \d+: publish key2').Count | Should -BeGreaterThan 0
        @($shell.Streams.Verbose.Message -match 'key2 was regenerated').Count | Should -Be 1
        @($shell.Streams.Information.MessageData -match 'run r1 began').Count | Should -Be 1

        $told = @($shell.Streams.Verbose, $shell.Streams.Debug, $shell.Streams.Warning, $shell.Streams.Information, $shell.Streams.Progress, $report | ForEach-Object { $_ | Out-String })
        $told += Get-Content -Raw -LiteralPath $transcript
        $told += @(Get-ChildItem -Recurse -File -LiteralPath $script:way.State | ForEach-Object { Get-Content -Raw -LiteralPath $_.FullName })
        $secrets = @((Get-Audit -Azure $script:azure).secrets) + @($script:azure.Tokens.token)
        $secrets.Count | Should -BeGreaterThan 4
        foreach ($secret in $secrets) { "$told".Contains($secret) | Should -BeFalse }
        $shell.Dispose()

        $again = Get-KeyRollReport -RunId r1 -State $script:way.State -Html (Join-Path -Path $script:folder -ChildPath 'report.html')
        $again.State | Should -Be 'done'
        Test-Path -LiteralPath (Join-Path -Path $script:folder -ChildPath 'report.html') | Should -BeTrue
        (Get-KeyRollReport -RunId r1 -State $script:way.State -Verify).Entries | Should -BeGreaterThan 10
        ($again | Out-String) | Should -Match 'key2, key1'
    }

    It 'returns at the first wait with -NoWait, and steps and resumes to the end' {
        $first = Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -RunId r1 -NoWait -Force
        $first.State | Should -Be 'waiting'
        $first.NextDue | Should -BeOfType [datetime]
        (Invoke-KeyRollStep -RunId r1 @script:way -Confirm:$false).RunId | Should -Be 'r1'
        @(Get-KeyRollRotation -State $script:way.State).RunId | Should -Be 'r1'
        $last = Get-KeyRollRotation -State $script:way.State | Resume-KeyRollRotation @script:way
        $last.State | Should -Be 'done'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2
        # The same request, delivered once more, changes nothing.
        (Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -RunId r1 -Force -NoWait).State | Should -Be 'done'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2
    }

    It 'carries a run out in a job, stops it safely, and resumes it' {
        $env:KEYROLL_STATE = $script:way.State
        $job = Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -AsJob -Force
        $job | Should -BeOfType [System.Management.Automation.Job]
        $journal = [System.IO.Path]::Combine($script:way.State, 'runs', $job.RunId, 'journal.jsonl')
        Wait-Until { Test-Path -LiteralPath $journal }
        $stopped = $job | Stop-KeyRollRotation -State $script:way.State -Confirm:$false
        $stopped.RunId | Should -Be $job.RunId
        $stopped.State | Should -Not -Be 'done'
        $job.State | Should -Be 'Stopped'
        Get-Content -LiteralPath $journal | Select-Object -Last 1 | Should -Match '"event":"interrupted"'
        (Resume-KeyRollRotation -RunId $job.RunId @script:way -Confirm:$false).State | Should -Be 'done'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2
        Remove-Job -Job $job -Force
        $env:KEYROLL_STATE = $null
    }

    It 'gives the report of a job as an object that its view knows' {
        $job = Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -RunId j1 -AsJob -Force
        $report = $job | Receive-Job -Wait -AutoRemoveJob
        $report.State | Should -Be 'done'
        $report.PSObject.TypeNames[0] | Should -Be 'Deserialized.KeyRoll.Report'
        ($report | Out-String) | Should -Match 'Regenerated : key2, key1'
    }

    It 'loses nothing when everything is killed, and comes to the same end' {
        $env:Probe = ConvertTo-Json -InputObject @{ way = $script:way; accept = $script:accept } -Depth 5 -Compress
        $script = 'Import-Module "{0}"; $p = $env:Probe | ConvertFrom-Json; Invoke-KeyRollRotation -StorageAccount stprod -Cloud $p.way.Cloud -Auth $p.way.Auth -State $p.way.State -Accept $p.accept -RunId k1 -Force' -f (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1')
        $shell = Start-Process -FilePath (Get-Process -Id $PID).Path -ArgumentList '-NoProfile', '-NonInteractive', '-Command', "`"$script`"" -PassThru -RedirectStandardOutput (Join-Path -Path $script:folder -ChildPath 'out.txt') -RedirectStandardError (Join-Path -Path $script:folder -ChildPath 'err.txt')
        $journal = Join-Path -Path $script:way.State -ChildPath 'runs/k1/journal.jsonl'
        Wait-Until { (Test-Path -LiteralPath $journal) -and (Get-Content -LiteralPath $journal).Count -gt 6 }
        $shell.Kill()
        [void] $shell.WaitForExit(10000)
        # The program notices that nobody is there any more, and lets go of the run.
        Wait-Until {
            try {
                $script:last = Resume-KeyRollRotation -RunId k1 @script:way -Confirm:$false
                $true
            } catch {
                if ($_.CategoryInfo.Category -ne 'ResourceBusy') { throw }
                $false
            }
        }
        $script:last.State | Should -Be 'done'
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 2
    }

    It 'points everything back' {
        $first = Invoke-KeyRollRotation -StorageAccount stprod @script:way -Accept $script:accept -RunId u1 -NoWait -Force
        $first.State | Should -Be 'waiting'
        $undone = Undo-KeyRollRotation -RunId u1 @script:way -Confirm:$false
        $undone.State | Should -Be 'aborted'
        (Wait-KeyRollRotation -RunId u1 -State $script:way.State -Timeout 1m).State | Should -Be 'aborted'
    }

    It 'regenerates one key with the parameters of New-AzStorageAccountKey' {
        $names = @()
        try { Update-KeyRollKey prod stprod key2 @script:way -Force } catch { $names = @($_.Exception.Data['KeyRoll.Problem'].accept); $script:caught = $_ }
        (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 0
        if ($names.Count -gt 0) {
            $script:caught.FullyQualifiedErrorId | Should -Be 'KeyRoll.AcceptanceNeeded,Update-KeyRollKey'
        }
        { Update-KeyRollKey prod stprod KEY2 @script:way -Force } | Should -Throw -ErrorId 'ParameterArgumentValidationError,Update-KeyRollKey'
    }

    It 'asks with the consequences, and does what is answered' {
        # A host that answers questions: the module's own question, not the program's.
        foreach ($answer in 2, 0) {
            $run = "ask$answer"
            $result = & (Join-Path -Path $PSScriptRoot -ChildPath 'Answering.ps1') -Module (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1') -Answer $answer -Values @{ way = $script:way; accept = $script:accept; run = $run } -Script 'Invoke-KeyRollRotation -StorageAccount stprod @way -Accept $accept -RunId $run -NoWait'
            $result.Questions.Count | Should -Be 1
            $result.Questions[0] | Should -Match 'key2 and then key1 of stprod will be regenerated, which cannot be undone'
            if ($answer -eq 2) {
                (Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 0
                $result.Output | Should -BeNullOrEmpty
            } else {
                $result.Output.State | Should -Be 'waiting'
            }
        }
    }
}

Describe 'two accounts side by side' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = New-Place
        $accounts = 'stprod', 'stsecond' | ForEach-Object {
            @{ id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/$_" }
        }
        $world = @{
            schema = 'keyroll.world/1'; storageAccounts = $accounts
            subscriptions = @(@{ id = '11111111-1111-4111-8111-111111111111'; name = 'prod' })
        }
        $file = Join-Path -Path $script:folder -ChildPath 'world.json'
        ConvertTo-Json -InputObject $world -Depth 5 | Set-Content -LiteralPath $file
        $script:azure = Start-Azure -Folder $script:folder -World $file
        $script:way = Get-Way -Azure $script:azure -Folder $script:folder
    }

    AfterAll {
        Stop-Azure -Azure $script:azure
    }

    It 'gives a plan and a report for each' {
        $plans = @(Get-KeyRollPlan -StorageAccount stprod -WithAccount stsecond @script:way)
        $plans.Count | Should -Be 2
        $plans[1].PSObject.TypeNames[0] | Should -Be 'KeyRoll.Plan'
        $names = @($plans.Acceptances.Name | Select-Object -Unique)
        $reports = @(Invoke-KeyRollRotation -StorageAccount stprod -WithAccount stsecond @script:way -Accept $names -RunId two -Force)
        $reports.RunId | Should -Be 'two.stprod', 'two.stsecond'
        $reports.State | Should -Be 'done', 'done'
        $reports[0].PSObject.TypeNames[0] | Should -Be 'KeyRoll.Report'
        @(Resume-KeyRollRotation -RunId two @script:way).State | Should -Be 'done', 'done'
    }
}
