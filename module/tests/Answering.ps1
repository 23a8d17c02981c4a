# Runs a script in a host that gives the same answer to each question, and keeps the questions. 0 is yes; in ShouldProcess 2 is no.
param([string] $Module, [int] $Answer, [hashtable] $Values, [string] $Script)

class AnsweringInterface : System.Management.Automation.Host.PSHostUserInterface {
    [int] $Answer
    [System.Collections.Generic.List[string]] $Questions = [System.Collections.Generic.List[string]]::new()

    [int] PromptForChoice([string] $caption, [string] $message, [System.Collections.ObjectModel.Collection[System.Management.Automation.Host.ChoiceDescription]] $choices, [int] $default) {
        $this.Questions.Add($message)
        return $this.Answer
    }

    [System.Management.Automation.Host.PSHostRawUserInterface] get_RawUI() { return $null }
    [string] ReadLine() { throw 'nothing is read' }
    [securestring] ReadLineAsSecureString() { throw 'nothing is read' }
    [void] Write([string] $value) { }
    [void] Write([System.ConsoleColor] $foreground, [System.ConsoleColor] $background, [string] $value) { }
    [void] WriteLine([string] $value) { }
    [void] WriteErrorLine([string] $value) { }
    [void] WriteDebugLine([string] $message) { }
    [void] WriteProgress([long] $sourceId, [System.Management.Automation.ProgressRecord] $record) { }
    [void] WriteVerboseLine([string] $message) { }
    [void] WriteWarningLine([string] $message) { }
    [System.Collections.Generic.Dictionary[string, psobject]] Prompt([string] $caption, [string] $message, [System.Collections.ObjectModel.Collection[System.Management.Automation.Host.FieldDescription]] $descriptions) { throw 'nothing is read' }
    [System.Management.Automation.PSCredential] PromptForCredential([string] $caption, [string] $message, [string] $userName, [string] $targetName) { throw 'nothing is read' }
    [System.Management.Automation.PSCredential] PromptForCredential([string] $caption, [string] $message, [string] $userName, [string] $targetName, [System.Management.Automation.PSCredentialTypes] $types, [System.Management.Automation.PSCredentialUIOptions] $options) { throw 'nothing is read' }
}

class AnsweringHost : System.Management.Automation.Host.PSHost {
    [AnsweringInterface] $Interface = [AnsweringInterface]::new()
    [guid] $Id = [guid]::NewGuid()

    [guid] get_InstanceId() { return $this.Id }
    [string] get_Name() { return 'Answering' }
    [version] get_Version() { return [version] '1.0' }
    [cultureinfo] get_CurrentCulture() { return [cultureinfo]::InvariantCulture }
    [cultureinfo] get_CurrentUICulture() { return [cultureinfo]::InvariantCulture }
    [System.Management.Automation.Host.PSHostUserInterface] get_UI() { return $this.Interface }
    [void] EnterNestedPrompt() { }
    [void] ExitNestedPrompt() { }
    [void] NotifyBeginApplication() { }
    [void] NotifyEndApplication() { }
    [void] SetShouldExit([int] $exitCode) { }
}

$answering = [AnsweringHost]::new()
$answering.Interface.Answer = $Answer
$runspace = [runspacefactory]::CreateRunspace($answering)
$runspace.Open()
$shell = [powershell]::Create()
$shell.Runspace = $runspace
[void] $shell.AddScript('param($Module, $Values) Import-Module -Name $Module; foreach ($name in $Values.Keys) { Set-Variable -Name $name -Value $Values[$name] }')
[void] $shell.AddParameter('Module', $Module).AddParameter('Values', $Values)
[void] $shell.Invoke()
$shell.Commands.Clear()
[void] $shell.AddScript($Script)
$output = @($shell.Invoke())
[pscustomobject] @{ Output = $output; Questions = @($answering.Interface.Questions); Errors = @($shell.Streams.Error) }
$shell.Dispose()
$runspace.Dispose()
