using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>
/// A machine in QEMU that runs Linux (test/linux-guest.sh) and Native/guest.c. It gets the disks of a question while it runs, and loses them with
/// the answer. It powers off by itself when this process is gone.
/// </summary>
internal sealed class LinuxGuest : IDisposable
{
    private const int MostTargets = 250;
    private const long LongestAnswer = 256 << 20;

    // Bounds against hanging: a boot takes seconds, a question less.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<string> s_init = new(() => TreeWalker.Compile("x86_64-linux-gnu-gcc", "guest"));

    private readonly TestFolder _folder = new();
    private readonly StringBuilder _errors = new();
    private readonly Process _qemu;
    private readonly Socket _socket;
    private readonly QemuMonitor _monitor;
    private readonly StreamReader _answers;
    private readonly StreamWriter _questions;
    private int _disks;

    /// <summary>Boots it.</summary>
    public LinuxGuest()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_folder["port"]));
        listener.Listen();
        string script = Path.Combine(TestImages.Sources, "test", "linux-guest.sh");
        string[] devices =
        [
            "-qmp", "stdio", "-serial", $"file:{_folder["console"]}", "-chardev", $"socket,id=port,path={_folder["port"]}",
            "-device", "virtio-serial", "-device", "virtserialport,chardev=port",
        ];
        _qemu = Process.Start(Child.Start(script, [s_init.Value, .. devices]))!;
        _qemu.ErrorDataReceived += (_, line) => AddError(line.Data);
        _qemu.BeginErrorReadLine();
        _monitor = new QemuMonitor(_qemu.StandardOutput, _qemu.StandardInput);
        _socket = Accept(listener);
        var stream = new NetworkStream(_socket);
        _answers = new StreamReader(stream, Encoding.ASCII);
        _questions = new StreamWriter(stream);
        _monitor.Begin();
        using var limit = new CancellationTokenSource(s_patience);
        ReadLine(limit.Token);
    }

    /// <summary>What it said last, on its console and as QEMU.</summary>
    public string LastWords
    {
        get
        {
            string console = File.Exists(_folder["console"]) ? File.ReadAllText(_folder["console"], Encoding.Latin1) : string.Empty;
            lock (_errors)
            {
                return Quote.End($"{_errors}{console}");
            }
        }
    }

    /// <summary>Asks a question.</summary>
    /// <exception cref="IOException">The machine has ended.</exception>
    /// <exception cref="OperationCanceledException">It hangs.</exception>
    /// <exception cref="InvalidOperationException">What it says is no answer.</exception>
    public LinuxAnswer Ask(LinuxQuestion question)
    {
        using var folder = new TestFolder();
        int[] targets = [.. question.MoreImages.Prepend(question.Image).Select((image, i) => Plug(image, question, folder[$"{i}"]))];
        string[] fields = [question.Type, question.Options, string.Join(',', targets), .. question.Steps];
        _questions.Write($"{string.Join('\t', fields)}\n");
        _questions.Flush();
        LinuxAnswer answer = ReadAnswer();
        foreach (int target in targets)
        {
            Unplug(target);
        }

        return answer;
    }

    public void Dispose()
    {
        _socket?.Dispose();
        if (!_qemu.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            _qemu.Kill(entireProcessTree: true);
            _qemu.WaitForExit();
        }

        _qemu.Dispose();
        _folder.Dispose();
    }

    private static JsonObject Disk(string image, bool isWritable) => new()
    {
        ["driver"] = "raw",
        ["read-only"] = !isWritable,
        ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = image, ["locking"] = "off", ["read-only"] = !isWritable },
    };

    // QEMU pads a file to sectors of 512 bytes with zeros; to larger ones takes a copy, as does a file that is written to.
    private int Plug(string image, LinuxQuestion question, string copy)
    {
        long length = new FileInfo(image).Length;
        long padded = (length + question.SectorSize - 1) / question.SectorSize * question.SectorSize;
        if (!question.WritesImages && (question.IsWritable || (question.SectorSize > 512 && padded != length)))
        {
            Child.Run(Child.Start("cp", "--sparse=always", "--no-preserve=mode", image, copy), s_patience).Succeeded();
            Child.Run(Child.Start("truncate", "-s", padded.ToString(CultureInfo.InvariantCulture), copy), s_patience).Succeeded();
            image = copy;
        }

        bool isWritable = question.IsWritable || question.WritesImages;
        int target = 1 + (_disks++ % MostTargets);
        JsonObject disk = Disk(Path.GetFullPath(image), isWritable);
        disk["node-name"] = $"file{target}";
        _monitor.Do("blockdev-add", disk);
        _monitor.Do("device_add", new JsonObject
        {
            ["driver"] = "scsi-hd",
            ["id"] = $"disk{target}",
            ["drive"] = $"file{target}",
            ["bus"] = "s.0",
            ["channel"] = 0,
            ["scsi-id"] = target,
            ["lun"] = 0,
            ["logical_block_size"] = question.SectorSize,
            ["physical_block_size"] = question.SectorSize,
        });
        return target;
    }

    private void Unplug(int target)
    {
        _monitor.Delete($"disk{target}");
        _monitor.Do("blockdev-del", new JsonObject { ["node-name"] = $"file{target}" });
    }

    private LinuxAnswer ReadAnswer()
    {
        using var limit = new CancellationTokenSource(s_patience);
        var entries = new List<TreeEntry>();
        var messages = new List<string>();
        long length = 0;
        for (string line = ReadLine(limit.Token); line != "end"; line = ReadLine(limit.Token))
        {
            length += line.Length;
            if (length > LongestAnswer)
            {
                throw new InvalidOperationException($"an answer of over {LongestAnswer} bytes");
            }
            else if (line.StartsWith('/'))
            {
                entries.Add(TreeEntry.Parse(line));
            }
            else if (line.StartsWith("error ", StringComparison.Ordinal) || line.StartsWith("kernel ", StringComparison.Ordinal))
            {
                messages.Add(line);
            }
            else
            {
                throw new InvalidOperationException(Quote.End(line));
            }
        }

        return new LinuxAnswer(entries.Count > 0 ? new TreeListing(entries) : null, messages);
    }

    private string ReadLine(CancellationToken limit) =>
        _answers.ReadLineAsync(limit).AsTask().GetAwaiter().GetResult() ?? throw new EndOfStreamException("the machine has ended");

    private Socket Accept(Socket listener)
    {
        var since = Stopwatch.StartNew();
        while (!listener.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead))
        {
            if (_qemu.HasExited || since.Elapsed > s_patience)
            {
                string said = LastWords;
                Dispose();
                throw new InvalidOperationException($"QEMU does not start: {said}");
            }
        }

        return listener.Accept();
    }

    private void AddError(string? line)
    {
        lock (_errors)
        {
            if (_errors.Length < Quote.Most)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
