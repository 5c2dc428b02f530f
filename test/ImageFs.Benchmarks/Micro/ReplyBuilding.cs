using BenchmarkDotNet.Attributes;
using ImageFs.Fuse;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Benchmarks.Micro;

/// <summary>From extents to a reply, which /dev/null takes in place of /dev/fuse: what a reply costs without the kernel's half of it.</summary>
[MemoryDiagnoser]
public class ReplyBuilding : IDisposable
{
    private const int Extents = 4;
    private string _path = string.Empty;
    private FileDevice _device = null!;
    private FileDescriptor _target = null!;
    private FuseChannel _channel = null!;
    private MappedSource _file = null!;

    /// <summary>How the bytes go.</summary>
    [Params(ReplyWay.Splice, ReplyWay.Copy)]
    public ReplyWay Way { get; set; }

    /// <summary>Bytes of the reply.</summary>
    [Params(4096, 131_072, 524_288)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _path = Path.GetTempFileName();
        File.WriteAllBytes(_path, new byte[2 * Size]);
        _device = FileDevice.Open(_path);
        _target = Files.Open("/dev/null", OpenFlags.ReadWrite);
        _channel = new FuseChannel(_target, new ReplyPolicy(Way));
        var map = new ExtentMapBuilder();
        for (int i = 0; i < Extents; i++)
        {
            map.AppendMapped(Size / Extents, 2L * i * Size / Extents);
        }

        _file = new MappedSource(_device, map.Build());
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _channel.Dispose();
        _target.Dispose();
        _device.Dispose();
        File.Delete(_path);
    }

    [Benchmark]
    public ReplyWay Reply() => _channel.ReplyFile(1, _file, 0, Size).Way;
}
