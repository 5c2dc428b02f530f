using System.IO.Compression;
using ImageFs.FileSystems.SquashFs;
using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.SquashFs;

/// <summary>
/// A small SquashFS image of any version and byte order, made by hand: nobody's writer makes those before 4 any more. unsquashfs tells whether it
/// is right.
/// </summary>
internal sealed class SquashImage
{
    public const int BlockSize = 16 << 10;
    public const int SmallSize = 1234;
    public const int ManyNames = 700;
    public const uint Time = 1_234_567_890;

    private const int MetadataLength = 8192;
    private const uint PlainBlock = 1 << 24;

    private readonly VersionLayout _layout;
    private readonly bool _isBigEndian;
    private readonly bool _isPlain;
    private readonly bool _isPlainMetadata;
    private readonly Func<byte[], byte[]> _compress;
    private readonly List<byte> _image = [];
    private readonly MetadataStream _inodes;
    private readonly MetadataStream _directories;
    private readonly List<ulong> _exports = [];
    private readonly List<byte> _fragment = [];
    private uint _lastNumber;

    /// <param name="major">The version.</param>
    /// <param name="minor">Its minor number.</param>
    /// <param name="isBigEndian">Whether it is as a big-endian machine writes it.</param>
    /// <param name="isPlain">Whether nothing is compressed.</param>
    /// <param name="magic">The magic number, if it is another.</param>
    /// <param name="compress">Compresses, if it is not zlib.</param>
    /// <param name="isPlainMetadata">Whether metadata is not compressed.</param>
    public SquashImage(int major, int minor = 0, bool isBigEndian = false, bool isPlain = false, string? magic = null, Func<byte[], byte[]>? compress = null, bool isPlainMetadata = false)
    {
        _layout = Versions.Of(major);
        _isBigEndian = isBigEndian;
        _isPlain = isPlain;
        _isPlainMetadata = isPlain || isPlainMetadata;
        _compress = compress ?? Deflate;
        _inodes = new MetadataStream(this);
        _directories = new MetadataStream(this);
        HasSparse = major >= 3;
        _image.AddRange(new byte[SuperBlock.MaxSize]);
        Root = MakeRoot();
        ulong inodeTable = (ulong)_image.Count;
        _inodes.Finish();
        ulong directoryTable = (ulong)_image.Count;
        _directories.Finish();
        ulong fragments = _layout.FragmentEntrySize == 0 ? ulong.MaxValue : WriteIndexed(FragmentEntry);
        ulong exports = major > 3 || (major == 3 && minor > 0) ? WriteIndexed([.. _exports.SelectMany(node => Number(node, 8))]) : ulong.MaxValue;
        ulong users;
        ulong groups = 0;
        byte[] userTable = [.. Number(0, 4), .. Number(1000, 4)];
        if (_layout.HasPlainIds)
        {
            users = (ulong)_image.Count;
            _image.AddRange(userTable);
            groups = (ulong)_image.Count;
            _image.AddRange(Number(50, 4));
        }
        else
        {
            users = WriteIndexed([.. userTable, .. Number(50, 4)]);
        }

        Bytes = [.. _image];
        WriteSuper(major, minor, magic, inodeTable, directoryTable, fragments, exports, users, groups);
        Array.Resize(ref _bytes, (Bytes.Length + 4095) & ~4095);
    }

    private byte[] _bytes = [];

    /// <summary>The image, padded to whole pages.</summary>
    public byte[] Bytes
    {
        get => _bytes;
        private set => _bytes = value;
    }

    /// <summary>Contents of the large file.</summary>
    public static byte[] Large { get; } = MakeLarge();

    /// <summary>Contents of a small one.</summary>
    public static byte[] Small { get; } = [.. Large.Take(SmallSize)];

    /// <summary>Whether blocks of zeros are not stored.</summary>
    public bool HasSparse { get; }

    /// <summary>The node of the root directory.</summary>
    public ulong Root { get; }

    private (uint Address, int Length) Fragment { get; set; }

    private byte[] FragmentEntry => [.. Number(Fragment.Address, _layout.PointerSize), .. Number((uint)Fragment.Length | (_isPlain ? PlainBlock : 0), 4), .. new byte[_layout.FragmentEntrySize == 16 ? 4 : 0]];

    /// <summary>Opens it.</summary>
    public FileSystem Open(string options = "") => new SquashFsFormat().Open(new MemorySource(Bytes), OpenContext.Of(options));

    private static byte[] MakeLarge()
    {
        // A block that is compressed, one that cannot be, one of zeros, and an end.
        byte[] large = new byte[(3 * BlockSize) + 5000];
        for (int i = 0; i < BlockSize; i++)
        {
            large[i] = unchecked((byte)(i / 64));
        }

        new Random(3).NextBytes(large.AsSpan(BlockSize, BlockSize));
        for (int i = 3 * BlockSize; i < large.Length; i++)
        {
            large[i] = unchecked((byte)(i / 7));
        }

        return large;
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var stream = new ZLibStream(result, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return result.ToArray();
    }

    private ulong MakeRoot()
    {
        bool hasFragments = _layout.FragmentEntrySize > 0;
        if (hasFragments)
        {
            _fragment.AddRange(Large.AsSpan(3 * BlockSize));
            _fragment.AddRange(Small);
            Fragment = ((uint)_image.Count, WriteBlock([.. _fragment], out _));
        }

        uint rootNumber = ++_lastNumber;
        uint manyNumber = ++_lastNumber;
        var many = new List<(string, ulong, uint, int)>();
        for (int i = 0; i < ManyNames; i++)
        {
            many.Add(($"name {i:D4}", AddSmall(out uint number), number, 2));
        }

        (ulong Node, uint Number) small = (AddSmall(out uint smallNumber), smallNumber);
        List<(string, ulong, uint, int)> top =
        [
            ("device", AddInode(4, ++_lastNumber, layout => [(layout.Links, 1), (layout.Device, 0x0811)]), _lastNumber, 4),
            ("fifo", AddSpecial(6), _lastNumber, 6),
            ("large", AddLarge(), _lastNumber, 2),
            ("link", AddInode(3, ++_lastNumber, layout => [(layout.Links, 1), (layout.Length, 12)], "many/name 12"u8.ToArray()), _lastNumber, 3),
            ("many", AddDirectory(manyNumber, rootNumber, many, 0), manyNumber, 1),
            ("small", small.Node, small.Number, 2),
            ("socket", AddSpecial(7), _lastNumber, 7),
        ];
        return AddDirectory(rootNumber, _lastNumber + 1, top, 1);
    }

    private ulong AddSmall(out uint number)
    {
        number = ++_lastNumber;
        if (_layout.FragmentEntrySize > 0)
        {
            return AddInode(2, number, layout => [(layout.Fragment, 0), (layout.Offset, 5000), (layout.Length, SmallSize)]);
        }

        uint start = (uint)_image.Count;
        int length = WriteBlock(Small, out bool isPlain);
        return AddInode(2, number, layout => [(layout.Start, start), (layout.Length, SmallSize)], BlockEntry(length, isPlain));
    }

    private ulong AddLarge()
    {
        uint start = (uint)_image.Count;
        bool hasTail = _layout.FragmentEntrySize > 0;
        var entries = new List<byte>();
        for (int at = 0; at < (hasTail ? 3 * BlockSize : Large.Length); at += BlockSize)
        {
            byte[] block = Large[at..Math.Min(at + BlockSize, Large.Length)];
            if (HasSparse && block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                entries.AddRange(BlockEntry(0, false));
                continue;
            }

            int length = WriteBlock(block, out bool isPlain);
            entries.AddRange(BlockEntry(length, isPlain));
        }

        return AddInode(2, ++_lastNumber, layout => [(layout.Start, start), (layout.Length, (ulong)Large.Length), (layout.Fragment, hasTail ? 0 : uint.MaxValue)], [.. entries]);
    }

    private ulong AddSpecial(int type) => _layout.Major == 1
        ? AddInode(0, ++_lastNumber, layout => [(layout.SpecialType, (ulong)type), (layout.UserGroup, 0)])
        : AddInode(type, ++_lastNumber, layout => [(layout.Links, 1)]);

    private ulong AddDirectory(uint number, uint parent, List<(string Name, ulong Node, uint Number, int Type)> entries, int subdirectories)
    {
        (uint Block, int Offset) start = _directories.Position;
        var index = new List<byte>();
        DirectoryLayout layout = _layout.Directory;
        int length = 0;
        for (int first = 0; first < entries.Count;)
        {
            uint block = (uint)(entries[first].Node >> 16);
            int count = 1;
            while (count < 256 && first + count < entries.Count && entries[first + count].Node >> 16 == block)
            {
                count++;
            }

            if (length > 0 && layout.IndexSize > 0)
            {
                index.AddRange(Pack(layout.IndexSize, [(layout.Index, (ulong)length), (layout.IndexStart, _directories.Position.Block), (layout.IndexNameLength, (ulong)entries[first].Name.Length - 1)]));
                index.AddRange(entries[first].Name.Select(letter => (byte)letter));
            }

            uint from = entries[first].Number;
            byte[] header = Pack(layout.HeaderSize, [(layout.Count, (ulong)count - 1), (layout.Start, block), (layout.InodeNumber, from)]);
            _directories.Write(header);
            length += header.Length;
            foreach ((string name, ulong node, uint inode, int type) in entries.Skip(first).Take(count))
            {
                byte[] entry = Pack(
                    layout.EntrySize,
                    [(layout.Offset, node & 0xFFFF), (layout.InodeDelta, unchecked((ushort)(inode - from))), (layout.Type, (ulong)type), (layout.NameLength, (ulong)name.Length - 1)]);
                _directories.Write([.. entry, .. name.Select(letter => (byte)letter)]);
                length += entry.Length + name.Length;
            }

            first += count;
        }

        int entriesOfIndex = 0;
        for (int at = 0; at < index.Count;)
        {
            at += layout.IndexSize + new Fields(index.Skip(at).ToArray(), _isBigEndian).Small(layout.IndexNameLength) + 1;
            entriesOfIndex++;
        }

        return AddInode(
            entriesOfIndex > 0 ? 8 : 1,
            number,
            inode =>
            [
                (inode.Start, start.Block), (inode.Offset, (ulong)start.Offset), (inode.Length, (ulong)(length + _layout.DirectorySurplus)), (inode.Links, (ulong)subdirectories + 2),
                (inode.Parent, parent), (inode.IndexCount, (ulong)entriesOfIndex), (inode.Attributes, uint.MaxValue),
            ],
            [.. index]);
    }

    private ulong AddInode(int type, uint number, Func<InodeLayout, (Field, ulong)[]> fields, byte[]? rest = null)
    {
        InodeLayout layout = _layout.Inodes[type]!;
        (uint block, int offset) = _inodes.Position;
        ulong mode = type is 1 or 8 ? 0x1EDu : type == 3 ? 0x1FFu : 0x1A4u;
        byte[] bytes = Pack(
            layout.Size,
            [
                (_layout.Type, (ulong)type), (_layout.Mode, mode), (_layout.User, 1), (_layout.Group, _layout.HasPlainIds ? 0u : 2u), (_layout.ModifyTime, Time),
                (_layout.Number, number), (layout.ModifyTime, Time), .. fields(layout),
            ]);
        _inodes.Write([.. bytes, .. rest ?? []]);
        ulong node = ((ulong)block << 16) | (uint)offset;
        while (_exports.Count < number)
        {
            _exports.Add(0);
        }

        _exports[(int)number - 1] = node;
        return node;
    }

    private byte[] BlockEntry(int length, bool isPlain) => _layout.Major == 1
        ? Number((ulong)(length | (isPlain ? 1 << 15 : 0)), 2)
        : Number((uint)length | (isPlain ? PlainBlock : 0), 4);

    private int WriteBlock(byte[] block, out bool isPlain)
    {
        byte[] compressed = _compress(block);
        isPlain = _isPlain || compressed.Length >= block.Length;
        byte[] stored = isPlain ? block : compressed;
        _image.AddRange(stored);
        return stored.Length;
    }

    // A table in metadata blocks, with their addresses behind it.
    private ulong WriteIndexed(byte[] table)
    {
        var index = new List<byte>();
        for (int at = 0; at < table.Length; at += MetadataLength)
        {
            index.AddRange(Number((ulong)_image.Count, _layout.PointerSize));
            _image.AddRange(ToMetadata(table[at..Math.Min(at + MetadataLength, table.Length)]));
        }

        ulong address = (ulong)_image.Count;
        _image.AddRange([.. index]);
        return address;
    }

    private byte[] ToMetadata(byte[] bytes)
    {
        byte[] compressed = _compress(bytes);
        return _isPlainMetadata || compressed.Length >= bytes.Length ? [.. Number((uint)bytes.Length | 0x8000, 2), .. bytes] : [.. Number((uint)compressed.Length, 2), .. compressed];
    }

    private byte[] Number(ulong value, int size) => Pack(size, [(new Field(0, size * 8), value)]);

    // Bit by bit: not as the reader does it.
    private byte[] Pack(int size, (Field Field, ulong Value)[] fields)
    {
        byte[] bytes = new byte[size];
        foreach ((Field field, ulong value) in fields)
        {
            for (int i = 0; i < field.Width; i++)
            {
                bool isSet = (value >> (_isBigEndian ? field.Width - 1 - i : i) & 1) != 0;
                int bit = field.Position + i;
                bytes[bit / 8] |= (byte)((isSet ? 1 : 0) << (_isBigEndian ? 7 - (bit % 8) : bit % 8));
            }
        }

        return bytes;
    }

    private void WriteSuper(int major, int minor, string? magic, ulong inodes, ulong directories, ulong fragments, ulong exports, ulong users, ulong groups)
    {
        (Field, ulong)[] shared = [(new(32, 32), _lastNumber), (new(224, 16), (ulong)major), (new(240, 16), (ulong)minor)];
        (Field, ulong)[] fields = major == 4
            ?
            [
                (new(64, 32), Time), (new(96, 32), BlockSize), (new(128, 32), 1), (new(160, 16), 1), (new(176, 16), 14), (new(192, 16), 0x80), (new(208, 16), 3),
                (new(256, 64), Root), (new(320, 64), (ulong)Bytes.Length), (new(384, 64), users), (new(448, 64), ulong.MaxValue), (new(512, 64), inodes),
                (new(576, 64), directories), (new(640, 64), fragments), (new(704, 64), exports),
            ]
            :
            [
                (new(64, 32), (ulong)Bytes.Length), (new(96, 32), users), (new(128, 32), groups), (new(160, 32), inodes), (new(192, 32), directories),
                (new(256, 16), BlockSize), (new(272, 16), 14), (new(288, 8), exports == ulong.MaxValue ? 0u : 0x80), (new(296, 8), 2), (new(304, 8), 1),
                (new(312, 32), Time), (new(344, 64), Root), (new(408, 32), BlockSize), (new(440, 32), fragments == ulong.MaxValue ? 0u : 1),
                (new(472, 32), fragments & uint.MaxValue), (new(504, 64), (ulong)Bytes.Length), (new(568, 64), users), (new(632, 64), groups),
                (new(696, 64), inodes), (new(760, 64), directories), (new(824, 64), fragments), (new(888, 64), exports),
            ];
        byte[] super = Pack(major == 4 ? SuperBlock.Size4 : SuperBlock.MaxSize, [.. shared, .. fields]);
        super.CopyTo(Bytes, 0);
        System.Text.Encoding.ASCII.GetBytes(magic ?? (_isBigEndian ? "sqsh" : "hsqs")).CopyTo(Bytes, 0);
    }

    private sealed class MetadataStream(SquashImage image)
    {
        private readonly List<byte> _stored = [];
        private readonly List<byte> _current = [];

        public (uint Block, int Offset) Position => ((uint)_stored.Count, _current.Count);

        public void Write(byte[] bytes)
        {
            foreach (byte one in bytes)
            {
                _current.Add(one);
                if (_current.Count == MetadataLength)
                {
                    Flush();
                }
            }
        }

        public void Finish()
        {
            if (_current.Count > 0)
            {
                Flush();
            }

            image._image.AddRange(_stored);
        }

        private void Flush()
        {
            _stored.AddRange(image.ToMetadata([.. _current]));
            _current.Clear();
        }
    }
}
