@{
    RootModule             = 'KeyRoll.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = '5c1d6d0e-9a58-4f5e-8c37-3f0f3d2b7e64'
    Author                 = 'The keyroll founders'
    CompanyName            = 'keyroll'
    Copyright              = '(c) The keyroll founders. MIT license.'
    Description            = 'Rolls the access keys of Azure Storage accounts without breaking what depends on them: finds the dependents, moves each one to the fresh key, proves that each one works, and only then retires the old key. Brings Sync-AzMediaServiceStorageKeys back.'
    PowerShellVersion      = '5.1'
    CompatiblePSEditions   = 'Desktop', 'Core'
    DotNetFrameworkVersion = '4.7.2'
    FormatsToProcess       = 'KeyRoll.Format.ps1xml'
    FunctionsToExport      = @(
        'Get-KeyRollCustomerKey'
        'Get-KeyRollDependent'
        'Get-KeyRollKeyState'
        'Get-KeyRollPlan'
        'Get-KeyRollReport'
        'Get-KeyRollRole'
        'Get-KeyRollRotation'
        'Invoke-KeyRollRotation'
        'Invoke-KeyRollStep'
        'Remove-KeyRollCustomerKey'
        'Reset-KeyRollLocator'
        'Reset-KeyRollStreamingLocator'
        'Resume-KeyRollRotation'
        'Set-KeyRollCustomerKey'
        'Show-KeyRollDemo'
        'Stop-KeyRollRotation'
        'Sync-AzMediaServiceStorageKey'
        'Sync-KeyRollBatchKey'
        'Sync-KeyRollDependent'
        'Sync-KeyRollMediaKey'
        'Sync-KeyRollMediaV2Key'
        'Sync-KeyRollWorkspaceKey'
        'Test-KeyRoll'
        'Undo-KeyRollRotation'
        'Update-KeyRollCustomerKey'
        'Update-KeyRollDatastore'
        'Update-KeyRollKey'
        'Wait-KeyRollRotation'
    )
    CmdletsToExport        = @()
    VariablesToExport      = @()
    AliasesToExport        = 'Sync-AzMediaServiceStorageKeys'
    PrivateData            = @{
        PSData = @{
            Tags         = 'Azure', 'Storage', 'AccessKey', 'KeyRotation', 'MediaServices', 'MachineLearning', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS'
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
