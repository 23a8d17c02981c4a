# Who is signed in, and tokens when the binary asks for one: from -AccessToken, else from the Az context, else by the binary's own sign-in.

# What a request says of its surroundings, and where tokens come from.
function Get-KeyRollContext {
    param(
        [System.Collections.IDictionary] $Bound
    )
    $context = [ordered] @{ auth = 'host'; clientRequestId = [guid]::NewGuid().ToString() }
    $source = @{ AccessToken = $null; GivenFor = ''; Az = $false; Profile = @{} }
    if ($Bound.ContainsKey('DefaultProfile') -and $null -ne $Bound['DefaultProfile']) {
        $source.Profile = @{ DefaultProfile = $Bound['DefaultProfile'] }
    }
    if ($Bound.ContainsKey('AccessToken')) {
        if ($null -eq $Bound['AccessToken'] -or $Bound['AccessToken'].Length -eq 0) {
            Deny-KeyRollRequest -Code 'accessTokenEmpty' -Kind 'usage' -Message 'the access token of -AccessToken is empty' -Hint 'give the Token of Get-AzAccessToken -AsSecureString, or leave -AccessToken out'
        }
        $source.AccessToken = $Bound['AccessToken']
    } elseif ($Bound.ContainsKey('Auth') -and $Bound['Auth']) {
        $context.auth = [string] $Bound['Auth']
        return @{ Context = $context; Source = $source }
    }
    $az = Get-KeyRollAzContext -AzProfile $source.Profile
    if ($null -eq $az) {
        if ($source.Profile.Count -gt 0 -and $null -eq $source.AccessToken) {
            Deny-KeyRollRequest -Code 'noAzContext' -Kind 'permission' -Message 'the Az context of -DefaultProfile is not signed in' -Hint 'run Connect-AzAccount'
        }
        if ($null -eq $source.AccessToken) { $context.auth = 'auto' }
        return @{ Context = $context; Source = $source }
    }
    $source.Az = $null -eq $source.AccessToken
    if ($source.Az -and $null -ne $az.Tenant -and $az.Tenant.Id) { $context.tenant = [string] $az.Tenant.Id }
    if ($null -ne $az.Subscription -and $az.Subscription.Id) { $context.subscription = [string] $az.Subscription.Id }
    if (-not $Bound.ContainsKey('Cloud') -and $null -ne $az.Environment) { $context.cloud = Get-KeyRollCloud -Environment $az.Environment }
    @{ Context = $context; Source = $source }
}

# The Az context that is signed in, or nothing. Az.Accounts is no requirement: it is looked for when it is needed.
function Get-KeyRollAzContext {
    param(
        [hashtable] $AzProfile = @{}
    )
    if ($null -eq (Get-Command -Name Get-AzContext -ErrorAction Ignore)) { return }
    try {
        $az = Get-AzContext @AzProfile -ErrorAction Stop -WarningAction SilentlyContinue
    } catch [System.Exception] {
        Write-Debug -Message ('Get-AzContext: {0}' -f $_.Exception.Message)
        return
    }
    $az = @($az | Where-Object { $null -ne $_ -and $null -ne $_.Account })
    if ($az.Count -gt 0) { $az[0] }
}

# A cloud by its name where the binary knows it, else with its addresses.
function Get-KeyRollCloud {
    param(
        [object] $Environment
    )
    if ($Environment.Name -in 'AzureCloud', 'AzureChinaCloud', 'AzureUSGovernment') { return [string] $Environment.Name }
    [ordered] @{
        schema                  = 1
        name                    = [string] $Environment.Name
        resourceManager         = [string] $Environment.ResourceManagerUrl
        login                   = [string] $Environment.ActiveDirectoryAuthority
        resourceManagerAudience = ([string] $Environment.ActiveDirectoryServiceEndpointResourceId).TrimEnd('/')
        keyVaultAudience        = ([string] $Environment.AzureKeyVaultServiceEndpointResourceId).TrimEnd('/')
        keyVaultSuffix          = [string] $Environment.AzureKeyVaultDnsSuffix
        storageSuffix           = [string] $Environment.StorageEndpointSuffix
    }
}

# A token for what the binary needs, as bytes that may stand in a line, or a message that says why there is none.
function Get-KeyRollToken {
    param(
        [hashtable] $Request,
        [object] $Needed
    )
    $source = $Request.Source
    if ($null -ne $source.AccessToken) {
        if ($source.GivenFor -eq $Needed.scope) {
            return @{ Characters = $null; Message = 'the token of -AccessToken was given already and is not accepted any more; run the command again with a fresh one' }
        }
        if ($source.GivenFor) {
            return @{ Characters = $null; Message = 'the token of -AccessToken is for {0} alone; leave it out and sign in with Connect-AzAccount' -f $source.GivenFor }
        }
        $source.GivenFor = [string] $Needed.scope
        return Get-KeyRollTokenByte -Token $source.AccessToken -ExpiresOn $null
    }
    if (-not $source.Az) {
        return @{ Characters = $null; Message = 'PowerShell has no Az context; run Connect-AzAccount, or name a sign-in with -Auth' }
    }
    $audience = [string] $Needed.scope
    if ($audience.EndsWith('/.default', [System.StringComparison]::OrdinalIgnoreCase)) {
        $audience = $audience.Substring(0, $audience.Length - '/.default'.Length)
    }
    $parameters = @{ ResourceUrl = $audience }
    $tenant = [string] (Get-KeyRollMember -Object $Needed -Name 'tenant')
    if ($tenant) { $parameters.TenantId = $tenant }
    $named = $source.Profile
    try {
        $given = Get-AzAccessToken @parameters @named -ErrorAction Stop -WarningAction SilentlyContinue
    } catch [System.Exception] {
        return @{ Characters = $null; Message = 'Get-AzAccessToken gives no token for {0}: {1}' -f $audience, ($_.Exception.Message -split '\r?\n')[0] }
    }
    Get-KeyRollTokenByte -Token $given.Token -ExpiresOn $given.ExpiresOn
}

# The characters of a token. Az.Accounts gives texts before version 5 and secure strings since: the type tells, not the version.
function Get-KeyRollTokenByte {
    param(
        [object] $Token,
        [AllowNull()]
        [object] $ExpiresOn
    )
    [char[]] $characters = @()
    if ($Token -is [securestring]) {
        $pointer = [System.Runtime.InteropServices.Marshal]::SecureStringToBSTR($Token)
        try {
            $characters = New-Object 'char[]' $Token.Length
            [System.Runtime.InteropServices.Marshal]::Copy($pointer, $characters, 0, $Token.Length)
        } finally {
            [System.Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer)
        }
    } else {
        $characters = ([string] $Token).ToCharArray()
    }
    try {
        if ($characters.Length -eq 0) { return @{ Characters = $null; Message = 'the access token is empty' } }
        foreach ($character in $characters) {
            # RFC 6750 allows these; none of them needs an escape in JSON.
            if ($character -notmatch '[A-Za-z0-9._~+/=-]') { return @{ Characters = $null; Message = 'the access token holds a character that no access token has' } }
        }
        [byte[]] $bytes = [System.Text.Encoding]::ASCII.GetBytes($characters)
        $expires = 0
        if ($null -ne $ExpiresOn) {
            $expires = ([System.DateTimeOffset] $ExpiresOn).ToUnixTimeSeconds()
        } else {
            $expires = Get-KeyRollTokenExpiry -Characters $characters
        }
        @{ Characters = $bytes; ExpiresOn = [long] $expires; Message = '' }
    } finally {
        [System.Array]::Clear($characters, 0, $characters.Length)
    }
}

# When a token expires by its own claims, in Unix seconds; in an hour where it does not say.
function Get-KeyRollTokenExpiry {
    param(
        [char[]] $Characters
    )
    $unknown = [System.DateTimeOffset]::UtcNow.ToUnixTimeSeconds() + 3600
    $first = [System.Array]::IndexOf($Characters, [char] '.')
    if ($first -lt 0) { return $unknown }
    $second = [System.Array]::IndexOf($Characters, [char] '.', $first + 1)
    if ($second -lt 0) { return $unknown }
    $payload = (New-Object string $Characters, ($first + 1), ($second - $first - 1)).Replace('-', '+').Replace('_', '/')
    $payload = $payload.PadRight($payload.Length + ((4 - $payload.Length % 4) % 4), '=')
    try {
        $claims = ConvertFrom-Json -InputObject ([System.Text.Encoding]::UTF8.GetString([System.Convert]::FromBase64String($payload))) -ErrorAction Stop
        $expires = Get-KeyRollMember -Object $claims -Name 'exp'
        if ($null -ne $expires) { return [long] $expires }
    } catch [System.Exception] {
        Write-Debug -Message 'the access token is not a JSON Web Token'
    }
    $unknown
}
