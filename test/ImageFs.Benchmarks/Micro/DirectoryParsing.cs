using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Benchmarks.Micro;

/// <summary>From a directory's bytes to names, in images of this repository that are unpacked in memory.</summary>
[MemoryDiagnoser]
public class DirectoryParsing
{
    private FileSystem _fileSystem = null!;
    private byte[] _lastName = null!;

    /// <summary>The image's path under images/, without <c>.gz</c>.</summary>
    [Params("rockridge-joliet.iso", "ext/wide.img", "exfat/filled.img")]
    public string Image { get; set; } = string.Empty;

    [GlobalSetup]
    public void Open()
    {
        using var packed = new GZipStream(File.OpenRead(Path.Combine(new Settings().Root, "images", $"{Image}.gz")), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        var source = new MemorySource(bytes.ToArray());
        _fileSystem = FileSystemFormats.All.First(format => format.Probe(source)).Open(source, new OpenContext());
        var names = new NameSink();
        _fileSystem.ReadDirectory(_fileSystem.Root, 0, names);
        _lastName = names.Last;
    }

    [Benchmark]
    public int ListRoot()
    {
        var sink = new CountSink();
        _fileSystem.ReadDirectory(_fileSystem.Root, 0, sink);
        return sink.Count;
    }

    [Benchmark]
    public bool LookUpLastName() => _fileSystem.TryLookup(_fileSystem.Root, _lastName, out _);

    private sealed class CountSink : IDirectorySink
    {
        public int Count { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            Count++;
            return true;
        }
    }

    private sealed class NameSink : IDirectorySink
    {
        public byte[] Last { get; private set; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Last = entry.Name.ToArray();
            return true;
        }
    }
}
