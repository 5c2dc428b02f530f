using System.Diagnostics;

namespace ImageFs.MountTests.Support;

/// <summary>
/// A session of a desktop, without the desktop: a folder for what runs, a bus (dbus-daemon), and on it python-dbusmock's server of notifications,
/// which shows nothing, writes down what it is asked for, and does what users are said to do.
/// </summary>
internal sealed class DesktopSession : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<Process> _processes = [];
    private readonly string _address;

    /// <param name="capabilities">What the server of notifications can do; null for a session without a server and a bus.</param>
    public DesktopSession(string? capabilities = "body body-markup actions")
    {
        _address = $"unix:path={_folder["bus"]}";
        File.WriteAllText(_folder["xdg-open"], $"#!/bin/sh\nprintf '%s\\n' \"$1\" >>'{_folder["shown"]}'\n");
        File.SetUnixFileMode(_folder["xdg-open"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        if (capabilities is not null)
        {
            Need.Program("dbus-daemon", "dbus-daemon");
            Need.Program("busctl", "systemd");
            Start("dbus-daemon", "--session", "--nofork", $"--address={_address}");
            Assert.That(ImageMount.Eventually(() => File.Exists(_folder["bus"])));
            string parameters = $"{{\"capabilities\": \"{capabilities}\"}}";
            string[] arguments = ["--session", "--logfile", _folder["log"], "--template", "notification_daemon", "--parameters", parameters];
            Start("/usr/bin/python3", ["-m", "dbusmock", .. arguments]);
            bool isThere = ImageMount.Eventually(() => Bus("status", "org.freedesktop.Notifications").ExitCode == 0);
            Assert.That(isThere, "test/install-tools.sh installs python3-dbusmock");
        }
    }

    /// <summary>A file in the session's folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>The folders that images are opened on.</summary>
    public string[] Folders => Directory.Exists(_folder["imagefs"]) ? Directory.GetFileSystemEntries(_folder["imagefs"]) : [];

    /// <summary>The folders that the file manager was asked to show.</summary>
    public string[] Shown => File.Exists(_folder["shown"]) ? File.ReadAllLines(_folder["shown"]) : [];

    /// <summary>What the server of notifications was called for, a line each: the time, the method, and its arguments.</summary>
    public string[] Calls(string method) => File.Exists(_folder["log"])
        ? [.. File.ReadAllLines(_folder["log"]).Where(line => line.Split(' ') is [_, var name, ..] && name == method)]
        : [];

    /// <summary>Runs the program in the session.</summary>
    public ToolResult Run(params IEnumerable<string> arguments) => Run(arguments, "said");

    /// <summary>The same; what it says goes by way of files of that name.</summary>
    public ToolResult Run(IEnumerable<string> arguments, string said)
    {
        // A server in the background must not keep the test's pipes: what it says goes through a file.
        const string Script = "\"$@\" >\"$0.out\" 2>\"$0.err\"; status=$?; cat \"$0.out\"; cat \"$0.err\" >&2; exit $status";
        ProcessStartInfo start = Tool.Start("sh", ["-c", Script, _folder[said], ImageFsProgram.Path, .. arguments]);
        SetUp(start);
        start.Environment["PATH"] = $"{_folder.Path}:{start.Environment["PATH"]}";
        return Tool.Run(start, Limits.Tool);
    }

    /// <summary>Does what a user does: <c>ActionInvoked</c> with an action's key, or <c>NotificationClosed</c> with a reason.</summary>
    public void Send(string signal, string type, int id, string value) => Bus(
        "call", "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.DBus.Mock", "EmitSignal", "sssav",
        "org.freedesktop.Notifications", signal, $"u{type}", "2", "u", $"{id}", type, value).Succeeded();

    /// <summary>The processes that show notifications.</summary>
    public int[] Notices => ProcessTable.Find(
        ImageFsProgram.Path, words => words is ["--notice", var folder, ..] && folder.StartsWith(_folder.Path, StringComparison.Ordinal));

    public void Dispose()
    {
        foreach (string folder in Folders.Where(MountTable.IsMounted))
        {
            Tool.CleanUp("umount", "-l", folder);
        }

        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        _folder.Dispose();
    }

    private ToolResult Bus(params IEnumerable<string> arguments) => Tool.Run("busctl", [$"--address={_address}", .. arguments]);

    private void Start(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = Tool.Start(program, arguments);
        SetUp(start);
        _processes.Add(Process.Start(start)!);
    }

    private void SetUp(ProcessStartInfo start)
    {
        start.Environment["XDG_RUNTIME_DIR"] = _folder.Path;
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = _address;
    }
}
