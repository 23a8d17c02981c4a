# Generated from the program; `SNAPSHOTS=overwrite tests/run` writes it anew.

# Which cmdlet carries out which command, and which parameter is which member of a request.
$script:KeyRollSurface = @{
    Protocol = 1
    Digest   = 'd81eae37b3c0f44f6c363933fcd247f4fa574a2a1f74b0822866356c0b246e72'
    Cmdlets  = @{
        'Get-KeyRollCustomerKey' = @{
            Command      = 'customer-key show'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Get-KeyRollDependent' = @{
            Command      = 'dependents'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'values' }
                MediaV2 = @{ Member = 'mediaV2'; Takes = 'values' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Vault = @{ Member = 'vault'; Takes = 'values' }
            }
        }
        'Get-KeyRollKeyState' = @{
            Command      = 'list-keys'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Get-KeyRollPlan' = @{
            Command      = 'plan'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                AddressFile = @{ Member = 'addressFile'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'values' }
                FinishOn = @{ Member = 'finishOn'; Takes = 'value' }
                IncludeSas = @{ Member = 'includeSas'; Takes = 'switch' }
                Key = @{ Member = 'key'; Takes = 'value' }
                MediaV2 = @{ Member = 'mediaV2'; Takes = 'values' }
                MediaV2Holds = @{ Member = 'mediaV2Holds'; Takes = 'values' }
                OutFile = @{ Member = 'out'; Takes = 'value' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RetireAfter = @{ Member = 'retireAfter'; Takes = 'value' }
                Settle = @{ Member = 'settle'; Takes = 'value' }
                StandbyOnly = @{ Member = 'standbyOnly'; Takes = 'switch' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Until = @{ Member = 'until'; Takes = 'value' }
                Vault = @{ Member = 'vault'; Takes = 'values' }
                WithAccount = @{ Member = 'withAccount'; Takes = 'values' }
            }
        }
        'Get-KeyRollReport' = @{
            Command      = 'report'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Html = @{ Member = 'html'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                Verify = @{ Member = 'verify'; Takes = 'switch' }
            }
        }
        'Get-KeyRollRole' = @{
            Command      = 'doctor'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Role = @{ Member = 'role'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Get-KeyRollRotation' = @{
            Command      = 'status'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Manual = @{ Member = 'manual'; Takes = 'switch' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
            }
        }
        'Invoke-KeyRollRotation' = @{
            Command      = 'rotate'
            Changes      = $true
            Irreversible = $true
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                AddressFile = @{ Member = 'addressFile'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'values' }
                FinishOn = @{ Member = 'finishOn'; Takes = 'value' }
                IncludeSas = @{ Member = 'includeSas'; Takes = 'switch' }
                Key = @{ Member = 'key'; Takes = 'value' }
                MediaV2 = @{ Member = 'mediaV2'; Takes = 'values' }
                MediaV2Holds = @{ Member = 'mediaV2Holds'; Takes = 'values' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                Plan = @{ Member = 'plan'; Takes = 'value' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RetireAfter = @{ Member = 'retireAfter'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                Settle = @{ Member = 'settle'; Takes = 'value' }
                StandbyOnly = @{ Member = 'standbyOnly'; Takes = 'switch' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Until = @{ Member = 'until'; Takes = 'value' }
                Vault = @{ Member = 'vault'; Takes = 'values' }
                WithAccount = @{ Member = 'withAccount'; Takes = 'values' }
            }
        }
        'Invoke-KeyRollStep' = @{
            Command      = 'step'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Remove-KeyRollCustomerKey' = @{
            Command      = 'customer-key remove'
            Changes      = $true
            Irreversible = $true
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Delete = @{ Member = 'delete'; Takes = 'values' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Reset-KeyRollLocator' = @{
            Command      = 'recreate-locators media-v2'
            Changes      = $true
            Irreversible = $true
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                AddressFile = @{ Member = 'addressFile'; Takes = 'value' }
                Asset = @{ Member = 'asset'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'value' }
                ExpiresAfter = @{ Member = 'expiresAfter'; Takes = 'value' }
                ExpiresBefore = @{ Member = 'expiresBefore'; Takes = 'value' }
                IncludeSas = @{ Member = 'includeSas'; Takes = 'switch' }
                Locator = @{ Member = 'locator'; Takes = 'values' }
                NoStreamingCheck = @{ Member = 'noStreamingCheck'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Type = @{ Member = 'type'; Takes = 'value' }
            }
        }
        'Reset-KeyRollStreamingLocator' = @{
            Command      = 'recreate-locators media'
            Changes      = $true
            Irreversible = $true
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Asset = @{ Member = 'asset'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                ExpiresAfter = @{ Member = 'expiresAfter'; Takes = 'value' }
                ExpiresBefore = @{ Member = 'expiresBefore'; Takes = 'value' }
                Locator = @{ Member = 'locator'; Takes = 'values' }
                NoStreamingCheck = @{ Member = 'noStreamingCheck'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                SealKeySecret = @{ Member = 'sealKeySecret'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Resume-KeyRollRotation' = @{
            Command      = 'resume'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Set-KeyRollCustomerKey' = @{
            Command      = 'customer-key apply'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                KeyName = @{ Member = 'keyName'; Takes = 'value' }
                KeySize = @{ Member = 'keySize'; Takes = 'value' }
                KeyVaultName = @{ Member = 'keyVaultName'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                Pin = @{ Member = 'pin'; Takes = 'switch' }
                Recover = @{ Member = 'recover'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                ResourceLocation = @{ Member = 'resourceLocation'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                ServicePrincipalObjectId = @{ Member = 'servicePrincipalObjectId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                TenantId = @{ Member = 'tenantId'; Takes = 'value' }
                UserIdentity = @{ Member = 'userIdentity'; Takes = 'value' }
                VaultAccess = @{ Member = 'vaultAccess'; Takes = 'value' }
            }
        }
        'Show-KeyRollDemo' = @{
            Command      = 'demo'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
            }
        }
        'Sync-AzMediaServiceStorageKey' = @{
            Command      = 'sync-keys media'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccountId = @{ Member = 'storageAccount'; Takes = 'values' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Sync-KeyRollBatchKey' = @{
            Command      = 'sync-keys batch'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Name = @{ Member = 'name'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Sync-KeyRollDependent' = @{
            Command      = 'sync-keys all'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'values' }
                MediaV2 = @{ Member = 'mediaV2'; Takes = 'values' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Vault = @{ Member = 'vault'; Takes = 'values' }
            }
        }
        'Sync-KeyRollMediaKey' = @{
            Command      = 'sync-keys media'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'values' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Sync-KeyRollMediaV2Key' = @{
            Command      = 'sync-keys media-v2'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Key = @{ Member = 'key'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Sync-KeyRollWorkspaceKey' = @{
            Command      = 'sync-keys ml'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Name = @{ Member = 'name'; Takes = 'value' }
                NoDatastores = @{ Member = 'noDatastores'; Takes = 'switch' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Test-KeyRoll' = @{
            Command      = 'doctor'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Undo-KeyRollRotation' = @{
            Command      = 'abort'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Update-KeyRollCustomerKey' = @{
            Command      = 'customer-key roll'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                AccountName = @{ Member = 'accountName'; Takes = 'value' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DisableOld = @{ Member = 'disableOld'; Takes = 'switch' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Update-KeyRollDatastore' = @{
            Command      = 'update-datastores'
            Changes      = $true
            Irreversible = $false
            Parameters   = @{
                Always = @{ Member = 'always'; Takes = 'switch' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                DryRun = @{ Member = 'dryRun'; Takes = 'switch' }
                Key = @{ Member = 'key'; Takes = 'value' }
                Name = @{ Member = 'name'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Update-KeyRollKey' = @{
            Command      = 'regenerate-key'
            Changes      = $true
            Irreversible = $true
            Parameters   = @{
                Accept = @{ Member = 'accept'; Takes = 'values' }
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                CertificatePath = @{ Member = 'certificate'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Endpoint = @{ Member = 'endpoint'; Takes = 'values' }
                KeyName = @{ Member = 'key'; Takes = 'value' }
                MediaV2 = @{ Member = 'mediaV2'; Takes = 'values' }
                Name = @{ Member = 'storageAccount'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                ResourceGroupName = @{ Member = 'resourceGroup'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
                Vault = @{ Member = 'vault'; Takes = 'values' }
            }
        }
        'Wait-KeyRollRotation' = @{
            Command      = 'wait'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                Timeout = @{ Member = 'timeout'; Takes = 'value' }
            }
        }
    }
}
