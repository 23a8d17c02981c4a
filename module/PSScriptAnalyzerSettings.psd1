@{
    # Each function that changes something asks through Test-KeyRollConsent; module/tests holds each of them to it.
    ExcludeRules = 'PSShouldProcess'
    Rules        = @{
        PSUseCompatibleSyntax   = @{
            Enable         = $true
            TargetVersions = '5.1', '7.0'
        }
        PSUseCompatibleCommands = @{
            Enable         = $true
            TargetProfiles = @(
                'win-48_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework'
                'win-4_x64_10.0.18362.0_7.0.0_x64_3.1.2_core'
                'ubuntu_x64_18.04_7.0.0_x64_3.1.2_core'
            )
            # Looked for when they are needed.
            IgnoreCommands = 'Get-AzContext', 'Get-AzAccessToken', 'Get-AzResourceGroup', 'Invoke-AzRestMethod', 'Connect-AzAccount', 'Disable-AzContextAutosave'
        }
        PSUseCompatibleTypes    = @{
            Enable         = $true
            TargetProfiles = @(
                'win-48_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework'
                'win-4_x64_10.0.18362.0_7.0.0_x64_3.1.2_core'
                'ubuntu_x64_18.04_7.0.0_x64_3.1.2_core'
            )
        }
    }
}
