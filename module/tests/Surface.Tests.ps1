BeforeDiscovery {
    $module = Split-Path -Path $PSScriptRoot -Parent
    $script:Functions = @((Import-PowerShellDataFile -LiteralPath (Join-Path -Path $module -ChildPath 'KeyRoll.psd1')).FunctionsToExport)
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll
    $script:Common = @([System.Management.Automation.PSCmdlet]::CommonParameters) + @([System.Management.Automation.PSCmdlet]::OptionalCommonParameters)

    # The parameters of a page: name, and the lines of its yaml block.
    function Get-Page {
        param([string] $Name)
        $text = Get-Content -Raw -LiteralPath ([System.IO.Path]::Combine($script:ModuleFolder, 'docs', "$Name.md"))
        $parameters = [ordered] @{}
        foreach ($match in [regex]::Matches($text, '(?ms)^### -(\w+)\n.*?```yaml\n(.*?)```')) {
            $facts = @{}
            foreach ($line in $match.Groups[2].Value -split "`n") {
                if ($line -match '^([\w ]+): ?(.*)$') { $facts[$Matches[1]] = $Matches[2] }
            }
            $parameters[$match.Groups[1].Value] = $facts
        }
        $parameters
    }
}

Describe 'the module' {
    It 'has a sound manifest' {
        $manifest = Test-ModuleManifest -Path (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1') -ErrorAction Stop
        $manifest.PowerShellVersion | Should -Be '5.1'
        $manifest.CompatiblePSEditions | Should -Be 'Desktop', 'Core'
        $manifest.RequiredModules | Should -BeNullOrEmpty
    }

    It 'exports what its manifest says, with approved verbs' {
        $written = (Import-PowerShellDataFile -LiteralPath (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1')).FunctionsToExport
        @((Get-Command -Module KeyRoll -CommandType Function).Name | Sort-Object) | Should -Be @($written | Sort-Object)
        $verbs = (Get-Verb).Verb
        foreach ($command in Get-Command -Module KeyRoll -CommandType Function) { $command.Verb | Should -BeIn $verbs }
    }

    It 'leaves no variable behind and works in strict mode' {
        $shell = Start-Script -Script 'Set-StrictMode -Version Latest; @(Get-Variable -Name KeyRoll* -Scope Global -ErrorAction Ignore).Count'
        $shell.Invoke() | Should -Be 0
        $shell.Dispose()
    }
}

Describe '<_>' -ForEach $script:Functions {
    BeforeAll {
        $script:Command = Get-Command -Name $_
        $script:Own = @($script:Command.Parameters.Values | Where-Object { $_.Name -notin $script:Common -or $_.Name -in 'WhatIf', 'Confirm' })
    }

    It 'is explained, with an example for each way' {
        $help = Get-Help -Name $_ -Full
        $help.Synopsis | Should -Match '\.$'
        @($help.examples.example).Count | Should -BeGreaterThan 0
        foreach ($parameter in $script:Own | Where-Object { $_.Name -notin 'WhatIf', 'Confirm' }) {
            ($help.parameters.parameter | Where-Object name -EQ $parameter.Name).description.Text | Should -Not -BeNullOrEmpty -Because $parameter.Name
        }
    }

    It 'has the parameters of its page' {
        $page = Get-Page -Name $_
        @($page.Keys | Sort-Object) | Should -Be @($script:Own.Name | Sort-Object)
        foreach ($parameter in $script:Own) {
            $facts = $page[$parameter.Name]
            $attribute = @($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ParameterAttribute] })[0]
            $facts.Type | Should -Be $parameter.ParameterType.FullName -Because $parameter.Name
            $facts.Aliases | Should -Be ($parameter.Aliases -join ', ') -Because $parameter.Name
            $facts.Required | Should -Be ([string] $attribute.Mandatory) -Because $parameter.Name
            $position = 'Named'
            if ($attribute.Position -ge 0) { $position = [string] $attribute.Position }
            $facts.Position | Should -Be $position -Because $parameter.Name
            $pipeline = 'False'
            if ($attribute.ValueFromPipelineByPropertyName) { $pipeline = 'True (ByPropertyName)' }
            $facts.'Accept pipeline input' | Should -Be $pipeline -Because $parameter.Name
        }
    }

    It 'names its output' {
        @($script:Command.OutputType.Name) | Should -Be @((Get-Help -Name $_ -Full).returnValues.returnValue.type.name.Trim())
    }
}
