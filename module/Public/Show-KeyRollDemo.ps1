function Show-KeyRollDemo {
    <#
    .SYNOPSIS
    Shows a whole rotation in time-lapse, on a made-up Azure.

    .DESCRIPTION
    Two media accounts, a workspace with its datastores and two vault secrets; one answer is throttled and one is lost.
    The real engine does the work, no network is used, and nothing is kept. Add -Verbose to see every step.

    .EXAMPLE
    Show-KeyRollDemo -Verbose

    Shows each step of the rotation.

    .OUTPUTS
    KeyRoll.Report
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('KeyRoll.Report')]
    param(

    )
    process {
        Invoke-KeyRollRequest -Cmdlet $PSCmdlet -Name 'Show-KeyRollDemo' -Bound $PSBoundParameters -Target 'the demonstration'
    }
}
