// parts FILE DIRECTORY: shows a file as parts of 1 MiB, without a copy of it; SIGTERM or umount(8) ends it.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Fuse;
using ImageFs.Storage;
using ImageFs.Tree;

using var file = FileDevice.Open(args[0]);
var options = new FuseMountOptions { MountPoint = Path.GetFullPath(args[1]), Source = file.Name, Subtype = "parts" };
using var session = FuseSession.Mount(new PartsFileSystem(file, 1 << 20), options);
using var end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    session.Unmount(lazy: true);
});
Console.WriteLine("mounted");
session.Wait();
Console.WriteLine($"{session.Counters.ReplyBytes.GetValueOrDefault(ReplyWay.Splice)} bytes spliced");

/// <summary>Node 1 is the directory; node 2 is the file "000", node 3 is "001".</summary>
internal sealed class PartsFileSystem(FileDevice file, long partLength) : FileSystem
{
    private const uint DirectoryPermissions = 0x16D; // r-xr-xr-x
    private const uint FilePermissions = 0x124; // r--r--r--
    private const ulong FirstPart = 2;

    public override string Format => "parts";

    public override NodeId Root => new(1);

    public override FileSystemStatistics Statistics => new() { BlockSize = 4096, Blocks = (ulong)(file.Length / 4096), Files = (ulong)Count, MaxNameLength = 255 };

    private int Count => (int)((file.Length + partLength - 1) / partLength);

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        bool isPart = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int part) && part < Count && name.SequenceEqual(Name(part));
        bool found = isPart || name.SequenceEqual(".."u8);
        node = isPart ? NodeOf(part) : found ? Root : default;
        return found;
    }

    public override NodeAttributes GetAttributes(NodeId node) => node == Root
        ? new NodeAttributes { Type = NodeType.Directory, Permissions = DirectoryPermissions, Inode = node.Value, LinkCount = 2 }
        : new NodeAttributes { Type = NodeType.Regular, Permissions = FilePermissions, Inode = node.Value, LinkCount = 1, Size = OpenFile(node).Length };

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        bool goesOn = (position >= 1 || sink.Add(new DirectoryEntry("."u8, Root, NodeType.Directory, 1)))
            && (position >= 2 || sink.Add(new DirectoryEntry(".."u8, Root, NodeType.Directory, 2)));
        for (int part = (int)Math.Max(position - 2, 0); goesOn && part < Count; part++)
        {
            goesOn = sink.Add(new DirectoryEntry(Name(part), NodeOf(part), NodeType.Regular, part + 3));
        }
    }

    // What is answered to a read is where the bytes lie: the session splices them from there to the kernel.
    public override BlockSource OpenFile(NodeId node)
    {
        long start = (long)(node.Value - FirstPart) * partLength;
        return new BlockSlice(file, start, Math.Min(partLength, file.Length - start));
    }

    public override byte[] ReadLink(NodeId node) => throw new NotSupportedException();

    private static NodeId NodeOf(int part) => new((ulong)part + FirstPart);

    private static byte[] Name(int part) => Encoding.ASCII.GetBytes(part.ToString("D3", CultureInfo.InvariantCulture));
}
