# The bridge to the binary: the only file that starts it, and every byte that it is ever sent.
#
# The binary is started with the one argument `exec`. Both sides then speak JSON, one object a line, through the pipes
# (docs/host-conversation.md). Secrets travel on its standard input only, never in arguments or the environment.

# Every line that the binary is sent. A name between % signs stands for JSON; %secret% for characters that stand in
# quotation marks already, and that were checked to need no escape.
$script:KeyRollLines = @{
    Request = '{"v":1,"id":"1","command":%command%,"arguments":%arguments%,"confirmed":%confirmed%,"context":%context%,"secrets":{%secrets%},"tokens":[%tokens%]}'
    Secret  = '%name%:"%secret%"'
    Token   = '{"scope":%scope%,"token":"%secret%","expiresOn":%expiresOn%}'
    Renewal = '{"v":1,"id":"1","token":%token%}'
    Refusal = '{"v":1,"id":"1","token":null,"message":%message%}'
    Cancel  = '{"v":1,"id":"1","cancel":true}'
}

# How long the binary may take to say who it is.
$script:KeyRollHelloMilliseconds = 30000

# How long the binary may take to bring an act to a safe end once it was told to stop. The journal would survive worse.
$script:KeyRollStopMilliseconds = 180000

# One line, as segments: text, and secrets as bytes.
function Format-KeyRollLine {
    param(
        [string] $Name,
        [hashtable] $Values = @{}
    )
    $segments = New-Object 'System.Collections.Generic.List[object]'
    $isName = $false
    foreach ($part in [regex]::Split($script:KeyRollLines[$Name], '%(\w+)%')) {
        if (-not $isName) {
            $segments.Add($part)
        } elseif ($Values[$part] -is [System.Collections.Generic.List[object]]) {
            $segments.AddRange($Values[$part])
        } else {
            $segments.Add($Values[$part])
        }
        $isName = -not $isName
    }
    , $segments
}

# Starts the binary. stderr is read from the first moment on, by a task: whoever reads two pipes one after the other stands
# still when the other one is full.
function Open-KeyRollProcess {
    param(
        [string] $Path,
        [string] $Folder
    )
    $utf8 = New-Object System.Text.UTF8Encoding $false
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = 'exec'
    $start.WorkingDirectory = $Folder
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = $utf8
    $start.StandardErrorEncoding = $utf8
    $process = New-Object System.Diagnostics.Process
    $process.StartInfo = $start
    [void] $process.Start()
    @{
        Process  = $process
        Input    = $process.StandardInput.BaseStream
        Output   = $process.StandardOutput
        Errors   = $process.StandardError.ReadToEndAsync()
        Reading  = $null
        Answered = $false
    }
}

# Waits in short steps, so that Ctrl-C and Stop-Job are heard.
function Wait-KeyRollTask {
    param(
        [System.Threading.Tasks.Task] $Task
    )
    while (-not $Task.Wait(100)) { }
}

# Sends one line and wipes its secrets. A binary that has gone away answers no more; reading finds that out.
function Send-KeyRollLine {
    param(
        [hashtable] $Conversation,
        [System.Collections.Generic.List[object]] $Line
    )
    $utf8 = New-Object System.Text.UTF8Encoding $false
    $Line.Add("`n")
    try {
        foreach ($segment in $Line) {
            if ($segment -is [byte[]]) {
                [byte[]] $bytes = $segment
            } else {
                [byte[]] $bytes = $utf8.GetBytes([string] $segment)
            }
            Wait-KeyRollTask -Task ($Conversation.Input.WriteAsync($bytes, 0, $bytes.Length))
        }
        Wait-KeyRollTask -Task ($Conversation.Input.FlushAsync())
    } catch [System.Management.Automation.MethodInvocationException] {
        $Conversation.Broken = $true
    } finally {
        foreach ($segment in $Line) {
            if ($segment -is [byte[]]) { [System.Array]::Clear($segment, 0, $segment.Length) }
        }
    }
}

# The next line, or nothing at the end or after the given time.
function Read-KeyRollLine {
    param(
        [hashtable] $Conversation,
        [long] $Milliseconds = [long]::MaxValue
    )
    $waited = [System.Diagnostics.Stopwatch]::StartNew()
    $Conversation.Reading = $Conversation.Output.ReadLineAsync()
    while (-not $Conversation.Reading.Wait(100)) {
        if ($waited.ElapsedMilliseconds -ge $Milliseconds) { return }
    }
    $Conversation.Reading.Result
}

# Ends the binary safely. Before it has answered it is told to cancel; then its input ends, its last lines are taken so that
# it cannot stand still on a full pipe, and only a binary that does not end is killed. This also runs while PowerShell stops
# (Ctrl-C, Stop-Job), so that it writes to no stream.
function Close-KeyRollProcess {
    param(
        [hashtable] $Conversation
    )
    $process = $Conversation.Process
    try {
        if (-not $Conversation.Answered -and -not $process.HasExited) {
            [byte[]] $cancel = [System.Text.Encoding]::ASCII.GetBytes($script:KeyRollLines.Cancel + "`n")
            [void] $Conversation.Input.WriteAsync($cancel, 0, $cancel.Length).Wait(1000)
            [void] $Conversation.Input.FlushAsync().Wait(1000)
        }
    } catch [System.Management.Automation.MethodInvocationException] {
        # It has gone away by itself.
        $Conversation.Broken = $true
    }
    try {
        $Conversation.Input.Dispose()
    } catch [System.Management.Automation.MethodInvocationException] {
        $Conversation.Broken = $true
    }
    try {
        $waited = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not $process.WaitForExit(50) -and $waited.ElapsedMilliseconds -lt $script:KeyRollStopMilliseconds) {
            if ($null -eq $Conversation.Reading) { $Conversation.Reading = $Conversation.Output.ReadLineAsync() }
            # Line after line for as long as there are any: a pipe that fills in between would hold the binary up.
            while ($Conversation.Reading.Wait(50) -and $null -ne $Conversation.Reading.Result -and $waited.ElapsedMilliseconds -lt $script:KeyRollStopMilliseconds) {
                $Conversation.Reading = $Conversation.Output.ReadLineAsync()
            }
        }
    } catch [System.Management.Automation.RuntimeException] {
        $Conversation.Broken = $true
    } finally {
        if (-not $process.HasExited) {
            $process.Kill()
            [void] $process.WaitForExit(5000)
        }
        $Conversation.ExitCode = $process.ExitCode
        # Whoever holds the other end of the pipe (a grandchild) must not hold this.
        if ($Conversation.Errors.Wait(2000)) { $Conversation.ErrorText = $Conversation.Errors.Result }
        $process.Dispose()
    }
}

# One request from its first byte to its last. Gives the raw answer: Result or Problem, the result's own text, and the exit
# code that the command line would have. Nothing but the greeting is read before it is known who speaks, and nothing is sent before that.
function Invoke-KeyRollConversation {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Request
    )
    $folder = $Cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $conversation = Open-KeyRollBinary -Folder $folder
    $conversation.Broken = $false
    $conversation.ExitCode = $null
    $conversation.ErrorText = ''
    $answer = @{ Result = $null; Text = $null; Problem = $null; ExitCode = 0 }
    $progress = Initialize-KeyRollProgress -Request $Request
    try {
        $answer.Problem = Test-KeyRollHello -Cmdlet $Cmdlet -Line (Read-KeyRollLine -Conversation $conversation -Milliseconds $script:KeyRollHelloMilliseconds)
        if ($null -eq $answer.Problem) {
            Send-KeyRollLine -Conversation $conversation -Line (Format-KeyRollRequestLine -Request $Request)
            while ($null -ne ($line = Read-KeyRollLine -Conversation $conversation)) {
                $frame = ConvertFrom-KeyRollLine -Line $line
                if ($null -eq $frame) { continue }
                if (Test-KeyRollMember -Object $frame -Name 'event') {
                    Write-KeyRollEvent -Cmdlet $Cmdlet -Progress $progress -Entry $frame.event
                } elseif (Test-KeyRollMember -Object $frame -Name 'tokenNeeded') {
                    Send-KeyRollLine -Conversation $conversation -Line (Format-KeyRollTokenLine -Request $Request -Needed $frame.tokenNeeded)
                } elseif (Test-KeyRollMember -Object $frame -Name 'result') {
                    $answer.Result = $frame.result
                    $answer.Text = Get-KeyRollResultText -Line $line
                    $answer.ExitCode = [int] (Get-KeyRollMember -Object $frame -Name 'exitCode')
                    $conversation.Answered = $true
                    break
                } elseif (Test-KeyRollMember -Object $frame -Name 'problem') {
                    $answer.Problem = $frame.problem
                    $conversation.Answered = $true
                    break
                }
            }
        }
    } finally {
        Close-KeyRollProcess -Conversation $conversation
    }
    Complete-KeyRollProgress -Cmdlet $Cmdlet -Progress $progress
    foreach ($text in ([string] $conversation.ErrorText -split '\r?\n')) {
        if ($text) { $Cmdlet.WriteDebug($text) }
    }
    if ($null -eq $answer.Text -and $null -eq $answer.Problem) {
        $answer.Problem = Get-KeyRollNativeFailure -ExitCode $conversation.ExitCode -ErrorText $conversation.ErrorText
    }
    $answer
}

# The request as its line.
function Format-KeyRollRequestLine {
    param(
        [hashtable] $Request
    )
    $secrets = New-Object 'System.Collections.Generic.List[object]'
    foreach ($name in @($Request.Secrets.Keys)) {
        if ($secrets.Count -gt 0) { $secrets.Add(',') }
        $secrets.AddRange((Format-KeyRollLine -Name 'Secret' -Values @{ name = (ConvertTo-KeyRollJson $name); secret = $Request.Secrets[$name] }))
    }
    $tokens = New-Object 'System.Collections.Generic.List[object]'
    Format-KeyRollLine -Name 'Request' -Values @{
        command   = ConvertTo-KeyRollJson $Request.Command
        arguments = ConvertTo-KeyRollJson $Request.Arguments
        confirmed = ConvertTo-KeyRollJson $Request.Confirmed
        context   = ConvertTo-KeyRollJson $Request.Context
        secrets   = $secrets
        tokens    = $tokens
    }
}

# The answer to a question for a token, which may come hours after the request.
function Format-KeyRollTokenLine {
    param(
        [hashtable] $Request,
        [object] $Needed
    )
    $token = Get-KeyRollToken -Request $Request -Needed $Needed
    if ($null -eq $token.Characters) {
        return Format-KeyRollLine -Name 'Refusal' -Values @{ message = (ConvertTo-KeyRollJson $token.Message) }
    }
    $line = Format-KeyRollLine -Name 'Token' -Values @{
        scope     = ConvertTo-KeyRollJson $Needed.scope
        secret    = $token.Characters
        expiresOn = ConvertTo-KeyRollJson $token.ExpiresOn
    }
    Format-KeyRollLine -Name 'Renewal' -Values @{ token = $line }
}
