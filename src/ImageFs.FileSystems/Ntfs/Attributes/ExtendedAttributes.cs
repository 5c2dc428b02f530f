using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>
/// The extended attributes of files: those of OS/2 by their names, as Linux's ntfs3 shows them; streams as <c>user.NAME</c>, and what NTFS itself
/// keeps as <c>system.ntfs_…</c>, as ntfs-3g shows them. The last are not listed.
/// </summary>
/// <param name="volume">The volume.</param>
/// <param name="options">How streams and names are shown.</param>
internal sealed class ExtendedAttributes(NtfsVolume volume, NtfsOptions options)
{
    // XATTR_SIZE_MAX.
    private const int MaxValue = 64 << 10;
    private const int GuidLength = 16;
    private const uint DirectoryAttribute = 0x10;
    private const uint NormalAttribute = 0x80;
    private const string ObjectIds = "$ObjId";

    private static ReadOnlySpan<byte> UserPrefix => "user."u8;

    private bool ShowsStreams => options.Streams == StreamsInterface.Attributes;

    /// <summary>The whole names that are listed.</summary>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public List<byte[]> List(FileRecord record)
    {
        var names = new List<byte[]>();
        long number = record.Number;

        // By Latin-1, in which each byte is a letter: there may be thousands.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var list = new EaList(record.Number, EaList.ReadBytes(volume, record));
        while (list.MoveNext())
        {
            Add(list.Name.ToArray());
        }

        if (ShowsStreams)
        {
            foreach (string stream in ListStreams(record))
            {
                Add([.. UserPrefix, .. Show(stream)]);
            }
        }

        return names;

        void Add(byte[] name)
        {
            if (name.Length == 0 || name.AsSpan().Contains((byte)0))
            {
                throw new InvalidImageException($"extended attributes of file record {number}", -1, "a name is empty or has a zero in it", "$EA");
            }

            if (seen.Add(Encoding.Latin1.GetString(name)))
            {
                names.Add(name);
            }
        }
    }

    /// <summary>The value of an attribute; null when there is none of the name.</summary>
    /// <param name="record">The file's first record.</param>
    /// <param name="name">The whole name.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="LinuxException">It is too large for an extended attribute, or the device failed.</exception>
    public byte[]? Get(FileRecord record, ReadOnlySpan<byte> name) =>
        name.StartsWith("system."u8) || name.StartsWith("ntfs."u8) ? GetSystem(record, name) ?? FindEa(record, name)
        : FindEa(record, name) is { } value ? value
        : ShowsStreams && name.StartsWith(UserPrefix) ? GetStream(record, name[UserPrefix.Length..])
        : null;

    private byte[]? FindEa(FileRecord record, ReadOnlySpan<byte> name) => new EaList(record.Number, EaList.ReadBytes(volume, record)).Find(name);

    private byte[]? GetSystem(FileRecord record, ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name) switch
    {
        "system.ntfs_acl" or "system.ntfs_security" => SecurityDescriptors.Find(volume, record),
        "system.ntfs_attrib" => BitConverter.GetBytes(AttributesOf(record)),
        "system.ntfs_attrib_be" => BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(AttributesOf(record))),
        "system.dos_attrib" => [(byte)(AttributesOf(record) & 0xFF)],
        "system.ntfs_crtime" => TimesOf(record, isBigEndian: false)?[..sizeof(long)],
        "system.ntfs_crtime_be" => TimesOf(record, isBigEndian: true)?[..sizeof(long)],
        "system.ntfs_times" => TimesOf(record, isBigEndian: false),
        "system.ntfs_times_be" => TimesOf(record, isBigEndian: true),
        "system.ntfs_dos_name" => FindDosName(record),
        "system.ntfs_object_id" => FindObjectId(record),
        "system.ntfs_reparse_data" or "system.reparse" => ReparsePoint.Find(volume, record)?.Bytes,
        "system.ntfs_ea" => EaList.ReadBytes(volume, record) is { Length: > 0 } list ? list : null,
        "ntfs.streams.list" when options.Streams == StreamsInterface.Windows => ListStreams(record) is { Count: > 0 } streams ? [.. streams.SelectMany(stream => (byte[])[.. Show(stream), 0])] : null,
        _ => null,
    };

    private List<string> ListStreams(FileRecord record)
    {
        List<string> names = NamedStreams.List(volume, record);
        if (names.Exists(NamedStreams.IsOverlay) && ReparsePoint.Find(volume, record)?.Tag == ReparseTag.Overlay)
        {
            names.RemoveAll(NamedStreams.IsOverlay);
        }

        return names;
    }

    private byte[]? GetStream(FileRecord record, ReadOnlySpan<byte> shown)
    {
        foreach (string name in ListStreams(record))
        {
            if (!shown.SequenceEqual(Show(name)))
            {
                continue;
            }

            int number = NamedStreams.Find(volume, record, name);
            BlockSource contents = FileContents.Open(volume, record, NamedStreams.Open(volume, record, number), new NtfsNode(record.Reference, number).Number);
            if (contents.Length > MaxValue)
            {
                throw new LinuxException(
                    "getxattr", Errno.E2BIG, $"stream of {contents.Length} bytes", "an extended attribute has up to 65536: with streams_interface=windows it is the file NAME:STREAM");
            }

            byte[] value = new byte[contents.Length];
            contents.ReadAt(0, value);
            return value;
        }

        return null;
    }

    private byte[] Show(ReadOnlySpan<char> units)
    {
        byte[] bytes = new byte[units.Length * Utf16Name.MaxBytesPerUnit];
        return bytes[..options.Names.Encode(units, bytes)];
    }

    private static uint AttributesOf(FileRecord record)
    {
        uint attributes = (uint)StandardInformation.AttributesOf(record) & ~DirectoryAttribute;
        attributes |= record.IsDirectory ? DirectoryAttribute : 0;
        return attributes == 0 ? NormalAttribute : attributes;
    }

    // Birth, change of contents, access, change of attributes.
    private static byte[]? TimesOf(FileRecord record, bool isBigEndian)
    {
        if (!StandardInformation.TryFind(record, out StandardInformation information))
        {
            return null;
        }

        ReadOnlySpan<byte> times = information.Times;
        byte[] all = [.. times[..16], .. times[24..32], .. times[16..24]];
        for (int i = 0; isBigEndian && i < all.Length; i += sizeof(long))
        {
            all.AsSpan(i, sizeof(long)).Reverse();
        }

        return all;
    }

    private byte[]? FindDosName(FileRecord record)
    {
        if (record.Number == SystemFiles.Root)
        {
            return null;
        }

        using var scan = new AttributeScan(volume, record);
        while (scan.MoveNext())
        {
            if (scan.Current.Type == AttributeType.FileName && !scan.Current.IsNonResident
                && new FileName(scan.Current.Value) is { IsWhole: true, NameSpace: NameSpace.Dos or NameSpace.WindowsAndDos } name)
            {
                return Show(name.Name);
            }
        }

        return null;
    }

    // The number, and where $ObjId has more of it three others: of the volume, the object and the domain that it was born with.
    private byte[]? FindObjectId(FileRecord record)
    {
        if (NtfsStream.Open(volume, record, AttributeType.ObjectId)?.ReadAll(volume.Clusters, 4 * GuidLength) is not { Length: >= GuidLength } own)
        {
            return null;
        }

        byte[] id = own[..GuidLength];
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        return volume.FindExtension(ObjectIds) is { } number
            && ViewIndex.Open(volume, volume.ReadFile(number, buffer.Span), "$O")?.Find(id) is { Length: >= sizeof(ulong) + (3 * GuidLength) } more
                ? [.. id, .. more.AsSpan(sizeof(ulong), 3 * GuidLength)]
                : id;
    }
}
