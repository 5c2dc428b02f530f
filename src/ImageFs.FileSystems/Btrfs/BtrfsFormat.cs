using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>Btrfs.</summary>
internal sealed class BtrfsFormat : FileSystemFormat
{
    public override string Name => "btrfs";
    public override string Title => "Btrfs";
    public override IReadOnlyList<Mark> Marks { get; } = [new(0x10040, "_BHRfS_M")];
    public override IReadOnlyList<string> FileExtensions => [".img", ".raw"];
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("subvol=PATH", "the subvolume that is shown, by its path"),
        new("subvolid=N", "the subvolume that is shown, by its number"),
        new("acl", "show access control lists (default)"),
        new("noacl", "do not"),
    ];
    public override bool Probe(BlockSource source) => source.Length >= 0x11000 && IsGood(Super(source));
    public override bool Resembles(BlockSource source) => source.Length >= 0x11000 && Super(source).AsSpan(0x40, 8).SequenceEqual("_BHRfS_M"u8);
    public override VolumeIdentity Identify(BlockSource source) => new("btrfs", System.Text.Encoding.UTF8.GetString(Super(source)[0x12b..(0x12b + 256)]).TrimEnd('\0'), new Guid(Super(source)[0x20..0x30], true).ToString());
    protected override long FindLength(BlockSource source) => source.Length;
    private static bool IsGood(byte[] s) => s.AsSpan(0x40, 8).SequenceEqual("_BHRfS_M"u8) && Checksum.Find(BitConverter.ToUInt16(s, 0xc4)) is { } kind && kind.Matches(s.AsSpan(32), s)
        && BitConverter.ToUInt32(s, 0x94) is >= 4096 and <= 65536 && BitConverter.ToUInt32(s, 0x90) is >= 4096 and <= 65536;
    private static byte[] Super(BlockSource source)
    {
        byte[] b = new byte[4096];
        source.ReadAt(0x10000, b);
        return b;
    }
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        byte[] s = Super(source);
        if (!IsGood(s))
        {
            throw new InvalidImageException("super block", 0x10000, "its checksum is wrong", "btrfs_super_block");
        }

        if (BitConverter.ToUInt64(s, 0x88) != 1)
        {
            throw new UnsupportedFeatureException("Btrfs on several devices");
        }

        var options = BtrfsOptions.Take(context.Options);
        ulong U64(int at) => BitConverter.ToUInt64(s, at);
        uint U32(int at) => BitConverter.ToUInt32(s, at);
        var id = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(s.AsSpan((U64(0xbc) & 0x400) != 0 ? 0x23b : 0x20));
        var geometry = new Geometry((int)U32(0x94), (int)U32(0x90), Checksum.Find(BitConverter.ToUInt16(s, 0xc4))!, id);
        var logical = new ScratchSource(source);
        for (int at = 0x32b; at < 0x32b + U32(0xa0);)
        {
            var key = TreeKey.Read(s.AsSpan(at));
            logical.Add(key, s.AsSpan(at + 17));
            at += 17 + 48 + (32 * BitConverter.ToUInt16(s, at + 17 + 44));
        }
        var reader = new NodeReader(logical, geometry, context.Memory.Blocks);
        var chunks = new Trees.Tree(reader, new NodePointer(ObjectIds.ChunkTree, U64(0x58), s[0xc7], U64(0xa4)));
        using (var c = chunks.Open())
        {
            for (bool ok = c.SeekFirst(new TreeKey(256, ItemType.ChunkItem, 0)); ok; ok = c.MoveNext())
            {
                logical.Add(c.Key, c.Data);
            }
        }
        var root = new Trees.Tree(reader, new NodePointer(ObjectIds.RootTree, U64(0x50), s[0xc6], U64(0x48)));
        BtrfsVolume Volume(ulong shown) => new(context.Memory, root, shown) { ChunkTree = chunks, Data = logical, EncodedData = logical, TotalBytes = U64(0x70) };
        ulong shown = Subvolumes.SubvolumeChoice.Find(options, () => new Subvolumes.SubvolumeTable(root).FindDefault(U64(0x80)), () => Volume(ObjectIds.FsTree));
        return new BtrfsFileSystem(Volume(shown), options);
    }
    private sealed class ScratchSource(BlockSource below) : BlockSource, INodeSource
    {
        private readonly BlockSource _below = below;
        private readonly SortedList<long, (long Length, long[] Addresses)> _chunks = [];
        public void Add(TreeKey key, ReadOnlySpan<byte> b)
        {
            int n = BitConverter.ToUInt16(b[44..]);
            var a = new long[n];
            for (int i = 0; i < n; i++) a[i] = BitConverter.ToInt64(b[(48 + 32 * i + 8)..]);
            if (((BlockGroupFlags)BitConverter.ToInt64(b[24..]) & (BlockGroupFlags.Raid0 | BlockGroupFlags.Raid10 | BlockGroupFlags.Raid5 | BlockGroupFlags.Raid6)) != 0)
            {
                throw new UnsupportedFeatureException("Btrfs with stripes");
            }

            _chunks[(long)key.Offset] = (BitConverter.ToInt64(b), a);
        }
        public override long Length => long.MaxValue;
        private (long, long, long[]) Find(long address)
        {
            foreach (var (k, v) in _chunks) if (address >= k && address < k + v.Length) return (k, v.Length, v.Addresses);
            throw new InvalidImageException("chunk", address, "none");
        }
        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = _below;
            var (k, l, a) = Find(offset);
            return Extent.Mapped(offset, Math.Min(maxLength, k + l - offset), a[0] + offset - k);
        }
        public int CopiesAt(long address) => Find(address).Item3.Length;
        public void ReadCopy(int copy, long address, Span<byte> bytes)
        {
            var (k, l, a) = Find(address);
            _below.ReadAt(a[copy] + address - k, bytes);
        }
    }
}
