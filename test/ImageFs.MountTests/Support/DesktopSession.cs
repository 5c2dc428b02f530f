using System.Diagnostics;

namespace ImageFs.MountTests.Support;

/// <summary>
/// A session of a desktop, without the desktop: a folder for what runs, a bus (dbus-daemon), and on it python-dbusmock's server of notifications,
/// which shows nothing, writes down what it is asked for, and does what users are said to do.
/// </summary>
internal sealed class DesktopSession : IDisposable
{
    // As Debian's, without the services of this machine: what is installed here is started by no test.
    private const string BusConfiguration =
        """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>session</type>
          <listen>unix:tmpdir=/tmp</listen>
          <policy context="default">
            <allow send_destination="*" eavesdrop="true"/>
            <allow eavesdrop="true"/>
            <allow own="*"/>
          </policy>
        </busconfig>
        """;

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
            File.WriteAllText(_folder["bus.conf"], BusConfiguration);
            Start("dbus-daemon", "--nofork", $"--config-file={_folder["bus.conf"]}", $"--address={_address}");
            Assert.That(ImageMount.Eventually(() => File.Exists(_folder["bus"])));
            string parameters = $"{{\"capabilities\": \"{capabilities}\"}}";
            StartMock("org.freedesktop.Notifications", "--template", "notification_daemon", "--parameters", parameters);
        }
    }

    /// <summary>The session's folder (<c>XDG_RUNTIME_DIR</c>).</summary>
    public string Path => _folder.Path;

    /// <summary>A file in the session's folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>The folders that images are opened on.</summary>
    public string[] Folders => Directory.Exists(_folder["imagefs"]) ? Directory.GetFileSystemEntries(_folder["imagefs"]) : [];

    /// <summary>The folders that the file manager was asked to show.</summary>
    public string[] Shown => File.Exists(_folder["shown"]) ? File.ReadAllLines(_folder["shown"]) : [];

    /// <summary>What a service on the bus was called for, a line each: the time, the method, and its arguments.</summary>
    public string[] Calls(string method) =>
        [.. Directory.GetFiles(Path, "*.log").SelectMany(File.ReadAllLines).Where(line => line.Split(' ') is [_, var name, ..] && name == method)];

    /// <summary>Starts a file manager, which writes down what it is to show.</summary>
    public void StartFileManager()
    {
        const string Service = "org.freedesktop.FileManager1", ServicePath = "/org/freedesktop/FileManager1";
        StartMock(Service, Service, ServicePath, Service);
        Bus("call", Service, ServicePath, "org.freedesktop.DBus.Mock", "AddMethod", "sssss", Service, "ShowFolders", "ass", "", "").Succeeded();
    }

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

    // Its calls are in a file that is called like it.
    private void StartMock(string service, params string[] arguments)
    {
        Start("/usr/bin/python3", ["-m", "dbusmock", "--session", "--logfile", _folder[$"{service}.log"], .. arguments]);
        Assert.That(ImageMount.Eventually(() => Bus("status", service).ExitCode == 0), "test/install-tools.sh installs python3-dbusmock");
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
