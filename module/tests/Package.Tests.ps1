BeforeDiscovery {
    $script:Python = $null -ne (Get-Command -Name python3 -CommandType Application -ErrorAction Ignore)
    if (-not $script:Python) { Write-Warning -Message 'SKIPPED: the package needs Python 3' }
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    Import-KeyRoll
    $script:Runtime = & (Get-Module -Name KeyRoll) { Get-KeyRollRuntimeId }
}

Describe 'module/build' -Skip:(-not $script:Python) {
    BeforeAll {
        $script:out = Join-Path -Path $TestDrive -ChildPath 'out'
        # Small stand-ins: what is packed is what was given.
        $script:stand = Join-Path -Path $TestDrive -ChildPath 'program'
        Set-FakeProgram -Path $script:stand -Text ('exec "{0}" "$@"' -f $script:Program)
        $env:KEYROLL_BIN = $null
        & python3 (Join-Path -Path $script:ModuleFolder -ChildPath 'build') --out $script:out --binary "$($script:Runtime)=$($script:stand)" --binary "win-arm64=$($script:stand)" | Out-Null
        $LASTEXITCODE | Should -Be 0
        $script:package = (Get-Item -Path (Join-Path -Path $script:out -ChildPath 'KeyRoll.*.nupkg')).FullName
    }

    It 'makes a folder that can be imported and that finds its own program' -Skip:$IsWindows {
        $shell = Start-Script -Module ([System.IO.Path]::Combine($script:out, 'KeyRoll', 'KeyRoll.psd1')) -Script '(Test-KeyRoll -Auth az -State $state)[0].Found' -Values @{ state = (Join-Path -Path $TestDrive -ChildPath 'state') }
        $shell.Invoke() | Should -Match '^keyroll '
        $shell.Dispose()
    }

    It 'packs the module, its description and every program' {
        $archive = [System.IO.Compression.ZipFile]::OpenRead($script:package)
        try {
            $names = @($archive.Entries.FullName)
            foreach ($name in 'KeyRoll.nuspec', '[Content_Types].xml', '_rels/.rels', 'KeyRoll.psd1', 'Private/Bridge.ps1', 'generated/Surface.ps1', "bin/$($script:Runtime)/keyroll", 'bin/win-arm64/keyroll.exe') { $name | Should -BeIn $names }
            @($names -match '^tests/|^build$').Count | Should -Be 0
            foreach ($name in 'KeyRoll.nuspec', '[Content_Types].xml', '_rels/.rels') {
                $reader = [System.IO.StreamReader]::new($archive.GetEntry($name).Open())
                { [xml] $reader.ReadToEnd() } | Should -Not -Throw
                $reader.Dispose()
            }
        } finally {
            $archive.Dispose()
        }
    }

    It 'makes the same package of the same files' {
        $first = (Get-FileHash -LiteralPath $script:package).Hash
        & python3 (Join-Path -Path $script:ModuleFolder -ChildPath 'build') --out $script:out --binary "$($script:Runtime)=$($script:stand)" --binary "win-arm64=$($script:stand)" | Out-Null
        (Get-FileHash -LiteralPath $script:package).Hash | Should -Be $first
    }

    It 'refuses a runtime that nobody has, and a program that is not there' {
        foreach ($given in 'amiga-m68k=/bin/sh', 'linux-x64=/nowhere/keyroll') {
            $said = & python3 (Join-Path -Path $script:ModuleFolder -ChildPath 'build') --out $script:out --binary $given 2>&1
            $LASTEXITCODE | Should -Be 1
            "$said" | Should -Match '^error: '
        }
    }
}
