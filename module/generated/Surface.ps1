# Generated from the program; `SNAPSHOTS=overwrite tests/run` writes it anew.

# Which cmdlet carries out which command, and which parameter is which member of a request.
$script:KeyRollSurface = @{
    Protocol = 1
    Digest   = 'b4a0d35ffa0ce84f32bdf9b54d951bd10443d43e9b802bebdf5c4515a11b7e72'
    Cmdlets  = @{
        'Get-KeyRollDependent' = @{
            Command      = 'dependents'
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
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                FinishOn = @{ Member = 'finishOn'; Takes = 'value' }
                Key = @{ Member = 'key'; Takes = 'value' }
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
                Auth = @{ Member = 'auth'; Takes = 'value' }
                CaBundle = @{ Member = 'caBundle'; Takes = 'value' }
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                Concurrency = @{ Member = 'concurrency'; Takes = 'value' }
                FinishOn = @{ Member = 'finishOn'; Takes = 'value' }
                Key = @{ Member = 'key'; Takes = 'value' }
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
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
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
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
                RunId = @{ Member = 'runId'; Takes = 'value' }
                State = @{ Member = 'state'; Takes = 'value' }
                StorageAccount = @{ Member = 'storageAccount'; Takes = 'value' }
                SubscriptionId = @{ Member = 'subscription'; Takes = 'values' }
            }
        }
        'Show-KeyRollDemo' = @{
            Command      = 'demo'
            Changes      = $false
            Irreversible = $false
            Parameters   = @{
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
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                NoWait = @{ Member = 'noWait'; Takes = 'switch' }
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
                ChangeReference = @{ Member = 'changeReference'; Takes = 'value' }
                Cloud = @{ Member = 'cloud'; Takes = 'value' }
                KeyName = @{ Member = 'key'; Takes = 'value' }
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
