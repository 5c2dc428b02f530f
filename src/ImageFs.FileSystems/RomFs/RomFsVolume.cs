using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>A romfs volume: its first header, and those of its files (Documentation/filesystems/romfs.rst).</summary>
internal sealed class RomFsVolume
{
    /// <summary>What the specification's part about headers is called in errors.</summary>
    public const string Clause = "romfs.rst";

    /// <summary>Bytes of the first header, before the name of the volume.</summary>
    public const int HeaderLength = 16;

    private const string Structure = "romfs super block";
    private const int SummedLength = 512;
    private const int MaxLabelLength = 128;
    private const int MaxLinks = 16;
    private const int CachedBlock = 1024;

    /// <summary>Reads the first header.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends in it.</exception>
    public RomFsVolume(BlockSource source, MemoryBudget memory)
    {
        Source = source;
        Indexes = memory.Indexes.ForOwner();
        Span<byte> bytes = stackalloc byte[SummedLength];
        source.ReadAt(0, bytes[..HeaderLength]);
        if (!bytes.StartsWith(RomFsFormat.Magic))
        {
            throw new InvalidImageException(Structure, 0, "it has no magic number", Clause);
        }

        Length = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        int summed = (int)Math.Min(SummedLength, Length) & ~(sizeof(uint) - 1);
        if (summed < HeaderLength + FileHeader.Alignment + FileHeader.Length)
        {
            throw new InvalidImageException(Structure, 0, $"it says that the file system has {Length} bytes: there is no room for a root directory", Clause);
        }

        source.ReadAt(0, bytes[..summed]);
        if (FileHeader.Sum(bytes[..summed]) != 0)
        {
            throw new InvalidImageException(Structure, 0, $"the checksum of the first {summed} bytes is wrong", Clause);
        }

        ReadOnlySpan<byte> label = bytes[HeaderLength..Math.Min(summed, HeaderLength + MaxLabelLength)];
        int end = label.IndexOf((byte)0);
        if (end < 0)
        {
            throw new InvalidImageException(Structure, HeaderLength, "the name of the volume does not end", Clause);
        }

        Label = Encoding.UTF8.GetString(label[..end]);
        Root = (uint)EndOfName(HeaderLength, end);
        Cache = new BlockCache(source, CachedBlock, memory.Blocks);
    }

    /// <summary>What it is on.</summary>
    public BlockSource Source { get; }

    /// <summary>The same, through a cache.</summary>
    public BlockCache Cache { get; }

    /// <summary>Keeps the indexes of directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>Bytes that the volume says it has.</summary>
    public long Length { get; }

    /// <summary>Its name.</summary>
    public string Label { get; }

    /// <summary>Where the header of the root directory is: after the name of the volume.</summary>
    public uint Root { get; }

    /// <summary>The error of a header.</summary>
    public static InvalidImageException Invalid(uint address, string problem) => new("romfs file header", address, problem, Clause);

    /// <summary>Where what stands after a name begins.</summary>
    /// <param name="name">Where the name begins.</param>
    /// <param name="length">Its bytes, without the zero at its end.</param>
    public static long EndOfName(long name, int length) => (name + length + FileHeader.Alignment) & ~(FileHeader.Alignment - 1L);

    /// <summary>Reads a header.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="buffer">At least <see cref="FileHeader.Length"/> bytes, for it.</param>
    /// <exception cref="InvalidImageException">There can be none.</exception>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    public FileHeader ReadHeader(uint address, Span<byte> buffer)
    {
        if (address % FileHeader.Alignment != 0 || address < Root || address > Length - FileHeader.Length)
        {
            throw Invalid(address, $"headers are from 0x{Root:X} on, in the 0x{Length:X} bytes of the file system");
        }

        Cache.ReadAt(address, buffer[..FileHeader.Length]);
        return new FileHeader(buffer[..FileHeader.Length]);
    }

    /// <summary>Reads the name behind a header.</summary>
    /// <param name="header">Where the header is.</param>
    /// <param name="buffer">At least <see cref="FileHeader.MaxNameLength"/> bytes and one, for it.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="InvalidImageException">It has no end.</exception>
    public int ReadName(uint header, Span<byte> buffer)
    {
        long start = header + FileHeader.Length;
        int read = (int)Math.Min(FileHeader.MaxNameLength + 1, Length - start);

        // Most names are short, and what is behind may be contents that are not there.
        for (int known = 0; known < read;)
        {
            int part = Math.Min(FileHeader.Alignment, read - known);
            Cache.ReadAt(start + known, buffer.Slice(known, part));
            int end = buffer.Slice(known, part).IndexOf((byte)0);
            if (end >= 0)
            {
                return known + end;
            }

            known += part;
        }

        throw Invalid(header, $"its name does not end within {read} bytes");
    }

    /// <summary>Where the file's own header is that a header stands for: a hard link leads to another, which may be a hard link too.</summary>
    /// <param name="address">Where the header is.</param>
    /// <exception cref="InvalidImageException">It leads nowhere.</exception>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    public uint Resolve(uint address) => Resolve(address, out _);

    /// <summary>The same, and the type of the file.</summary>
    public uint Resolve(uint address, out NodeType type)
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        uint at = address;
        for (int i = 0; i <= MaxLinks; i++)
        {
            FileHeader header = ReadHeader(at, buffer);
            if (!header.IsHardLink)
            {
                type = header.Type;
                return at;
            }

            at = header.Target;
        }

        throw Invalid(address, $"it begins a chain of more than {MaxLinks} hard links");
    }

    /// <summary>Where the contents of a file are.</summary>
    /// <param name="address">Where its own header is.</param>
    /// <exception cref="InvalidImageException">They leave the file system.</exception>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    public BlockSlice OpenContents(uint address)
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        long size = ReadHeader(address, buffer).Size;
        long start = FindContents(address);
        return size <= Length - start
            ? new BlockSlice(Source, start, size)
            : throw Invalid(address, $"its contents of {size} bytes at 0x{start:X} leave the file system, which ends at 0x{Length:X}");
    }

    /// <summary>Where the contents of a file begin.</summary>
    /// <param name="address">Where its own header is.</param>
    public long FindContents(uint address)
    {
        Span<byte> name = stackalloc byte[FileHeader.MaxNameLength + 1];
        return EndOfName(address + FileHeader.Length, ReadName(address, name));
    }
}
