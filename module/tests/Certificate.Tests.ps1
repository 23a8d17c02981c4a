BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll

    # A certificate of its own, as a .pfx with a password.
    function Get-TestCertificate {
        param([int] $Bits, [string] $Path, [string] $Password)
        $rsa = [System.Security.Cryptography.RSA]::Create($Bits)
        $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=keyroll', [System.Security.Cryptography.RSA] $rsa, [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(30))
        [System.IO.File]::WriteAllBytes($Path, $certificate.Export('Pfx', $Password))
        $certificate
    }

    function Get-Thrown {
        param([scriptblock] $Script)
        try { & $Script } catch { return $_ }
        throw 'nothing was thrown'
    }
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

Describe 'a certificate' {
    It 'of <Bits> bits leaves its .pfx as PEM with its key' -ForEach @(@{ Bits = 2048 }, @{ Bits = 4096 }) {
        $path = Join-Path -Path $TestDrive -ChildPath "$Bits.pfx"
        $certificate = Get-TestCertificate -Bits $Bits -Path $path -Password 'secret'
        $bytes = & (Get-Module -Name KeyRoll) { param($path, $password) ConvertTo-KeyRollPem -Certificate (Read-KeyRollCertificate -Path $path -Password $password) } $path (Protect-Text -Text 'secret')
        $pem = [System.Text.Encoding]::ASCII.GetString($bytes)
        $pem | Should -Not -Match '"' -Because 'it stands in a line of JSON'
        $pem = $pem.Replace('\n', "`n")
        $back = [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem($pem, $pem)
        $back.Thumbprint | Should -Be $certificate.Thumbprint
        $signed = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($back).SignData([byte[]] (1, 2, 3), [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
        [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPublicKey($certificate).VerifyData([byte[]] (1, 2, 3), $signed, [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1) | Should -BeTrue
    }

    It 'goes to the program as a secret of the request, and nowhere else' -Skip:$IsWindows {
        $fake = Join-Path -Path $TestDrive -ChildPath 'fake'
        $path = Join-Path -Path $TestDrive -ChildPath 'management.pfx'
        [void] (Get-TestCertificate -Bits 2048 -Path $path -Password 'secret')
        Set-FakeProgram -Path $fake -Text "echo '$(Get-Hello)'; read -r line; printf '%s' `"`$line`" > '$fake.heard'; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath $path -CertificatePassword (Protect-Text -Text 'secret') -Auth az
        $request = [System.IO.File]::ReadAllText("$fake.heard") | ConvertFrom-Json
        $request.secrets.clientCertificate | Should -Match '^-----BEGIN CERTIFICATE-----\n'
        $request.secrets.clientCertificate | Should -Match '-----BEGIN PRIVATE KEY-----\n'
        @($request.arguments.PSObject.Properties.Name) | Should -Be 'accountName', 'key', 'storageAccount'
    }

    It 'as PEM with an encrypted key leaves its password to the program as a secret' -Skip:$IsWindows {
        $fake = Join-Path -Path $TestDrive -ChildPath 'fake'
        Set-FakeProgram -Path $fake -Text "echo '$(Get-Hello)'; read -r line; printf '%s' `"`$line`" > '$fake.heard'; echo '{`"v`":1,`"id`":`"1`",`"result`":null,`"exitCode`":0}'"
        $password = 'a "quoted" \ p' + [char] 0xfc + [char]::ConvertFromUtf32(0x1f511)
        Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath management.pem -CertificatePassword (Protect-Text -Text $password) -Auth az
        $request = [System.IO.File]::ReadAllText("$fake.heard") | ConvertFrom-Json
        $request.secrets.clientCertificatePassword | Should -BeExactly $password
        $request.arguments.certificate | Should -Match 'management\.pem$'
        @($request.secrets.PSObject.Properties.Name) | Should -Be 'clientCertificatePassword'
    }

    It 'that cannot be had is one error with a way out' {
        $thrown = Get-Thrown { Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificateThumbprint 'AA BB' -Auth az }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.CertificateMissing,Sync-KeyRollMediaV2Key'
        $thrown.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $thrown = Get-Thrown { Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath (Join-Path -Path $TestDrive -ChildPath 'none.pfx') -Auth az }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.CertificateNotRead,Sync-KeyRollMediaV2Key'
        $thrown = Get-Thrown { Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath x.pfx -CertificateThumbprint AA -Auth az }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.TwoCertificates,Sync-KeyRollMediaV2Key'
    }

    It 'with a wrong password is not read, and the password is not told' {
        $path = Join-Path -Path $TestDrive -ChildPath 'locked.pfx'
        [void] (Get-TestCertificate -Bits 2048 -Path $path -Password 'secret')
        $thrown = Get-Thrown { Sync-KeyRollMediaV2Key -AccountName ams1 -StorageAccount stprod -Key primary -CertificatePath $path -CertificatePassword (Protect-Text -Text 'guess') -Auth az }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.CertificateNotRead,Sync-KeyRollMediaV2Key'
        "$thrown $($thrown.ErrorDetails.RecommendedAction)" | Should -Not -Match 'guess|secret'
    }
}
