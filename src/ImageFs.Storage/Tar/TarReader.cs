using ImageFs.Linux;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Tar;

/// <summary>Reads the members of an archive, one by one: ustar, GNU tar's and pax's long names, large numbers and files with holes.</summary>
/// <param name="archive">The archive.</param>
public sealed class TarReader(BlockSource archive)
{
    /// <summary>What marks an archive, and where in its first header.</summary>
    public const string Magic = "ustar";

    /// <summary>Where the mark is.</summary>
    public const int MagicOffset = 257;

    internal const string Clause = "POSIX pax: ustar Interchange Format";

    // A path has 4,096 bytes on Linux; pax has attributes too.
    private const long MaxExtension = 1 << 20;
    private const int MaxHeaders = 16;

    // Git's archives have one; one that was put together from others has those of all.
    private const int MaxGlobals = 4096;
    private const int MaxPieces = 1 << 20;
    private const uint PermissionBits = 0xFFF;

    // What holds for all members behind an address, until the next one: in the order of addresses.
    private readonly List<(long Address, TarExtensions Values)> _globals = [];
    private long _globalBytes;

    /// <summary>Whether an archive begins here: with a header whose sum is right. Those of UNIX V7 have no mark.</summary>
    /// <exception cref="LinuxException">The device failed: that is no answer.</exception>
    public static bool Begins(ProbeWindow window)
    {
        ReadOnlySpan<byte> block = window.From(0);
        return block.Length >= TarHeader.Length && new TarHeader(block) is { IsEnd: false, HasChecksum: true };
    }

    /// <summary>The member that begins at an address.</summary>
    /// <remarks>
    /// What a global header of pax says of all members behind it is known once that was read: so all are read in their order first, by one thread.
    /// </remarks>
    /// <param name="address">0 for the first; else the <see cref="TarMember.Next"/> of the one before.</param>
    /// <returns>Null at the end of the archive.</returns>
    /// <exception cref="InvalidImageException">There is no header.</exception>
    /// <exception cref="TruncatedImageException">The archive is cut short.</exception>
    public TarMember? Read(long address)
    {
        var extensions = new TarExtensions { Globals = GlobalsAt(address) };
        Span<byte> block = stackalloc byte[TarHeader.Length];
        long at = address;
        for (int i = 0; i < MaxHeaders; i++)
        {
            // An archive may end without the blocks that say so.
            if (at == archive.Length && i == 0)
            {
                return null;
            }

            archive.ReadAt(at, block);
            var header = new TarHeader(block);
            if (header.IsEnd && i == 0)
            {
                return null;
            }

            if (!header.HasChecksum)
            {
                throw Invalid(at, "its checksum is wrong");
            }

            if (header.Type is not ((byte)'x' or (byte)'X' or (byte)'g' or (byte)'L' or (byte)'K'))
            {
                return Build(address, at, header, extensions);
            }

            at = ReadExtension(at, header, extensions);
            if (header.Type == (byte)'g')
            {
                extensions.Globals = GlobalsAt(at);
            }
        }

        throw Invalid(address, $"more than {MaxHeaders} headers with long names and the like come before it");
    }

    private static InvalidImageException Invalid(long address, string problem) => new("tar header", address, problem, Clause);

    private static long SizeOf(long address, long? size) => size is >= 0 and <= long.MaxValue / 2
        ? size.Value
        : throw Invalid(address, $"it has a size that is none");

    private static long RoundUp(long length) => (length + TarHeader.Length - 1) / TarHeader.Length * TarHeader.Length;

    private long ReadExtension(long address, in TarHeader header, TarExtensions extensions)
    {
        long size = SizeOf(address, header.Size);
        if (size > MaxExtension)
        {
            throw Invalid(address, $"it has {size} bytes of names and the like: {MaxExtension} are the most that is read");
        }

        byte[] bytes = new byte[size];
        archive.ReadAt(address + TarHeader.Length, bytes);
        switch (header.Type)
        {
            case (byte)'L':
                extensions.TakeName(TextOf(bytes));
                break;
            case (byte)'K':
                extensions.TakeLink(TextOf(bytes));
                break;
            case (byte)'g':
                ReadGlobals(address, bytes);
                break;
            case (byte)'x' or (byte)'X':
                TakeRecords(address, bytes, extensions);
                break;
        }

        return address + TarHeader.Length + RoundUp(size);
    }

    private static void TakeRecords(long address, ReadOnlySpan<byte> bytes, TarExtensions extensions)
    {
        if (!extensions.TryTake(bytes))
        {
            throw Invalid(address, "a record of its extended header has no length that can be");
        }
    }

    private TarExtensions? GlobalsAt(long address)
    {
        int index = _globals.FindLastIndex(global => global.Address < address);
        return index < 0 ? null : _globals[index].Values;
    }

    // Those of one that was read before are known.
    private void ReadGlobals(long address, ReadOnlySpan<byte> bytes)
    {
        if (_globals.Count > 0 && _globals[^1].Address >= address)
        {
            return;
        }

        _globalBytes += bytes.Length;
        if (_globals.Count == MaxGlobals || _globalBytes > MaxExtension)
        {
            throw new UnsupportedFeatureException($"an archive of tar with more than {MaxGlobals} global headers, or {MaxExtension} bytes of them", Clause);
        }

        TarExtensions globals = TarExtensions.After(GlobalsAt(address));
        TakeRecords(address, bytes, globals);
        _globals.Add((address, globals));
    }

    private static byte[] TextOf(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return (end < 0 ? bytes : bytes[..end]).ToArray();
    }

    private TarMember Build(long address, long at, in TarHeader header, TarExtensions extensions)
    {
        long stored = SizeOf(at, extensions.Size ?? header.Size);
        TarType type = TypeOf(header.Type);
        byte[] name = extensions.Name ?? (header.Prefix.Length > 0 ? [.. header.Prefix, (byte)'/', .. header.Name] : header.Name.ToArray());
        if (type == TarType.File && name is [.., (byte)'/'])
        {
            type = TarType.Directory;
        }

        // Links and the like have no bytes, whatever their size says; but old GNU tar lists what a directory had.
        bool hasData = type is TarType.File or TarType.Other || header.Type == (byte)'D';
        long data = at + TarHeader.Length;
        long size = type == TarType.File ? stored : 0;
        IReadOnlyList<(long, long)>? pieces = null;
        if (header.Type == (byte)'S')
        {
            pieces = ReadOldPieces(at, header, ref data);
            size = SizeOf(at, header.RealSize);
        }

        long next = data + (hasData ? RoundUp(stored) : 0);
        if (type == TarType.File && extensions.IsSparse)
        {
            long start = data;
            pieces = extensions.Pieces is { } listed ? listed : ReadNewPieces(at, ref data, stored);
            stored -= data - start;
            size = extensions.RealSize ?? throw Invalid(at, "it has holes, and no size with them");
        }

        if (pieces is not null)
        {
            Check(at, pieces, size, stored);
        }

        return new TarMember(address, type, extensions.SparseName ?? name, data, hasData ? stored : 0, next)
        {
            Size = size,
            Link = extensions.Link ?? header.Link.ToArray(),
            Permissions = (uint)((header.Mode ?? 0) & PermissionBits),
            Uid = IdOf(extensions.Uid ?? header.Uid),
            Gid = IdOf(extensions.Gid ?? header.Gid),
            Time = extensions.Time?.Seconds ?? header.Time ?? 0,
            Nanoseconds = extensions.Time?.Nanoseconds ?? 0,
            Major = IdOf(extensions.Major ?? header.Major),
            Minor = IdOf(extensions.Minor ?? header.Minor),
            Attributes = extensions.Attributes,
            Pieces = pieces,
        };
    }

    private static uint IdOf(long? id) => id is >= 0 and <= uint.MaxValue ? (uint)id.Value : 0;

    private static TarType TypeOf(byte type) => type switch
    {
        (byte)'0' or 0 or (byte)'7' or (byte)'S' => TarType.File,
        (byte)'1' => TarType.HardLink,
        (byte)'2' => TarType.SymbolicLink,
        (byte)'3' => TarType.CharacterDevice,
        (byte)'4' => TarType.BlockDevice,
        (byte)'5' or (byte)'D' => TarType.Directory,
        (byte)'6' => TarType.Fifo,
        _ => TarType.Other,
    };

    // Four places in the header, 21 in each block that follows (GNU tar: Old GNU Format).
    private List<(long, long)> ReadOldPieces(long at, in TarHeader header, ref long data)
    {
        const int PlacesInBlock = 21;
        var pieces = new List<(long, long)>();
        AddPlaces(at, header.SparsePlaces, pieces);
        bool hasMore = header.HasMorePlaces;
        Span<byte> block = stackalloc byte[TarHeader.Length];
        while (hasMore)
        {
            archive.ReadAt(data, block);
            data += TarHeader.Length;
            int before = pieces.Count;
            AddPlaces(at, block[..(PlacesInBlock * TarHeader.SparsePlaceLength)], pieces);
            hasMore = block[PlacesInBlock * TarHeader.SparsePlaceLength] != 0;
            if (pieces.Count == before || pieces.Count > MaxPieces)
            {
                throw Invalid(at, $"a block that lists places between holes has none, or all together have more than {MaxPieces}");
            }
        }

        return pieces;
    }

    private static void AddPlaces(long at, ReadOnlySpan<byte> places, List<(long, long)> pieces)
    {
        for (; places.Length > 0 && places[0] != 0; places = places[TarHeader.SparsePlaceLength..])
        {
            if (TarHeader.NumberOf(places[..12]) is not { } offset || TarHeader.NumberOf(places.Slice(12, 12)) is not { } length)
            {
                throw Invalid(at, "a place between its holes is no number");
            }

            pieces.Add((offset, length));
        }
    }

    // Before the bytes, in lines of digits: how many, and of each where it is and how long (GNU tar: PAX Format, Version 1.0).
    private List<(long, long)> ReadNewPieces(long at, ref long data, long stored)
    {
        long end = data + stored;
        var numbers = new List<long>();
        long number = 0;
        Span<byte> block = stackalloc byte[TarHeader.Length];
        while (numbers.Count == 0 || numbers.Count < 1 + (2 * numbers[0]))
        {
            if (data >= end || (numbers.Count > 0 && numbers[0] > MaxPieces))
            {
                throw Invalid(at, "the list of places between its holes does not end, or is too long");
            }

            archive.ReadAt(data, block);
            data += TarHeader.Length;
            foreach (byte symbol in block)
            {
                if (symbol == '\n')
                {
                    numbers.Add(number);
                    number = 0;
                    if (numbers.Count == 1 + (2 * numbers[0]))
                    {
                        break;
                    }
                }
                else if (symbol is < (byte)'0' or > (byte)'9' || number > long.MaxValue / 16)
                {
                    throw Invalid(at, "a place between its holes is no number");
                }
                else
                {
                    number = (number * 10) + (symbol - '0');
                }
            }
        }

        var pieces = new List<(long, long)>();
        for (int i = 1; i < numbers.Count; i += 2)
        {
            pieces.Add((numbers[i], numbers[i + 1]));
        }

        return pieces;
    }

    private static void Check(long at, IReadOnlyList<(long Offset, long Length)> pieces, long size, long stored)
    {
        long end = 0;
        long sum = 0;
        foreach ((long offset, long length) in pieces)
        {
            if (offset < end || length < 0 || offset > size || length > size - offset || length > stored - sum)
            {
                throw Invalid(at, $"a place between its holes is at 0x{offset:X}, of {length} bytes: it has {size}, and {stored} in the archive");
            }

            end = offset + length;
            sum += length;
        }
    }
}
