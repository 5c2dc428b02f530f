using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>Extended attributes as they stand behind an inode (erofs_xattr_ibody_header, erofs_xattr_entry). Equal ones are kept once.</summary>
internal sealed class AttributeRecords
{
    /// <summary>Bytes before the first: a filter of names that is not used, and shared attributes, of which there are none.</summary>
    public const int HeaderLength = 12;

    private const int EntryLength = 4;
    private const int MaxBytes = HeaderLength + ((ushort.MaxValue - 1) * EntryLength);

    private const int MaxKnown = 1024;

    private readonly Dictionary<string, byte[]> _known = [];

    /// <summary>Those of a node, empty when there are none; and how many had no place. Safe from any thread.</summary>
    /// <exception cref="Storage.ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public (byte[] Records, int Lost) Read(FileSystem fileSystem, NodeId node)
    {
        IReadOnlyList<byte[]> names = fileSystem.ListExtendedAttributes(node);
        if (names.Count == 0)
        {
            return ([], 0);
        }

        int lost = 0;
        var records = new List<byte>(new byte[HeaderLength]);
        foreach (byte[] name in names.Order(Comparer<byte[]>.Create((first, second) => first.AsSpan().SequenceCompareTo(second))))
        {
            byte[]? value = fileSystem.GetExtendedAttribute(node, name);
            if (value is not null && !TryAdd(records, name, value))
            {
                lost++;
            }
        }

        return (records.Count == HeaderLength ? [] : Unify([.. records]), lost);
    }

    private static bool TryAdd(List<byte> records, ReadOnlySpan<byte> name, byte[] value)
    {
        (byte index, ReadOnlySpan<byte> rest) = Split(name);
        int length = EntryLength + rest.Length + value.Length;
        int padding = -length & (EntryLength - 1);
        if (index == 0 || rest.Length > byte.MaxValue || value.Length > ushort.MaxValue || records.Count + length + padding > MaxBytes)
        {
            return false;
        }

        Span<byte> entry = stackalloc byte[EntryLength];
        entry[0] = (byte)rest.Length;
        entry[1] = index;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)value.Length);
        records.AddRange(entry);
        records.AddRange(rest);
        records.AddRange(value);
        records.AddRange(stackalloc byte[padding]);
        return true;
    }

    // EROFS_XATTR_INDEX_*; 0 for a name that has none.
    private static (byte Index, byte[] Name) Split(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("system.posix_acl_access"u8) => (2, []),
        _ when name.SequenceEqual("system.posix_acl_default"u8) => (3, []),
        _ when name.StartsWith("user."u8) => (1, name["user."u8.Length..].ToArray()),
        _ when name.StartsWith("trusted."u8) => (4, name["trusted."u8.Length..].ToArray()),
        _ when name.StartsWith("security."u8) => (6, name["security."u8.Length..].ToArray()),
        _ => (0, []),
    };

    // Most files of a tree that have any have the same: a label, an access control list.
    private byte[] Unify(byte[] records)
    {
        string key = Convert.ToBase64String(records);
        lock (_known)
        {
            if (_known.Count == MaxKnown)
            {
                return _known.GetValueOrDefault(key, records);
            }

            ref byte[]? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, key, out _);
            return known ??= records;
        }
    }
}
