BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll

    function Get-Thrown {
        param([scriptblock] $Script)
        try { & $Script } catch { return $_ }
        throw 'nothing was thrown'
    }
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

Describe 'tokens' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = (New-Item -ItemType Directory -Path (Join-Path -Path $TestDrive -ChildPath 'place')).FullName
        $script:azure = Start-Azure -Folder $script:folder
        $script:state = Join-Path -Path $script:folder -ChildPath 'state'
    }

    AfterAll {
        Stop-Azure -Azure $script:azure
    }

    AfterEach {
        Remove-FakeAz
    }

    It 'come from the Az context, as <Form>, for each audience that is needed' -ForEach @(
        @{ Form = 'texts'; Secure = $false }
        @{ Form = 'secure strings'; Secure = $true }
    ) {
        Set-FakeAz -Azure $script:azure -Secure:$Secure
        @(Get-KeyRollKeyState -StorageAccount stprod -State $script:state).Count | Should -Be 2
        @($global:FakeAz.Asked) | Should -Be 'https://management.azure.com'
        $global:FakeAz.Asked.Clear()
        @(Get-KeyRollDependent -StorageAccount stprod -State $script:state -WarningAction SilentlyContinue).Kind | Should -Contain 'vaultSecret'
        @($global:FakeAz.Asked | Sort-Object -Unique) | Should -Be 'https://management.azure.com', 'https://vault.azure.net'
    }

    It 'come from -AccessToken before the Az context' {
        Set-FakeAz -Azure $script:azure
        $token = Protect-Text -Text ($script:azure.Tokens | Where-Object scope -Match management).token
        @(Get-KeyRollKeyState -StorageAccount stprod -State $script:state -AccessToken $token).Count | Should -Be 2
        $global:FakeAz.Asked.Count | Should -Be 0
    }

    It 'of -AccessToken are for one audience, and the way out is told where another one is needed' {
        $token = Protect-Text -Text ($script:azure.Tokens | Where-Object scope -Match management).token
        $thrown = Get-Thrown { Get-KeyRollDependent -StorageAccount stprod -State $script:state -Cloud $script:azure.Cloud -AccessToken $token }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.TokenRefused,Get-KeyRollDependent'
        "$thrown" | Should -Match 'vault.azure.net.*leave it out and sign in with Connect-AzAccount'
    }

    It 'of -AccessToken are given once: a token that is refused is not given again' {
        $messages = & (Get-Module -Name KeyRoll) {
            param($token)
            $request = @{ Source = @{ AccessToken = $token; GivenFor = ''; Az = $false; Profile = @{} } }
            foreach ($scope in 'https://management.azure.com/.default', 'https://management.azure.com/.default', 'https://vault.azure.net/.default') {
                (Get-KeyRollToken -Request $request -Needed ([pscustomobject] @{ scope = $scope })).Message
            }
        } (Protect-Text -Text 'abc')
        $messages[0] | Should -Be ''
        $messages[1] | Should -Match 'fresh one'
        $messages[2] | Should -Match 'for https://management.azure.com/.default alone'
    }

    It 'are refused when empty' {
        $thrown = Get-Thrown { Get-KeyRollKeyState -StorageAccount stprod -AccessToken ([securestring]::new()) }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.AccessTokenEmpty,Get-KeyRollKeyState'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'Get-AzAccessToken'
    }

    It 'that are no tokens are not sent' {
        $thrown = Get-Thrown { Get-KeyRollKeyState -StorageAccount stprod -Cloud $script:azure.Cloud -AccessToken (Protect-Text -Text "a`"b") }
        $thrown.CategoryInfo.Category | Should -Be 'AuthenticationError'
        "$thrown" | Should -Match 'no access token has'
        "$thrown" | Should -Not -Match 'a"b'
    }

    It 'that Az does not give end the command with its words' {
        Set-FakeAz -Azure $script:azure
        $global:FakeAz.Fail = 'Your Azure credentials have not been set up or have expired'
        $thrown = Get-Thrown { Get-KeyRollKeyState -StorageAccount stprod -State $script:state }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.TokenRefused,Get-KeyRollKeyState'
        $thrown.CategoryInfo.Category | Should -Be 'AuthenticationError'
        "$thrown" | Should -Match 'have expired'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'Connect-AzAccount'
    }

    It 'of another tenant than the context are refused' {
        Set-FakeAz -Azure $script:azure
        $global:FakeAz.Tenant = '99999999-9999-4999-8999-999999999999'
        $thrown = Get-Thrown { Get-KeyRollKeyState -StorageAccount stprod -State $script:state }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.TokenOfAnotherTenant,Get-KeyRollKeyState'
        $thrown.CategoryInfo.Category | Should -Be 'AuthenticationError'
    }

    It 'are asked for the tenant that is needed, with the profile that was given' {
        $asked = & (Get-Module -Name KeyRoll) {
            function Get-AzAccessToken {
                [CmdletBinding()]
                param($ResourceUrl, $TenantId, $DefaultProfile)
                $script:Probe = "$ResourceUrl $TenantId $DefaultProfile"
                [pscustomobject] @{ Token = 'abc'; ExpiresOn = [datetimeoffset]::FromUnixTimeSeconds(1800000000) }
            }
            $request = @{ Source = @{ AccessToken = $null; Az = $true; Profile = @{ DefaultProfile = 'p' } } }
            $token = Get-KeyRollToken -Request $request -Needed ([pscustomobject] @{ scope = 'https://vault.azure.net/.default'; tenant = 't1' })
            $script:Probe
            [System.Text.Encoding]::ASCII.GetString($token.Characters)
            $token.ExpiresOn
        }
        $asked | Should -Be 'https://vault.azure.net t1 p', 'abc', 1800000000
    }

    It 'tell themselves when they expire' {
        $expiry = & (Get-Module -Name KeyRoll) {
            $claims = [System.Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes('{"exp":1800000123,"x":"???>>>"}')).TrimEnd('=').Replace('+', '-').Replace('/', '_')
            Get-KeyRollTokenExpiry -Characters ("h.$claims.s".ToCharArray())
            Get-KeyRollTokenExpiry -Characters ('opaque'.ToCharArray())
        }
        $expiry[0] | Should -Be 1800000123
        $expiry[1] | Should -BeGreaterThan ([datetimeoffset]::UtcNow.ToUnixTimeSeconds() + 3000)
    }

    It 'without any: the sign-in of the program tells the way out' {
        $path = $env:PATH
        try {
            $env:PATH = '/nowhere'
            $thrown = Get-Thrown { Get-KeyRollKeyState -StorageAccount stprod -Cloud $script:azure.Cloud -State $script:state }
        } finally {
            $env:PATH = $path
        }
        $thrown.CategoryInfo.Category | Should -BeIn 'AuthenticationError', 'InvalidArgument', 'PermissionDenied'
        $thrown.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}
