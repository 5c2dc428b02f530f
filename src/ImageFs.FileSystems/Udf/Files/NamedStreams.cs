using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>The named streams of a file, shown as extended attributes of users (ECMA-167 4/9.2, UDF 3.3.5).</summary>
/// <param name="volume">The volume.</param>
internal sealed class NamedStreams(UdfVolume volume)
{
    // XATTR_NAME_MAX, XATTR_SIZE_MAX and XATTR_LIST_MAX: the kernel gives no more to a reader.
    private const int MaxName = 255;
    private const int MaxValue = 64 * 1024;
    private const int MaxList = 64 * 1024;

    // More than any directory has whose names make a list that can be given.
    private const long MaxDirectory = 16 * 1024 * 1024;

    private static readonly int s_maxStreamName = MaxName - Prefix.Length;

    private static ReadOnlySpan<byte> Prefix => "user."u8;

    /// <summary>The names, each with its prefix.</summary>
    /// <exception cref="ImageException">The stream directory is damaged.</exception>
    /// <exception cref="LinuxException">E2BIG: there are more than a reader can be given.</exception>
    public List<byte[]> List(FileEntry entry)
    {
        var names = new List<byte[]>();
        if (OpenDirectory(entry) is not { } directory)
        {
            return names;
        }

        using var reader = new DirectoryReader(volume, directory, 0, s_maxStreamName);
        int length = 0;
        while (reader.MoveNext())
        {
            if (reader.IsParent)
            {
                continue;
            }

            length += Prefix.Length + reader.Name.Length + 1;
            if (length > MaxList)
            {
                throw TooBig("listxattr", "the names of its streams");
            }

            names.Add([.. Prefix, .. reader.Name]);
        }

        return reader.Damage is null ? names : throw reader.Damage;
    }

    /// <summary>The contents of a stream; null when the file has none of the name.</summary>
    /// <param name="entry">The file's entry.</param>
    /// <param name="name">The name, with its prefix.</param>
    /// <exception cref="ImageException">The stream directory, or the stream, is damaged.</exception>
    /// <exception cref="LinuxException">E2BIG: there is more in it than a reader can be given.</exception>
    public byte[]? Get(FileEntry entry, ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(Prefix) || OpenDirectory(entry) is not { } directory)
        {
            return null;
        }

        name = name[Prefix.Length..];
        using var reader = new DirectoryReader(volume, directory, 0, s_maxStreamName);
        while (reader.MoveNext())
        {
            if (!reader.IsParent && reader.Name.SequenceEqual(name))
            {
                return Read(reader.Icb);
            }
        }

        // The name may be what cannot be read: that there is none would be a guess.
        return reader.Damage is null ? null : throw reader.Damage;
    }

    private MappedSource? OpenDirectory(FileEntry entry)
    {
        AllocationDescriptor icb = entry.StreamDirectoryIcb;
        if (icb.Length == 0)
        {
            return null;
        }

        using var block = new PooledBuffer(volume.BlockSize);
        FileEntry directory = volume.ReadFileEntry(icb.Start, block.Span);
        if (directory.FileType != FileType.StreamDirectory)
        {
            throw directory.Invalid($"it is of type {(byte)directory.FileType}, and not a stream directory (4/14.6.6)");
        }

        return directory.InformationLength <= MaxDirectory
            ? volume.OpenContents(directory)
            : throw TooBig("listxattr", "its stream directory");
    }

    private byte[] Read(LogicalBlock icb)
    {
        using var block = new PooledBuffer(volume.BlockSize);
        FileEntry stream = volume.ReadFileEntry(icb, block.Span);
        if (stream.FileType is not (FileType.Regular or FileType.Unspecified))
        {
            throw stream.Invalid($"it is of type {(byte)stream.FileType}, and a stream's (4/9.2)");
        }

        // Damage to where it lies is told in any case.
        MappedSource contents = volume.OpenContents(stream);
        if (contents.Length > MaxValue)
        {
            throw TooBig("getxattr", "the stream");
        }

        byte[] value = new byte[contents.Length];
        contents.ReadAt(0, value);
        return value;
    }

    private static LinuxException TooBig(string call, string what) => new(call, Errno.E2BIG, what);
}
