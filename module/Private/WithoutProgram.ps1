# The one call that a sync is, through Az.Accounts, for places where no child process can start. Nothing that has to be journalled
# is ever done here.

# Problems that mean that the program cannot start.
$script:KeyRollCannotStart = 'binaryMissing', 'binaryNotExecutable', 'binaryOfAnotherSystem', 'binaryBlocked', 'binaryNotStarted'

# Parameters that say with which sign-in, and where: Az.Accounts would go by its own context, and so perhaps elsewhere.
$script:KeyRollNotOfAz = 'AccessToken', 'Auth', 'Cloud', 'CaBundle'

# Parameters of a workspace's sync that one call cannot honour: it keeps no journal, looks at nothing first, and always waits.
$script:KeyRollNotOfOneCall = 'DryRun', 'NoWait', 'RunId', 'ChangeReference', 'StorageAccount'

# Whether the call can be made instead.
function Test-KeyRollWithoutProgram {
    param(
        [object] $Problem,
        [System.Collections.IDictionary] $Bound
    )
    $Problem.code -in $script:KeyRollCannotStart -and
    @($script:KeyRollNotOfAz | Where-Object { $Bound.ContainsKey($_) }).Count -eq 0 -and
    $null -ne (Get-Command -Name Invoke-AzRestMethod -ErrorAction Ignore) -and
    $null -ne (Get-KeyRollAzContext -AzProfile (Get-KeyRollAzProfile -Bound $Bound))
}

# What the media commands say once in a session.
function Write-KeyRollMediaNotice {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet
    )
    if ($script:KeyRollToldOfMedia) { return }
    $script:KeyRollToldOfMedia = $true
    $Cmdlet.WriteVerbose('Azure Media Services was retired on 30 June 2024; what answers in its place may answer otherwise')
    if ($null -ne (Get-Module -Name Az.Media)) {
        $Cmdlet.WriteWarning('Az.Media is loaded too: this is Sync-AzMediaServiceStorageKey of KeyRoll; Az.Media\Sync-AzMediaServiceStorageKey calls the other one')
    }
}

# The problem with an id that is none of a storage account, or nothing. A pipeline of media accounts binds their own ids.
function Test-KeyRollStorageAccountId {
    param(
        [string] $Id
    )
    if ($Id -notmatch '/' -or $Id -match '^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/[^/]+/?$') { return }
    $hint = 'give the full id of a storage account: /subscriptions/.../resourceGroups/.../providers/Microsoft.Storage/storageAccounts/NAME'
    if ($Id -match '/providers/Microsoft\.Media/') {
        $hint = 'a media account from the pipeline binds its own Id: give -StorageAccountId with the Id of one of its StorageAccounts, or use Sync-KeyRollMediaKey for all of them'
    }
    ConvertTo-KeyRollProblem -Code 'notAStorageAccount' -Kind 'usage' -Message "$Id is not the id of a storage account" -Hint $hint
}

function Invoke-KeyRollMediaCall {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Bound
    )
    $path = '{0}/providers/Microsoft.Media/mediaservices/{1}/syncStorageKeys?api-version=2021-11-01' -f (Get-KeyRollGroupPath -Bound $Bound), $Bound['AccountName']
    $payload = ConvertTo-KeyRollJson @{ id = [string] $Bound['StorageAccountId'] }
    Invoke-KeyRollRestCall -Cmdlet $Cmdlet -Bound $Bound -Path $path -Payload $payload -Name $Bound['AccountName'] -Kind 'mediaAccount' -StorageAccount $Bound['StorageAccountId']
}

function Invoke-KeyRollWorkspaceCall {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Bound
    )
    $workspace = [string] $Bound['Name']
    $refused = @($script:KeyRollNotOfOneCall | Where-Object { $Bound.ContainsKey($_) -and $Bound[$_] } | ForEach-Object { "-$_" })
    if ($refused.Count -gt 0) {
        Deny-KeyRollRequest -Code 'optionNeedsTheProgram' -Kind 'usage' -Message ('the keyroll program cannot start here, and without it {0} cannot be honoured for {1}; nothing was sent' -f ($refused -join ' and '), $workspace) -Hint 'leave that out', $script:KeyRollBinaryHint
    }
    if (-not ($Bound.ContainsKey('NoDatastores') -and $Bound['NoDatastores'])) {
        $hint = 'add -NoDatastores to sync the workspace alone, and write its datastores with Update-KeyRollDatastore where the program can start (a Hybrid Runbook Worker)'
        Deny-KeyRollRequest -Code 'datastoresNeedTheProgram' -Kind 'usage' -Message "the keyroll program cannot start here, and without it the datastores of $workspace cannot be written; nothing was sent" -Hint $hint, $script:KeyRollBinaryHint
    }
    if ($workspace -notmatch '/') {
        $workspace = '{0}/providers/Microsoft.MachineLearningServices/workspaces/{1}' -f (Get-KeyRollGroupPath -Bound $Bound), $workspace
    }
    Invoke-KeyRollRestCall -Cmdlet $Cmdlet -Bound $Bound -Path "$workspace/resyncKeys?api-version=2024-04-01" -Payload '' -Name $Bound['Name'] -Kind 'workspace' -StorageAccount ''
}

# `/subscriptions/.../resourceGroups/...`
function Get-KeyRollGroupPath {
    param(
        [System.Collections.IDictionary] $Bound
    )
    $subscription = ''
    if ($Bound.ContainsKey('SubscriptionId')) { $subscription = [string] @($Bound['SubscriptionId'])[0] }
    if (-not $subscription) {
        $az = Get-KeyRollAzContext -AzProfile (Get-KeyRollAzProfile -Bound $Bound)
        if ($null -ne $az -and $null -ne $az.Subscription) { $subscription = [string] $az.Subscription.Id }
    }
    if (-not $subscription -or -not $Bound.ContainsKey('ResourceGroupName')) {
        Deny-KeyRollRequest -Code 'groupMissing' -Kind 'usage' -Message 'without the keyroll program a name alone cannot be looked up' -Hint 'give -SubscriptionId and -ResourceGroupName'
    }
    '/subscriptions/{0}/resourceGroups/{1}' -f $subscription, $Bound['ResourceGroupName']
}

function Get-KeyRollAzProfile {
    param(
        [System.Collections.IDictionary] $Bound
    )
    if ($Bound.ContainsKey('DefaultProfile') -and $null -ne $Bound['DefaultProfile']) { return @{ DefaultProfile = $Bound['DefaultProfile'] } }
    @{}
}

# One POST, and what came of it as a row like those of the program. Nothing is proven.
function Invoke-KeyRollRestCall {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [System.Collections.IDictionary] $Bound,
        [string] $Path,
        [string] $Payload,
        [string] $Name,
        [string] $Kind,
        [string] $StorageAccount
    )
    $Cmdlet.WriteWarning('the keyroll program cannot start here; the one call is made through Az.Accounts, and nothing is proven')
    $parameters = Get-KeyRollAzProfile -Bound $Bound
    if ($Payload) { $parameters.Payload = $Payload }
    try {
        $answer = Invoke-AzRestMethod -Path $Path -Method POST -WaitForCompletion @parameters -ErrorAction Stop
    } catch {
        Deny-KeyRollRequest -Code 'restCallFailed' -Kind 'failed' -Message ('the call through Az.Accounts failed: {0}' -f ($_.Exception.Message -split '\r?\n')[0]) -Hint 'run Connect-AzAccount, and look at the network'
    }
    $status = [int] $answer.StatusCode
    if ($status -lt 200 -or $status -ge 300) {
        $problem = ConvertTo-KeyRollProblem -Code 'restCallRefused' -Kind 'failed' -Message ('Azure answered {0} for {1}' -f $status, $Name) -Cause (Get-KeyRollServiceMessage -Content $answer.Content) -Hint 'check the names, the subscription and the permissions of this sign-in'
        if ($status -eq 404) { $problem.kind = 'notFound' }
        if ($status -in 401, 403) { $problem.kind = 'permission' }
        Add-Member -InputObject $problem -NotePropertyName httpStatus -NotePropertyValue $status
        return @{ Result = $null; Text = $null; Problem = $problem; ExitCode = 0 }
    }
    $row = [pscustomobject] @{
        resource       = ($Path -split '/(?:syncStorageKeys|resyncKeys)\?')[0]
        name           = $Name
        kind           = $Kind
        storageAccount = $StorageAccount
        outcome        = 'synced'
        certainty      = 'assumed'
        why            = "Azure answered $status"
    }
    @{ Result = [pscustomobject] @{ schema = 'keyroll.sync/1'; state = 'done'; rows = @($row); notInspected = @() }; Text = ''; Problem = $null; ExitCode = 0 }
}

# What a service says of an error, in one line.
function Get-KeyRollServiceMessage {
    param(
        [AllowNull()]
        [AllowEmptyString()]
        [string] $Content
    )
    $read = $null
    if ($Content) { $read = ConvertFrom-KeyRollLine -Line $Content }
    $problem = Get-KeyRollMember -Object $read -Name 'error'
    $text = '{0}: {1}' -f (Get-KeyRollMember -Object $problem -Name 'code'), (Get-KeyRollMember -Object $problem -Name 'message')
    $text = $text -replace '[\p{Cc}]+', ' '
    if ($text.Length -gt 500) { $text = $text.Substring(0, 500) }
    $text
}

# Completes the names of resource groups from the Az context; never an error, never a question.
function Get-KeyRollGroupName {
    param([string] $Command, [string] $Parameter, [string] $Word)
    if ($null -eq (Get-Command -Name Get-AzResourceGroup -ErrorAction Ignore)) { return }
    try {
        Get-AzResourceGroup -ErrorAction Stop -WarningAction SilentlyContinue | ForEach-Object { $_.ResourceGroupName } | Where-Object { $_ -like "$Word*" }
    } catch {
        Write-Debug -Message "$Command -${Parameter}: no names to complete"
    }
}
