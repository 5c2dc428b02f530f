using System.Globalization;
using System.Text;
using System.Text.Unicode;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Tar;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>
/// Puts files into an archive of tar (pax), with their holes (GNU tar: Storing Sparse Files, format 1.0), links, owners, times and extended attributes.
/// What is damaged is reported and left out: never a shorter file.
/// </summary>
/// <param name="fileSystem">Where from.</param>
/// <param name="output">Where to; one that can be sought in may be any, of another what was written stays.</param>
/// <param name="progress">Called with the number of bytes done.</param>
/// <param name="ahead">Decodes what comes next.</param>
internal sealed class Archiving(FileSystem fileSystem, Stream output, Action<long> progress, FolderAhead ahead)
{
    // A file up to so long is read before its header is written.
    private const int BufferLength = 1 << 20;
    private const int MaxPieces = 1 << 20;

    private readonly TarWriter _tar = new(output);
    private readonly HardLinks _linked = new(fileSystem);
    private readonly byte[] _buffer = new byte[BufferLength];

    /// <summary>Whether extended attributes go in.</summary>
    internal bool TakesAttributes { get; init; } = true;

    /// <summary>How many sockets were left out: an archive has none.</summary>
    internal int Sockets { get; private set; }

    /// <summary>Adds a file, or a directory without what it holds.</summary>
    /// <exception cref="ImageException">It is damaged, and not in the archive.</exception>
    /// <exception cref="LinuxException">The device failed, and it is not in the archive.</exception>
    /// <exception cref="IOException">The archive cannot be written, or not gone on with.</exception>
    internal void Add(WalkedNode file)
    {
        if (file.Attributes.Type == NodeType.Socket)
        {
            Sockets++;
            return;
        }

        byte[] path = NameOf(file);
        TarMember member = Describe(file, path);
        if (file.Attributes.Type == NodeType.Directory)
        {
            Begin(file, member);
        }
        else if (_linked.TryFind(file.Node, file.Attributes, out byte[]? first))
        {
            _tar.WriteHeader(member with { Type = TarType.HardLink, Link = first });
        }
        else if (file.Attributes.Type == NodeType.Regular)
        {
            AddContents(file, member);
            _linked.Add(file.Node, file.Attributes, path);
        }
        else
        {
            Begin(file, member);
            _linked.Add(file.Node, file.Attributes, path);
        }
    }

    /// <summary>Ends the archive.</summary>
    internal void End() => _tar.End();

    // Paths are relative, as tar(1) makes them; that of a directory ends in a slash.
    private static byte[] NameOf(WalkedNode file)
    {
        ReadOnlySpan<byte> path = file.Path.ToBytes().AsSpan().TrimStart((byte)'/');
        path = path.IsEmpty ? "."u8 : path;
        return file.Attributes.Type == NodeType.Directory && !path.EndsWith("/"u8) ? [.. path, (byte)'/'] : path.ToArray();
    }

    private TarMember Describe(WalkedNode file, byte[] path)
    {
        NodeAttributes attributes = file.Attributes;
        bool isDevice = attributes.Type is NodeType.BlockDevice or NodeType.CharacterDevice;
        return new TarMember(0, TypeOf(attributes.Type), path, 0, 0, 0)
        {
            Link = attributes.Type == NodeType.SymbolicLink ? fileSystem.ReadLink(file.Node) : [],
            Permissions = attributes.Permissions,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Time = attributes.ModifyTime.Seconds,
            Nanoseconds = attributes.ModifyTime.Nanoseconds,
            Major = isDevice ? attributes.Device.Major : 0,
            Minor = isDevice ? attributes.Device.Minor : 0,
        };
    }

    private static TarType TypeOf(NodeType type) => type switch
    {
        NodeType.Directory => TarType.Directory,
        NodeType.SymbolicLink => TarType.SymbolicLink,
        NodeType.BlockDevice => TarType.BlockDevice,
        NodeType.CharacterDevice => TarType.CharacterDevice,
        NodeType.Fifo => TarType.Fifo,
        _ => TarType.File,
    };

    // All that may be damaged is read before anything is written.
    private void Begin(WalkedNode file, TarMember member, params (byte[] Key, byte[] Value)[] records)
    {
        var attributes = new List<(byte[] Name, byte[] Value)>();
        if (TakesAttributes && fileSystem.HasExtendedAttributes)
        {
            foreach (byte[] name in fileSystem.ListExtendedAttributes(file.Node))
            {
                if (fileSystem.GetExtendedAttribute(file.Node, name) is { } value)
                {
                    attributes.Add((name, value));
                }
            }
        }

        // Of names that are no UTF-8 bsdtar wants to know it.
        if (!Utf8.IsValid(member.Name) || !Utf8.IsValid(member.Link))
        {
            _tar.AddRecord("hdrcharset", "BINARY");
        }

        foreach ((byte[] key, byte[] value) in records)
        {
            _tar.AddRecord(key, value);
        }

        foreach ((byte[] name, byte[] value) in attributes)
        {
            _tar.AddAttribute(name, value);
        }

        _tar.WriteHeader(member);
    }

    private void AddContents(WalkedNode file, TarMember member)
    {
        BlockSource source = fileSystem.OpenFile(file.Node);
        IReadOnlyList<(long Offset, long Length)> pieces = PiecesOf(source);
        long data = pieces.Sum(piece => piece.Length);
        bool hasHoles = data < source.Length;
        byte[] map = hasHoles ? MapOf(pieces, source.Length) : [];
        bool isRead = data <= _buffer.Length;
        if (isRead)
        {
            ReadAll(source, pieces);
        }

        long start = _tar.Length;
        if (hasHoles)
        {
            int slash = member.Name.AsSpan().LastIndexOf((byte)'/') + 1;
            Begin(
                file,
                member with { Name = [.. member.Name.AsSpan(0, slash), .. "GNUSparseFile.0/"u8, .. member.Name.AsSpan(slash)], StoredLength = map.Length + data },
                ("GNU.sparse.major"u8.ToArray(), "1"u8.ToArray()),
                ("GNU.sparse.minor"u8.ToArray(), "0"u8.ToArray()),
                ("GNU.sparse.name"u8.ToArray(), member.Name),
                ("GNU.sparse.realsize"u8.ToArray(), Digits(source.Length)));
            _tar.Write(map);
        }
        else
        {
            Begin(file, member with { StoredLength = data });
        }

        if (isRead)
        {
            _tar.Write(_buffer.AsSpan(0, (int)data));
        }
        else
        {
            CopyAll(source, pieces, start, member);
        }

        _tar.Pad();
        progress(isRead ? source.Length : source.Length - data);
    }

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    // What is no hole. Where they are too many, holes are zeros.
    private static List<(long Offset, long Length)> PiecesOf(BlockSource source)
    {
        var pieces = new List<(long Offset, long Length)>();
        for (long offset = 0; offset < source.Length;)
        {
            bool isFound = source.TryLocate(offset, source.Length - offset, out LocatedExtent extent);
            long length = isFound ? extent.Length : source.Length - offset;
            if (isFound && extent.IsZero)
            {
                // Nothing is written for it.
            }
            else if (pieces.Count > 0 && pieces[^1].Offset + pieces[^1].Length == offset)
            {
                pieces[^1] = (pieces[^1].Offset, pieces[^1].Length + length);
            }
            else if (pieces.Count < MaxPieces)
            {
                pieces.Add((offset, length));
            }
            else
            {
                return [(0, source.Length)];
            }

            offset += length;
        }

        return pieces;
    }

    // How many pieces, then where each is and how long, a line for each number; at the end of the file one of no length.
    private static byte[] MapOf(IReadOnlyList<(long Offset, long Length)> pieces, long length)
    {
        IReadOnlyList<(long Offset, long Length)> all = pieces.Count > 0 && pieces[^1].Offset + pieces[^1].Length == length ? pieces : [.. pieces, (length, 0)];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{all.Count}\n");
        foreach ((long offset, long size) in all)
        {
            text.Append(CultureInfo.InvariantCulture, $"{offset}\n{size}\n");
        }

        byte[] map = new byte[(text.Length + TarWriter.BlockLength - 1) / TarWriter.BlockLength * TarWriter.BlockLength];
        Encoding.ASCII.GetBytes(text.ToString(), map);
        return map;
    }

    private void ReadAll(BlockSource source, IReadOnlyList<(long Offset, long Length)> pieces)
    {
        int done = 0;
        foreach ((long offset, long length) in pieces)
        {
            source.ReadAt(offset, _buffer.AsSpan(done, (int)length));
            done += (int)length;
            ahead.Pass(offset + length);
        }
    }

    private void CopyAll(BlockSource source, IReadOnlyList<(long Offset, long Length)> pieces, long start, TarMember member)
    {
        try
        {
            foreach ((long offset, long length) in pieces)
            {
                for (long done = 0; done < length; done += _buffer.Length)
                {
                    Span<byte> part = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, length - done));
                    source.ReadAt(offset + done, part);
                    _tar.Write(part);
                    ahead.Pass(offset + done + part.Length);
                    progress(part.Length);
                }
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
        {
            if (!output.CanSeek)
            {
                throw new IOException($"{ByteText.FromBytes(member.Name)}: {e.Message}: the archive ends here, inside the file; -f FILE leaves out such files and goes on", e);
            }

            _tar.ReturnTo(start);
            throw;
        }
    }
}
