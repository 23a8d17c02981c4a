# JSON in and out, the same in Windows PowerShell 5.1 and in PowerShell 7.

# Values that a request holds: texts, truths, whole numbers, lists and dictionaries of them. ConvertTo-Json writes the texts
# only: what it makes of lists and deep objects depends on the version.
function ConvertTo-KeyRollJson {
    param(
        [AllowNull()]
        [AllowEmptyString()]
        [object] $Value
    )
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [bool] -or $Value -is [switch]) { return ([bool] $Value).ToString().ToLowerInvariant() }
    if ($Value -is [int] -or $Value -is [long]) { return $Value.ToString([cultureinfo]::InvariantCulture) }
    if ($Value -is [System.Collections.IDictionary]) {
        $members = foreach ($key in $Value.Keys) { '{0}:{1}' -f (ConvertTo-KeyRollJson ([string] $key)), (ConvertTo-KeyRollJson $Value[$key]) }
        return '{' + (@($members) -join ',') + '}'
    }
    if ($Value -is [System.Collections.IEnumerable] -and $Value -isnot [string]) {
        $items = foreach ($item in $Value) { ConvertTo-KeyRollJson $item }
        return '[' + (@($items) -join ',') + ']'
    }
    ConvertTo-Json -InputObject ([string] $Value) -Depth 1 -Compress
}

# A line of the binary as an object; nothing when it is none.
function ConvertFrom-KeyRollLine {
    param(
        [string] $Line
    )
    try {
        ConvertFrom-Json -InputObject $Line -ErrorAction Stop
    } catch {
        Write-Debug -Message 'a line of the binary is not JSON and is left out'
    }
}

# The text of a frame's result, as the binary wrote it: times and numbers are not touched.
function Get-KeyRollResultText {
    param(
        [string] $Line
    )
    $mark = '"result":'
    $from = $Line.IndexOf($mark, [System.StringComparison]::Ordinal) + $mark.Length
    $to = $Line.LastIndexOf(',"exitCode":', [System.StringComparison]::Ordinal)
    if ($to -lt $from) { $to = $Line.LastIndexOf('}') }
    $Line.Substring($from, $to - $from)
}

function Test-KeyRollMember {
    param(
        [AllowNull()]
        [object] $Object,
        [string] $Name
    )
    $null -ne $Object -and $null -ne $Object.PSObject.Properties[$Name]
}

# A member, or nothing where it is not there: strict mode makes a missing one an error.
function Get-KeyRollMember {
    param(
        [AllowNull()]
        [object] $Object,
        [string] $Name
    )
    if (Test-KeyRollMember -Object $Object -Name $Name) { $Object.$Name }
}

# A time of ours as text, whatever ConvertFrom-Json made of it.
function Format-KeyRollTime {
    param(
        [AllowNull()]
        [object] $Value
    )
    if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-dd HH:mm:ss', [cultureinfo]::InvariantCulture) + ' UTC' }
    [string] $Value
}
