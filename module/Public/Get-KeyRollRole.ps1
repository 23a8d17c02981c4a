function Get-KeyRollRole {
    <#
    .SYNOPSIS
    Gives least-privilege role definitions for New-AzRoleDefinition.

    .DESCRIPTION
    One for reading (Get-KeyRollDependent, Get-KeyRollPlan), one for rolling, and one for Set-KeyRollCustomerKey and its like.

    .PARAMETER Role
    Which roles: for reading (Get-KeyRollDependent, Get-KeyRollPlan), for rolling, both of these, or the one for customer keys.

    .PARAMETER SubscriptionId
    The subscriptions in which the roles may be assigned.

    .PARAMETER State
    The folder that keeps runs, plans and locks. Without it: KEYROLL_STATE, else a folder of the user.

    .EXAMPLE
    Get-KeyRollRole -Role reading -SubscriptionId 11111111-1111-4111-8111-111111111111

    Gives the role for reading, assignable in one subscription.

    .OUTPUTS
    KeyRoll.Result
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Result')]
    param(
        [Parameter(Position = 0)]
        [ValidateSet('both', 'reading', 'rolling', 'customer-key', 'locators')]
        [string] $Role,

        [string[]] $SubscriptionId,

        [string] $State
    )
    process {
        # Without a value the program checks instead of giving roles.
        $more = @{ role = 'both' }
        if ($Role) { $more.role = $Role }
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Get-KeyRollRole' -Bound $PSBoundParameters -Arguments $more -Target $more.role
    }
}
