using System.Diagnostics;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>A folder with virtual disks that qemu makes, and qemu's own reading of them to compare with.</summary>
internal sealed class DiskFolder : IDisposable
{
    /// <summary>The disk that <see cref="WriteSource"/> makes.</summary>
    public const string Source = "source.raw";

    private const int Block = 4096;
    private readonly List<IDisposable> _opened = [];
    private readonly string _path = Directory.CreateTempSubdirectory("imagefs-disk-").FullName;

    /// <summary>What the program said while it opened disks.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The path of a file in the folder.</summary>
    public string this[string name] => Path.Combine(_path, name);

    /// <summary>Runs qemu-img in the folder.</summary>
    public void Image(params string[] arguments) => Run("qemu-img", arguments);

    /// <summary>Runs qemu-io's commands on a disk in the folder.</summary>
    public void Io(string disk, string format, params string[] commands) =>
        Run("qemu-io", ["-f", format, .. commands.SelectMany(command => new[] { "-c", command }), disk]);

    /// <summary>Makes <see cref="Source"/>: blocks that are random, of one byte, or zeros.</summary>
    public byte[] WriteSource(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        var random = new Random(seed);
        for (int start = 0; start < length;)
        {
            int count = Math.Min(Block * random.Next(1, 60), length - start);
            Span<byte> run = bytes.AsSpan(start, count);
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(run);
                    break;
                case 1:
                    run.Fill((byte)random.Next(1, 256));
                    break;
            }

            start += count;
        }

        File.WriteAllBytes(this[Source], bytes);
        return bytes;
    }

    /// <summary>The folder as an image in it has it.</summary>
    public ImageFolder AsImageFolder => new HostFolder(_path, BackingPolicy.Folder, _opened);

    /// <summary>Opens a disk as the program does.</summary>
    public BlockSource Open(string name, string options = "", string? format = null, BackingPolicy policy = BackingPolicy.Folder)
    {
        var context = OpenContext.Of(options, Warnings.Add);
        BlockSource disk = ContainerFormats.Open(HostFolder.OpenImage(this[name], policy, _opened), format, context);
        Assert.That(context.Options.Names, Is.Empty, "options that nobody took");
        return disk;
    }

    /// <summary>Opens bytes as a disk that is alone in a folder.</summary>
    public BlockSource Open(byte[] image, string name = "changed.img", string? format = null)
    {
        File.WriteAllBytes(this[name], image);
        return Open(name, format: format);
    }

    /// <summary>What qemu-img reads of a disk.</summary>
    public byte[] Convert(string name, params string[] arguments)
    {
        Image(["convert", "-O", "raw", .. arguments, name, "converted.raw"]);
        return File.ReadAllBytes(this["converted.raw"]);
    }

    /// <summary>Closes what was opened.</summary>
    public void Close()
    {
        _opened.ForEach(opened => opened.Dispose());
        _opened.Clear();
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(_path, recursive: true);
    }

    /// <summary>Runs a program in the folder.</summary>
    /// <returns>What it printed.</returns>
    public string Run(string program, string[] arguments)
    {
        (int status, string said) = Try(program, arguments);
        Assert.That(status, Is.Zero, $"{program} {string.Join(' ', arguments)}: {said}");
        return said;
    }

    /// <summary>Runs a program in the folder, which may fail.</summary>
    /// <returns>Its exit status, and what it printed: of one that failed with its errors.</returns>
    public (int Status, string Said) Try(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _path, RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            Assert.That(process.WaitForExit(TimeSpan.FromSeconds(60)), Is.True, program);
            return (process.ExitCode, process.ExitCode == 0 ? output.Result : output.Result + error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new AssertionException($"no {program} here: test/install-tools.sh installs qemu-utils");
        }
    }
}
