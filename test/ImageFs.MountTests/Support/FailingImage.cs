using ImageFs.Linux;
using ImageFs.MountTests.Session;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Support;

/// <summary>
/// An image file of which some bytes cannot be read, as a disk with bad sectors: the only file of a mount that this process serves.
/// Only other processes may touch it.
/// </summary>
internal sealed class FailingImage : IDisposable
{
    private const string Name = "disk.img";

    private readonly FileDevice _device;
    private readonly FailingSource _source;
    private readonly MountedTree _mount;

    /// <summary>Shows an image, all of it readable at first.</summary>
    public FailingImage(string image)
    {
        Need.Root();
        Need.Fuse();
        _device = FileDevice.Open(image);
        _source = new FailingSource(_device);
        var tree = new TestTree();
        tree.AddFile(Name, _source);
        _mount = new MountedTree(tree, options => options with { Log = static _ => { } });
    }

    public string Path => System.IO.Path.Combine(_mount.Directory, Name);

    /// <summary>From now on every read of any of these bytes is EIO; null for no bytes. What the kernel still has of the image is dropped.</summary>
    public void Fail((long Start, long End)? range)
    {
        _source.Bad = range;
        Tool.Run("sh", "-c", "echo 3 >/proc/sys/vm/drop_caches").Succeeded();
    }

    public void Dispose()
    {
        _mount.Dispose();
        _device.Dispose();
    }

    private sealed class FailingSource(FileDevice device) : BlockSource
    {
        private volatile Tuple<long, long>? _bad;

        public (long Start, long End)? Bad
        {
            set => _bad = value is { } range ? Tuple.Create(range.Start, range.End) : null;
        }

        public override long Length => device.Length;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = this;
            return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination)
        {
            if (_bad is { } bad && offset < bad.Item2 && offset + destination.Length > bad.Item1)
            {
                throw new LinuxException("read", Errno.EIO);
            }

            device.ReadAt(offset, destination);
        }
    }
}
