BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Rig.ps1')
    Import-KeyRoll

    function Get-Thrown {
        param([scriptblock] $Script)
        try { & $Script } catch { return $_ }
        throw 'nothing was thrown'
    }

    # A script as it was written for Az.Media, without a change.
    $script:ForAzMedia = @'
param($resourceGroupName, $mediaAccountName, $storageAccountId)
$ErrorActionPreference = 'Stop'
Sync-AzMediaServiceStorageKeys -ResourceGroupName $resourceGroupName -AccountName $mediaAccountName -StorageAccountId $storageAccountId
'@
}

AfterAll {
    $env:KEYROLL_BIN = $null
}

Describe 'Sync-AzMediaServiceStorageKey' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = (New-Item -ItemType Directory -Path (Join-Path -Path $TestDrive -ChildPath 'place')).FullName
        $script:azure = Start-Azure -Folder $script:folder -World (Join-Path -Path $PSScriptRoot -ChildPath 'media.world.json')
        $script:state = Join-Path -Path $script:folder -ChildPath 'state'
        $env:KEYROLL_STATE = $script:state
        Set-FakeAz -Azure $script:azure -Secure
        $media = @(Get-KeyRollDependent -StorageAccount stprod -WarningAction SilentlyContinue | Where-Object Kind -EQ 'mediaAccount')[0]
        $script:media = $media.Name
        $script:mediaId = $media.Id
        $script:group = ($media.Id -split '/')[4]
        $script:subscription = ($media.Id -split '/')[2]
        $script:id = (Get-KeyRollPlan -StorageAccount stprod).Account.Id
    }

    AfterAll {
        Remove-FakeAz
        Stop-Azure -Azure $script:azure
        $env:KEYROLL_STATE = $null
    }

    BeforeEach {
        $script:before = @((Get-Audit -Azure $script:azure).tells).Count
    }

    It 'gives True to a script that was written for Az.Media' {
        $given = & ([scriptblock]::Create($script:ForAzMedia)) $script:group $script:media $script:id
        $given | Should -BeOfType [bool]
        $given | Should -BeTrue
        @((Get-Audit -Azure $script:azure).tells).Count | Should -Be ($script:before + 1) -Because 'it is always sent'
    }

    It 'takes positions, both styles and the pipeline' {
        Sync-AzMediaServiceStorageKey $script:group $script:media $script:id | Should -BeTrue
        Sync-AzMediaServiceStorageKey -Name $script:media -ResourceGroupName $script:group -Id $script:id -SubscriptionId $script:subscription -PassThru | Should -BeTrue
        [pscustomobject] @{ ResourceGroupName = $script:group; AccountName = $script:media; StorageAccountId = $script:id } | Sync-AzMediaServiceStorageKey | Should -BeTrue
        @((Get-Audit -Azure $script:azure).tells).Count | Should -Be ($script:before + 3)
    }

    It 'gives the result with -Detailed' {
        $row = Sync-AzMediaServiceStorageKey $script:group $script:media $script:id -Detailed
        $row.PSObject.TypeNames[0] | Should -Be 'KeyRoll.SyncResult'
        $row.Outcome | Should -Be 'synced'
        $row.Name | Should -Be $script:media
        ($row | Out-String) | Should -Match 'synced'
    }

    It 'gives nothing and sends nothing with -WhatIf, also of the calling script' {
        Sync-AzMediaServiceStorageKey $script:group $script:media $script:id -WhatIf | Should -BeNullOrEmpty
        $result = & (Join-Path -Path $PSScriptRoot -ChildPath 'Answering.ps1') -Module (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1') -Answer 2 -Values @{ way = @{ Cloud = $script:azure.Cloud; Auth = $script:azure.Auth }; group = $script:group; media = $script:media; id = $script:id } -Script '$WhatIfPreference = $true; Sync-AzMediaServiceStorageKey $group $media $id @way'
        $result.Output | Should -BeNullOrEmpty
        $no = & (Join-Path -Path $PSScriptRoot -ChildPath 'Answering.ps1') -Module (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1') -Answer 2 -Values @{ way = @{ Cloud = $script:azure.Cloud; Auth = $script:azure.Auth }; group = $script:group; media = $script:media; id = $script:id } -Script 'Sync-AzMediaServiceStorageKey $group $media $id @way -Confirm'
        $no.Output | Should -BeNullOrEmpty
        $no.Questions.Count | Should -Be 1
        @((Get-Audit -Azure $script:azure).tells).Count | Should -Be $script:before
    }

    It 'ends with an ArgumentException where the account is not there' {
        $thrown = Get-Thrown { Sync-AzMediaServiceStorageKey $script:group nosuchaccount $script:id }
        $thrown.Exception | Should -BeOfType [System.ArgumentException]
        $thrown.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $thrown.FullyQualifiedErrorId | Should -Match '^KeyRoll\..*,Sync-AzMediaServiceStorageKey$'
    }

    It 'says what is wrong with the id of another provider, and with a media account from the pipeline' {
        $thrown = Get-Thrown { Sync-AzMediaServiceStorageKey $script:group $script:media '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d' }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.NotAStorageAccount,Sync-AzMediaServiceStorageKey'
        $thrown.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $account = [pscustomobject] @{ ResourceGroupName = $script:group; AccountName = $script:media; Id = $script:mediaId }
        $thrown = Get-Thrown { $account | Sync-AzMediaServiceStorageKey }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.NotAStorageAccount,Sync-AzMediaServiceStorageKey'
        $thrown.ErrorDetails.RecommendedAction | Should -Match 'Sync-KeyRollMediaKey'
        @((Get-Audit -Azure $script:azure).tells).Count | Should -Be $script:before
    }

    It 'refuses names that the original refused' {
        foreach ($name in 'ab', 'UPPER-1', 'a name') {
            { Sync-AzMediaServiceStorageKey $script:group $name $script:id } | Should -Throw -ErrorId 'ParameterArgumentValidationError,Sync-AzMediaServiceStorageKey'
        }
        { Sync-AzMediaServiceStorageKey '' $script:media $script:id } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }

    It 'says once which one runs where Az.Media is loaded too' {
        New-Module -Name Az.Media -ScriptBlock { $null } | Import-Module
        Import-KeyRoll
        Sync-AzMediaServiceStorageKey $script:group $script:media $script:id -WarningVariable first -WarningAction SilentlyContinue | Should -BeTrue
        Sync-AzMediaServiceStorageKey $script:group $script:media $script:id -WarningVariable second -WarningAction SilentlyContinue | Should -BeTrue
        "$first" | Should -Match 'Az\.Media\\Sync-AzMediaServiceStorageKey'
        "$second" | Should -BeNullOrEmpty
        Remove-Module -Name Az.Media
    }

    It 'syncs all storage accounts, workspaces and datastores with our own cmdlets' {
        $rows = @(Sync-KeyRollMediaKey -ResourceGroupName $script:group -AccountName $script:media -DryRun)
        $rows.Count | Should -BeGreaterThan 0
        $rows.Outcome | Select-Object -Unique | Should -BeIn 'planned', 'current', 'skipped'
        $workspace = @(Get-KeyRollDependent -StorageAccount stprod -WarningAction SilentlyContinue | Where-Object Kind -EQ 'workspace')[0].Name
        @(Sync-KeyRollWorkspaceKey -Name $workspace -Always -NoDatastores).Outcome | Should -Contain 'synced'
        { Update-KeyRollDatastore -WorkspaceName $workspace -DryRun } | Should -Not -Throw -Because "no datastore of a user is there"
        @(Sync-KeyRollDependent -StorageAccount stprod -DryRun -WarningVariable warned -WarningAction SilentlyContinue).Count | Should -BeGreaterThan 1
        "$warned" | Should -Match 'not inspected'
    }
}

Describe 'the other cmdlets on this world' -Skip:$IsWindows {
    BeforeAll {
        $script:folder = (New-Item -ItemType Directory -Path (Join-Path -Path $TestDrive -ChildPath 'other')).FullName
        $script:azure = Start-Azure -Folder $script:folder -World (Join-Path -Path $PSScriptRoot -ChildPath 'media.world.json')
        $script:way = @{ Cloud = $script:azure.Cloud; Auth = $script:azure.Auth; State = (Join-Path -Path $script:folder -ChildPath 'state') }
        $script:Answering = @{ Module = (Join-Path -Path $script:ModuleFolder -ChildPath 'KeyRoll.psd1'); Values = @{ way = $script:way } }
    }

    AfterAll {
        Stop-Azure -Azure $script:azure
    }

    It 'regenerate one key, once every name is accepted' {
        $thrown = Get-Thrown { Update-KeyRollKey prod stprod key2 @script:way -Force }
        $names = @($thrown.Exception.Data['KeyRoll.Problem'].accept)
        $names | Should -Contain 'unknown-usage-key2'
        $thrown.ErrorDetails.RecommendedAction | Should -Not -Match 'keyroll '
        $done = [pscustomobject] @{ ResourceGroupName = 'prod'; StorageAccountName = 'stprod' } | Update-KeyRollKey -KeyName key2 -Accept $names -Force @script:way
        $done.Regenerated | Should -Be 'key2'
        @(Get-OwnRegenerate -Azure $script:azure).Count | Should -Be 1
    }

    It 'ask again where only some runs cannot be undone, and -Force asks nothing' {
        $apply = 'Set-KeyRollCustomerKey amslive -ResourceGroupName prod -KeyVaultName kvams1 -KeyName media @way'
        $no = & (Join-Path -Path $PSScriptRoot -ChildPath 'Answering.ps1') @script:Answering -Answer 1 -Script $apply
        $no.Questions | Should -Match 'Purge protection'
        $no.Output | Should -BeNullOrEmpty
        (Get-KeyRollCustomerKey amslive @script:way).Encryption | Should -Be 'systemKey'
        $forced = & (Join-Path -Path $PSScriptRoot -ChildPath 'Answering.ps1') @script:Answering -Answer 1 -Script "$apply -Force"
        $forced.Questions.Count | Should -Be 0
        $forced.Output.State | Should -Be 'done'
        (Get-KeyRollCustomerKey amslive @script:way).Encryption | Should -Not -Be 'systemKey'
    }
}

Describe 'where no child process can start' {
    BeforeAll {
        $env:KEYROLL_BIN = Join-Path -Path $TestDrive -ChildPath 'nowhere'
        $cloud = Join-Path -Path $TestDrive -ChildPath 'cloud.json'
        [System.IO.File]::WriteAllText($cloud, '{"resourceManager":"https://x/","login":"https://x/","resourceManagerAudience":"https://x","keyVaultAudience":"https://y","keyVaultSuffix":"y","storageSuffix":"x"}')
        Set-FakeAz -Azure ([pscustomobject] @{ Cloud = $cloud; Tokens = @() })
        $global:FakeRest = @{ Called = [System.Collections.Generic.List[object]]::new(); Status = 200; Content = '' }
        function global:Invoke-AzRestMethod {
            [CmdletBinding()]
            param([string] $Path, [string] $Method, [string] $Payload, [switch] $WaitForCompletion, [object] $DefaultProfile)
            $global:FakeRest.Called.Add("$Method $Path $Payload $WaitForCompletion")
            [pscustomobject] @{ StatusCode = $global:FakeRest.Status; Content = $global:FakeRest.Content }
        }
        $script:id = '/subscriptions/s1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st'
    }

    BeforeEach {
        $global:FakeRest.Called.Clear()
        $global:FakeRest.Status = 200
        $global:FakeRest.Content = ''
    }

    AfterAll {
        Remove-Item -Path function:Invoke-AzRestMethod
        Remove-Variable -Name FakeRest -Scope Global
        Remove-FakeAz
        $env:KEYROLL_BIN = $null
    }

    It 'the media sync is one call through Az.Accounts, and a warning says that nothing is proven' {
        Sync-AzMediaServiceStorageKey g ams1 $script:id -SubscriptionId s1 -WarningVariable warned -WarningAction SilentlyContinue | Should -BeTrue
        @($global:FakeRest.Called) | Should -Be "POST /subscriptions/s1/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams1/syncStorageKeys?api-version=2021-11-01 {`"id`":`"$($script:id)`"} True"
        "$warned" | Should -Match 'nothing is proven'
    }

    It 'the workspace resync too' {
        $row = Sync-KeyRollWorkspaceKey -Name ml-a -ResourceGroupName g -SubscriptionId s1 -NoDatastores -WarningAction SilentlyContinue
        $row.Certainty | Should -Be 'assumed'
        @($global:FakeRest.Called) | Should -Be 'POST /subscriptions/s1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/ml-a/resyncKeys?api-version=2024-04-01  True'
    }

    It 'a workspace whose datastores would stay as they are is refused' {
        $thrown = Get-Thrown { Sync-KeyRollWorkspaceKey -Name ml-a -ResourceGroupName g -SubscriptionId s1 }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.DatastoresNeedTheProgram,Sync-KeyRollWorkspaceKey'
        $thrown.Exception.Message | Should -Match 'ml-a'
        $thrown.ErrorDetails.RecommendedAction | Should -Match '-NoDatastores.*Update-KeyRollDatastore.*KEYROLL_BIN'
        $global:FakeRest.Called.Count | Should -Be 0
    }

    It 'what one call cannot do is refused: <Name>' -ForEach @(
        @{ Name = 'DryRun'; Value = $true }
        @{ Name = 'NoWait'; Value = $true }
        @{ Name = 'RunId'; Value = 'r1' }
        @{ Name = 'ChangeReference'; Value = 'CHG1' }
        @{ Name = 'StorageAccount'; Value = 'st' }
    ) {
        $more = @{ $Name = $Value }
        $thrown = Get-Thrown { Sync-KeyRollWorkspaceKey -Name ml-a -ResourceGroupName g -SubscriptionId s1 -NoDatastores @more }
        $thrown.FullyQualifiedErrorId | Should -Be 'KeyRoll.OptionNeedsTheProgram,Sync-KeyRollWorkspaceKey'
        $thrown.Exception.Message | Should -Match "-$Name\b"
        $global:FakeRest.Called.Count | Should -Be 0
    }

    It 'another sign-in or cloud than that of the Az context does not go that way: <Name>' -ForEach @(
        @{ Name = 'AccessToken' }, @{ Name = 'Auth' }, @{ Name = 'Cloud' }, @{ Name = 'CaBundle' }
    ) {
        $more = @{ $Name = 'managed-identity' }
        if ($Name -eq 'AccessToken') { $more.AccessToken = Protect-Text -Text 'abc.def' }
        if ($Name -eq 'Cloud') { $more.Cloud = 'AzureCloud' }
        (Get-Thrown { Sync-AzMediaServiceStorageKey g ams1 $script:id -SubscriptionId s1 @more }).FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryMissing,Sync-AzMediaServiceStorageKey'
        (Get-Thrown { Sync-KeyRollWorkspaceKey -Name ml-a -ResourceGroupName g -SubscriptionId s1 -NoDatastores @more }).FullyQualifiedErrorId | Should -Be 'KeyRoll.BinaryMissing,Sync-KeyRollWorkspaceKey'
        $global:FakeRest.Called.Count | Should -Be 0
    }

    It 'sends nothing with -WhatIf' {
        Sync-AzMediaServiceStorageKey g ams1 $script:id -SubscriptionId s1 -WhatIf | Should -BeNullOrEmpty
        $global:FakeRest.Called.Count | Should -Be 0
    }

    It 'tells what Azure refuses, as <Category>' -ForEach @(
        @{ Status = 404; Category = 'ObjectNotFound' }
        @{ Status = 403; Category = 'PermissionDenied' }
        @{ Status = 401; Category = 'AuthenticationError' }
        @{ Status = 500; Category = 'ResourceUnavailable' }
    ) {
        $global:FakeRest.Status = $Status
        $global:FakeRest.Content = '{"error":{"code":"Refused","message":"no such thing"}}'
        $thrown = Get-Thrown { Sync-AzMediaServiceStorageKey g ams1 $script:id -SubscriptionId s1 -WarningAction SilentlyContinue }
        $thrown.CategoryInfo.Category | Should -Be $Category
        "$thrown" | Should -Match 'Refused: no such thing'
    }

    It 'nothing else goes that way' {
        foreach ($command in { Sync-KeyRollDependent -StorageAccount st }, { Update-KeyRollDatastore -Name ml-a }, { Invoke-KeyRollRotation -StorageAccount st -Force }) {
            (Get-Thrown $command).FullyQualifiedErrorId | Should -Match '^KeyRoll\.BinaryMissing,'
        }
        $global:FakeRest.Called.Count | Should -Be 0
    }
}
