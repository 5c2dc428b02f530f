using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// Names that several entries of a directory have. A lookup finds one of them, as in Linux; a listing then has to give that one's node
/// to all, or what the name leads to would depend on who asked last.
/// </summary>
internal sealed class RepeatedNames
{
    // No tool makes even one. Of a directory that has more names, or more of these, the rest is listed as it stands.
    private const int MaxNames = 1 << 22;
    private const int MaxRepeated = 256;

    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
    private const int Rotation = 29;

    private static readonly RepeatedNames s_none = new();

    // By the hash of the name.
    private readonly Dictionary<ulong, (byte[] Name, uint Inode)> _found = [];

    private RepeatedNames()
    {
    }

    /// <summary>Goes through a directory, and a second time where something may be repeated.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <returns>What of it is repeated; what cannot be read is skipped.</returns>
    public static RepeatedNames Find(ExtVolume volume, Directory directory)
    {
        HashSet<ulong> repeated = FindHashes(volume, directory);
        if (repeated.Count == 0)
        {
            return s_none;
        }

        var names = new RepeatedNames();
        var lookup = new DirectoryLookup(volume, directory);
        using var buffer = new PooledBuffer(volume.Geometry.BlockSize);
        var cursor = new DirectoryCursor(directory, volume.Geometry, 0, buffer.Span);
        while (cursor.MoveNext())
        {
            ulong hash = Hash(cursor.Name);
            if (repeated.Remove(hash))
            {
                uint first = cursor.Current.Inode;
                names._found.Add(hash, (cursor.Name.ToArray(), directory.IsIndexed ? LookUp(lookup, cursor.Name) ?? first : first));
            }
        }

        return names;
    }

    /// <summary>The inode that a lookup finds for a name that several entries have; null for all other names.</summary>
    /// <param name="name">The name.</param>
    public uint? InodeOf(ReadOnlySpan<byte> name) =>
        _found.Count > 0 && _found.TryGetValue(Hash(name), out (byte[] Name, uint Inode) known) && name.SequenceEqual(known.Name) ? known.Inode : null;

    private static HashSet<ulong> FindHashes(ExtVolume volume, Directory directory)
    {
        var hashes = new List<ulong>();
        using var buffer = new PooledBuffer(volume.Geometry.BlockSize);
        var cursor = new DirectoryCursor(directory, volume.Geometry, 0, buffer.Span);
        while (hashes.Count < MaxNames && cursor.MoveNext())
        {
            hashes.Add(Hash(cursor.Name));
        }

        Span<ulong> sorted = CollectionsMarshal.AsSpan(hashes);
        sorted.Sort();
        var repeated = new HashSet<ulong>();
        for (int i = 1; i < sorted.Length && repeated.Count < MaxRepeated; i++)
        {
            if (sorted[i] == sorted[i - 1])
            {
                repeated.Add(sorted[i]);
            }
        }

        return repeated;
    }

    // A hash tree may lead past the first in the order of the directory.
    private static uint? LookUp(DirectoryLookup lookup, ReadOnlySpan<byte> name)
    {
        try
        {
            return lookup.TryFind(name, out uint inode) ? inode : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length;
        for (; name.Length >= sizeof(ulong); name = name[sizeof(ulong)..])
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(name));
        }

        foreach (byte one in name)
        {
            hash = Mix(hash, one);
        }

        return hash;
    }

    private static ulong Mix(ulong hash, ulong value) => unchecked(BitOperations.RotateLeft(hash ^ value, Rotation) * Multiplier);
}
