using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ImageFs.FileSystems.Names;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Reparse;

/// <summary>
/// Where a link leads, as Linux's ntfs3 prints it: with slashes, and of a junction as a path from the link to the root of this volume, whichever
/// drive it names.
/// </summary>
internal static class LinkTarget
{
    // PATH_MAX, with the zero at the end.
    private const int MaxLength = 4095;

    // Each takes three bytes of the target, behind the "./" at its start.
    private const int MaxDepth = (MaxLength - 2) / 3;

    // Before the names of all of them together: a folder has one, or a few.
    private const int MaxAttributes = 16 * MaxDepth;

    // Before the names, of a link: places and lengths of two of them, and flags. A junction has no flags.
    private const int LinkHead = 12;
    private const int JunctionHead = 8;
    private const int LinuxHead = 4;

    /// <summary>What the system puts before a path of its own.</summary>
    private const string ObjectPrefix = @"\??\";

    /// <summary>Reads the target of a link.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="names">How names are shown.</param>
    /// <param name="record">The link's record.</param>
    /// <param name="point">Its reparse point, which is a link's.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] Read(NtfsVolume volume, ShownNames names, FileRecord record, ReparsePoint point)
    {
        byte[] target = point.Tag switch
        {
            ReparseTag.MountPoint => ReadJunction(volume, names, record, point.Data),
            ReparseTag.SymbolicLink => Show(names, ReadName(record, point.Data, LinkHead)),
            _ => ReadLinux(record, point.Data),
        };
        return target.Length is > 0 and <= MaxLength ? target : throw record.Damaged($"the target of the link has {target.Length} bytes", ReparsePoint.Clause);
    }

    // [MS-FSCC] 2.1.2.4, 2.1.2.5: the name that is printed, or where there is none the other.
    private static ReadOnlySpan<char> ReadName(FileRecord record, ReadOnlySpan<byte> data, int head)
    {
        if (data.Length < head)
        {
            throw record.Damaged($"the link has {data.Length} bytes", ReparsePoint.Clause);
        }

        ReadOnlySpan<char> printed = ReadName(record, data[4..], data[head..]);
        if (printed.Length > 0)
        {
            return printed;
        }

        ReadOnlySpan<char> substitute = ReadName(record, data, data[head..]);
        return substitute.StartsWith(ObjectPrefix) ? substitute[ObjectPrefix.Length..] : substitute;
    }

    private static ReadOnlySpan<char> ReadName(FileRecord record, ReadOnlySpan<byte> place, ReadOnlySpan<byte> names)
    {
        int start = BinaryPrimitives.ReadUInt16LittleEndian(place);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(place[2..]);
        if (start + length > names.Length)
        {
            throw record.Damaged($"the name of the link from byte {start} on has {length} bytes, and is not in its {names.Length}", ReparsePoint.Clause);
        }

        ReadOnlySpan<char> units = MemoryMarshal.Cast<byte, char>(names.Slice(start, length));
        return units is [.., '\0'] ? units[..^1] : units;
    }

    private static byte[] Show(ShownNames names, ReadOnlySpan<char> units)
    {
        byte[] bytes = new byte[units.Length * Utf16Name.MaxBytesPerUnit];
        int length = names.Encode(units, bytes);
        bytes.AsSpan(0, length).Replace((byte)'\\', (byte)'/');
        return bytes[..length];
    }

    // ntfs_translate_junction. A volume that is named by its number instead of a letter is no directory here: its name is shown as it is.
    private static byte[] ReadJunction(NtfsVolume volume, ShownNames names, FileRecord record, ReadOnlySpan<byte> data)
    {
        byte[] target = Show(names, ReadName(record, data, JunctionHead));
        int colon = target.AsSpan().IndexOf((byte)':');
        if (colon < 0)
        {
            return target;
        }

        ReadOnlySpan<byte> path = target.AsSpan(colon + 1);
        path = path is [(byte)'/', ..] ? path[1..] : path;
        var whole = new List<byte>("./"u8.ToArray());
        for (int depth = CountFolders(volume, record); depth > 0; depth--)
        {
            whole.AddRange("../"u8);
        }

        whole.AddRange(path);
        return [.. whole];
    }

    // Folders that a file is in, that of the root not among them.
    private static int CountFolders(NtfsVolume volume, FileRecord record)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        int left = MaxAttributes;
        FileReference parent = FindParent(volume, record, ref left);
        int count = 0;
        for (; parent.Record != SystemFiles.Root; count++)
        {
            if (count == MaxDepth)
            {
                throw record.Damaged($"it is in more than {MaxDepth} folders", "linux-ntfs, $FILE_NAME");
            }

            parent = FindParent(volume, volume.ReadFile(parent, buffer.Span), ref left);
        }

        return count;
    }

    private static FileReference FindParent(NtfsVolume volume, FileRecord record, ref int left)
    {
        using var scan = new AttributeScan(volume, record);
        while (scan.MoveNext())
        {
            if (left-- == 0)
            {
                throw record.Damaged($"the folders that the link is in have more than {MaxAttributes} attributes before their names");
            }

            if (scan.Current.Type == AttributeType.FileName && !scan.Current.IsNonResident && new FileName(scan.Current.Value) is { IsWhole: true } name)
            {
                return name.Parent;
            }
        }

        throw record.Damaged("it has no name");
    }

    // A version, and a path in UTF-8.
    private static byte[] ReadLinux(FileRecord record, ReadOnlySpan<byte> data) => data.Length > LinuxHead
        ? data[LinuxHead..].ToArray()
        : throw record.Damaged($"the link has {data.Length} bytes", ReparsePoint.Clause);
}
