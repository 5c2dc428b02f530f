using BenchmarkDotNet.Attributes;
using ImageFs.Storage;

namespace ImageFs.Benchmarks.Micro;

/// <summary>Where is byte N of this file?</summary>
[MemoryDiagnoser]
public class ExtentLookup
{
    private const int BlockSize = 4096;
    private const int Step = 7919 * BlockSize;
    private MappedSource _file = null!;
    private long _offset;

    /// <summary>Extents of the file.</summary>
    [Params(1, 100, 10_000)]
    public int Extents { get; set; }

    [GlobalSetup]
    public void MakeFile()
    {
        var map = new ExtentMapBuilder();
        for (int i = 0; i < Extents; i++)
        {
            map.AppendMapped(BlockSize, 2L * i * BlockSize);
        }

        var disk = new MappedSource(new MemorySource(Array.Empty<byte>()), new ExtentMapBuilder().AppendMapped(2L * Extents * BlockSize, 0).Build());
        _file = new MappedSource(disk, map.Build());
    }

    [Benchmark]
    public Extent Map() => _file.Map(Next(), BlockSize, out _);

    // No two neighbours: a map that remembers the last extent gains nothing.
    private long Next() => _offset = (_offset + Step) % _file.Length;
}
