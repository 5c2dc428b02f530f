using System.Text.Json.Nodes;

namespace ImageFs.MountTests.Oracles;

/// <summary>QEMU's machine protocol: commands to a machine that runs, and their answers, each a line of JSON.</summary>
internal sealed class QemuMonitor(TextReader answers, TextWriter commands)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly HashSet<string> _deleted = [];

    /// <summary>Reads the greeting and begins.</summary>
    public void Begin()
    {
        Read();
        Do("qmp_capabilities", []);
    }

    /// <summary>Has a command done.</summary>
    /// <exception cref="InvalidOperationException">It was refused: why.</exception>
    /// <exception cref="EndOfStreamException">QEMU has ended.</exception>
    public void Do(string command, JsonObject arguments)
    {
        commands.WriteLine(new JsonObject { ["execute"] = command, ["arguments"] = arguments }.ToJsonString());
        commands.Flush();
        JsonNode answer = Read();
        while (IsEvent(answer))
        {
            answer = Read();
        }

        if (answer["error"] is { } error)
        {
            throw new InvalidOperationException($"QEMU's {command}: {error["desc"]}");
        }
    }

    /// <summary>Takes a device away, and returns when it is gone.</summary>
    public void Delete(string device)
    {
        Do("device_del", new JsonObject { ["id"] = device });
        while (!_deleted.Remove(device))
        {
            IsEvent(Read());
        }
    }

    private bool IsEvent(JsonNode message)
    {
        if (message["event"]?.GetValue<string>() == "DEVICE_DELETED" && message["data"]!["device"]?.GetValue<string>() is { } device)
        {
            _deleted.Add(device);
        }

        return message["event"] is not null;
    }

    private JsonNode Read()
    {
        using var limit = new CancellationTokenSource(s_patience);
        string line = answers.ReadLineAsync(limit.Token).AsTask().GetAwaiter().GetResult() ?? throw new EndOfStreamException("QEMU has ended");
        return JsonNode.Parse(line)!;
    }
}
