# A certificate with its private key as PEM, in memory alone: from the certificate store by its thumbprint, or from a .pfx file.

# The secret that goes along with a request, as bytes that may stand in a line; nothing where no certificate was named.
function Get-KeyRollCertificateSecret {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Bound
    )
    $hasThumbprint = $Bound.ContainsKey('CertificateThumbprint') -and $Bound['CertificateThumbprint']
    $hasPath = $Bound.ContainsKey('CertificatePath') -and $Bound['CertificatePath']
    if ($hasThumbprint -and $hasPath) {
        Deny-KeyRollRequest -Code 'twoCertificates' -Kind 'usage' -Message 'a thumbprint and a file were both given' -Hint 'give -CertificateThumbprint or -CertificatePath'
    }
    if ($hasThumbprint) { return ConvertTo-KeyRollPem -Certificate (Find-KeyRollCertificate -Thumbprint $Bound['CertificateThumbprint']) }
    if (-not $hasPath -or $Bound['CertificatePath'] -notmatch '\.(pfx|p12)$') { return }
    $path = $Cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath([string] $Bound['CertificatePath'])
    $password = $null
    if ($Bound.ContainsKey('CertificatePassword')) { $password = $Bound['CertificatePassword'] }
    ConvertTo-KeyRollPem -Certificate (Read-KeyRollCertificate -Path $path -Password $password)
}

# The password of an encrypted key in a PEM file, which the program opens itself; nothing where none was given.
function Get-KeyRollPasswordSecret {
    param(
        [System.Collections.IDictionary] $Bound
    )
    if (-not $Bound.ContainsKey('CertificatePassword') -or $null -eq $Bound['CertificatePassword']) { return }
    [securestring] $password = $Bound['CertificatePassword']
    $characters = New-Object 'char[]' $password.Length
    $pointer = [System.Runtime.InteropServices.Marshal]::SecureStringToBSTR($password)
    try {
        [System.Runtime.InteropServices.Marshal]::Copy($pointer, $characters, 0, $password.Length)
    } finally {
        [System.Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer)
    }
    # Each character as JSON can write any: \uXXXX.
    [byte[]] $bytes = New-Object 'byte[]' (6 * $characters.Length)
    for ($at = 0; $at -lt $characters.Length; $at++) {
        [byte[]] $escaped = [System.Text.Encoding]::ASCII.GetBytes('\u{0:x4}' -f [int] $characters[$at])
        $escaped.CopyTo($bytes, 6 * $at)
    }
    [System.Array]::Clear($characters, 0, $characters.Length)
    , $bytes
}

function Find-KeyRollCertificate {
    param(
        [string] $Thumbprint
    )
    # People copy thumbprints from windows that put invisible characters before them.
    $wanted = $Thumbprint -replace '[^0-9A-Fa-f]', ''
    foreach ($location in 'CurrentUser', 'LocalMachine') {
        $store = New-Object System.Security.Cryptography.X509Certificates.X509Store 'My', $location
        try {
            $store.Open('ReadOnly')
            foreach ($certificate in $store.Certificates) {
                if ($certificate.Thumbprint -eq $wanted) { return $certificate }
            }
        } catch [System.Management.Automation.MethodInvocationException] {
            Write-Debug -Message "the store My of $location cannot be opened"
        } finally {
            $store.Close()
        }
    }
    Deny-KeyRollRequest -Code 'certificateMissing' -Kind 'notFound' -Message "no certificate with the thumbprint $wanted is in the store My of this user or computer" -Hint 'look with: Get-ChildItem Cert:\CurrentUser\My, or give the file with -CertificatePath'
}

function Read-KeyRollCertificate {
    param(
        [string] $Path,
        [AllowNull()]
        [securestring] $Password
    )
    try {
        New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 $Path, $Password, 'Exportable'
    } catch {
        $reason = (Get-KeyRollInnermost -Exception $_.Exception).Message
        Deny-KeyRollRequest -Code 'certificateNotRead' -Kind 'usage' -Message "$Path is not read as a certificate" -Cause $reason -Hint 'give a .pfx file, and its password with -CertificatePassword'
    }
}

# The certificate and its key, one after the other. Line breaks stand as JSON writes them.
function ConvertTo-KeyRollPem {
    param(
        [System.Security.Cryptography.X509Certificates.X509Certificate2] $Certificate
    )
    $key = Get-KeyRollPrivateKey -Certificate $Certificate
    try {
        [byte[]] $first = ConvertTo-KeyRollPemByte -Label 'CERTIFICATE' -Der $Certificate.RawData
        [byte[]] $second = ConvertTo-KeyRollPemByte -Label 'PRIVATE KEY' -Der $key
        [byte[]] $pem = New-Object 'byte[]' ($first.Length + $second.Length)
        $first.CopyTo($pem, 0)
        $second.CopyTo($pem, $first.Length)
        [System.Array]::Clear($second, 0, $second.Length)
        , $pem
    } finally {
        [System.Array]::Clear($key, 0, $key.Length)
    }
}

# The private key as PKCS#8, written here: .NET Framework has no export of its own.
function Get-KeyRollPrivateKey {
    param(
        [System.Security.Cryptography.X509Certificates.X509Certificate2] $Certificate
    )
    $hint = 'use a certificate whose private key is RSA and marked as exportable'
    $rsa = $null
    if ($Certificate.HasPrivateKey) { $rsa = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($Certificate) }
    if ($null -eq $rsa) {
        Deny-KeyRollRequest -Code 'certificateKeyMissing' -Kind 'usage' -Message "certificate $($Certificate.Thumbprint) comes without an RSA private key" -Hint $hint
    }
    $parts = $null
    try {
        $parts = $rsa.ExportParameters($true)
    } catch [System.Management.Automation.MethodInvocationException] {
        $parts = Get-KeyRollPartsThroughPfx -Certificate $Certificate
    }
    if ($null -eq $parts) {
        Deny-KeyRollRequest -Code 'certificateKeyNotExportable' -Kind 'permission' -Message "the private key of certificate $($Certificate.Thumbprint) cannot be exported" -Hint $hint
    }
    $secret = @($parts.D, $parts.P, $parts.Q, $parts.DP, $parts.DQ, $parts.InverseQ)
    try {
        $integers = @($parts.Modulus, $parts.Exponent) + $secret
        [byte[]] $inner = Format-KeyRollDer -Tag 0x02 -Parts @(, [byte[]] 0)
        $sequence = New-Object 'System.Collections.Generic.List[byte[]]'
        $sequence.Add($inner)
        foreach ($integer in $integers) { $sequence.Add((Format-KeyRollInteger -Value $integer)) }
        [byte[]] $pkcs1 = Format-KeyRollDer -Tag 0x30 -Parts $sequence
        # rsaEncryption, 1.2.840.113549.1.1.1, with no parameters (RFC 8017, A.1).
        [byte[]] $algorithm = 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
        [byte[]] $octets = Format-KeyRollDer -Tag 0x04 -Parts @(, $pkcs1)
        Format-KeyRollDer -Tag 0x30 -Parts @($inner, $algorithm, $octets)
    } finally {
        foreach ($part in $secret) { [System.Array]::Clear($part, 0, $part.Length) }
    }
}

# Windows lets some keys leave inside a .pfx only: one that is made and read in memory, under a password that nobody knows.
function Get-KeyRollPartsThroughPfx {
    param(
        [System.Security.Cryptography.X509Certificates.X509Certificate2] $Certificate
    )
    $password = New-Object securestring
    foreach ($character in [guid]::NewGuid().ToString('N').ToCharArray()) { $password.AppendChar($character) }
    try {
        [byte[]] $pfx = $Certificate.Export('Pfx', $password)
        $again = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 $pfx, $password, 'Exportable'
        [System.Array]::Clear($pfx, 0, $pfx.Length)
        [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($again).ExportParameters($true)
    } catch [System.Management.Automation.MethodInvocationException] {
        Write-Debug -Message 'the private key cannot leave its store'
    } finally {
        $password.Dispose()
    }
}

# A tag, a length, and the parts (X.690, 8.1).
function Format-KeyRollDer {
    param(
        [byte] $Tag,
        [System.Collections.IList] $Parts
    )
    $length = 0
    foreach ($part in $Parts) { $length += $part.Length }
    $head = New-Object 'System.Collections.Generic.List[byte]'
    $head.Add($Tag)
    if ($length -lt 0x80) {
        $head.Add([byte] $length)
    } elseif ($length -lt 0x100) {
        $head.Add(0x81)
        $head.Add([byte] $length)
    } else {
        $head.Add(0x82)
        $head.Add([byte] [System.Math]::Floor($length / 256))
        $head.Add([byte] ($length % 256))
    }
    [byte[]] $der = New-Object 'byte[]' ($head.Count + $length)
    $head.CopyTo($der, 0)
    $at = $head.Count
    foreach ($part in $Parts) {
        $part.CopyTo($der, $at)
        $at += $part.Length
    }
    , $der
}

# An integer that is not negative, without needless zeros before it (X.690, 8.3).
function Format-KeyRollInteger {
    param(
        [byte[]] $Value
    )
    $from = 0
    while ($from -lt $Value.Length - 1 -and $Value[$from] -eq 0) { $from++ }
    [byte[]] $bytes = New-Object 'byte[]' ($Value.Length - $from)
    [System.Array]::Copy($Value, $from, $bytes, 0, $bytes.Length)
    if ($bytes[0] -ge 0x80) { return Format-KeyRollDer -Tag 0x02 -Parts @([byte[]] 0, $bytes) }
    Format-KeyRollDer -Tag 0x02 -Parts @(, $bytes)
}

function ConvertTo-KeyRollPemByte {
    param(
        [string] $Label,
        [byte[]] $Der
    )
    $ascii = [System.Text.Encoding]::ASCII
    $characters = New-Object 'char[]' ([int] [System.Math]::Ceiling($Der.Length / 3) * 4)
    [void] [System.Convert]::ToBase64CharArray($Der, 0, $Der.Length, $characters, 0)
    $pem = New-Object 'System.Collections.Generic.List[byte]' ($characters.Length * 2 + 128)
    $pem.AddRange($ascii.GetBytes("-----BEGIN $Label-----\n"))
    for ($from = 0; $from -lt $characters.Length; $from += 64) {
        $pem.AddRange($ascii.GetBytes($characters, $from, [System.Math]::Min(64, $characters.Length - $from)))
        $pem.AddRange($ascii.GetBytes('\n'))
    }
    $pem.AddRange($ascii.GetBytes("-----END $Label-----\n"))
    [System.Array]::Clear($characters, 0, $characters.Length)
    , $pem.ToArray()
}
