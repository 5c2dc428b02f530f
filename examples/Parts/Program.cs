// parts FILE DIRECTORY: shows a file as parts of 1 MiB, without a copy of it; SIGTERM or umount(8) ends it.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Storage;

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
internal sealed class PartsFileSystem(FileDevice file, long partLength) : FuseFileSystem
{
    private const uint Directory = 4;
    private const uint Regular = 8;

    private int Count => (int)((file.Length + partLength - 1) / partLength);

    public override bool TryLookup(ulong parent, ReadOnlySpan<byte> name, out FuseNode node)
    {
        bool isPart = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int part) && part < Count && name.SequenceEqual(Name(part));
        bool found = isPart || name.SequenceEqual(".."u8);
        node = found ? GetNode(isPart ? (ulong)part + 2 : RootId) : default;
        return found;
    }

    public override FuseNode GetNode(ulong nodeId) => new()
    {
        NodeId = nodeId,
        Attributes = nodeId == RootId
            ? new FuseAttr { Ino = nodeId, Mode = (Directory << 12) | 0x16D, Nlink = 2 }
            : new FuseAttr { Ino = nodeId, Mode = (Regular << 12) | 0x124, Nlink = 1, Size = (ulong)OpenFile(nodeId).Length },
    };

    public override void ReadDirectory(ulong directory, long position, IFuseDirectorySink sink)
    {
        bool goesOn = (position >= 1 || sink.Add("."u8, RootId, Directory, RootId, 1)) && (position >= 2 || sink.Add(".."u8, RootId, Directory, RootId, 2));
        for (int part = (int)Math.Max(position - 2, 0); goesOn && part < Count; part++)
        {
            goesOn = sink.Add(Name(part), (ulong)part + 2, Regular, (ulong)part + 2, part + 3);
        }
    }

    // What is answered to a read is where the bytes lie: the session splices them from there to the kernel.
    public override BlockSource OpenFile(ulong nodeId)
    {
        long start = (long)(nodeId - 2) * partLength;
        return new BlockSlice(file, start, Math.Min(partLength, file.Length - start));
    }

    public override byte[] ReadLink(ulong nodeId) => throw new NotSupportedException();

    public override FuseStatFs GetStatFs() => new(4096, (ulong)(file.Length / 4096), 0, (ulong)Count, 0, 255);

    private static byte[] Name(int part) => Encoding.ASCII.GetBytes(part.ToString("D3", CultureInfo.InvariantCulture));
}
