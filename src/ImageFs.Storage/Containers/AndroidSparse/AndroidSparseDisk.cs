using System.Buffers.Binary;
using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>The disk in a sparse image, which may be in several files: each has some of its blocks.</summary>
internal sealed class AndroidSparseDisk : Container
{
    // Chunks are not looked up in the file, for each is found by the one before: of so many, 32 MiB are kept.
    private const int MaxChunks = 1 << 20;
    private const int PieceLength = 1 << 20;

    private readonly IReadOnlyList<SparseFile> _files;
    private readonly long[] _starts;
    private readonly Stored[] _stored;

    // Beyond it nothing is known: chunks are missing.
    private readonly long _end;

    /// <summary>Reads the headers of all chunks.</summary>
    /// <param name="files">The files; at least one.</param>
    /// <param name="warn">Called with what is wrong but harmless: a file that is cut short.</param>
    /// <exception cref="ImageException">A chunk is damaged, or two files have one block.</exception>
    public AndroidSparseDisk(IReadOnlyList<SparseFile> files, Action<string> warn)
    {
        _files = files;
        Length = files[0].Length;
        _end = Length;
        var found = new List<(long Start, Stored Stored)>();
        for (int i = 0; i < files.Count; i++)
        {
            _end = Math.Min(_end, Read(files[i], i, found, warn));
        }

        found.Sort((one, other) => one.Start.CompareTo(other.Start));
        _starts = [.. found.Select(chunk => chunk.Start)];
        _stored = [.. found.Select(chunk => chunk.Stored)];
        for (int i = 1; i < _starts.Length; i++)
        {
            if (_starts[i] < _starts[i - 1] + _stored[i - 1].Length)
            {
                throw new InvalidImageException(
                    "android-sparse chunk",
                    _stored[i].Address,
                    $"{files[_stored[i].File].Name} and {files[_stored[i - 1].File].Name} both have byte 0x{_starts[i]:X} of the disk: they are not parts of one",
                    SparseFile.Clause);
            }
        }
    }

    /// <inheritdoc/>
    public override string Format => AndroidSparseFormat.FormatName;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks => [new Check("CRC-32 of the disk", CheckSums) { Length = Length * _files.Count }];

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("block-size", _files[0].BlockSize)
        .With("chunks", _files.Sum(file => file.Chunks))
        .With("files", _files.Count > 1 ? (long)_files.Count : null)
        .With("stored", _stored.Sum(chunk => chunk.IsFill ? 0 : chunk.Length));

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        int index = Array.BinarySearch(_starts, offset);
        index = index < 0 ? ~index - 1 : index;
        if (index >= 0 && offset - _starts[index] < _stored[index].Length)
        {
            Stored chunk = _stored[index];
            long inChunk = offset - _starts[index];
            long left = chunk.Length - inChunk;
            return chunk.IsFill
                ? chunk.Fill == 0 ? new Piece(ExtentKind.Unwritten, left) : Piece.Own(left)
                : Piece.Mapped(_files[chunk.File].Source, chunk.Address + inChunk, left);
        }

        long next = index + 1 < _starts.Length ? _starts[index + 1] : Length;
        return offset < _end
            ? Piece.Hole(Math.Min(next, _end) - offset)
            : throw new TruncatedImageException($"byte 0x{offset:X} of the disk is in no chunk that is there: the file is cut short");
    }

    /// <inheritdoc/>
    /// <remarks>Blocks that are full of four bytes.</remarks>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int index = Array.BinarySearch(_starts, offset);
            index = index < 0 ? ~index - 1 : index;
            Stored chunk = _stored[index];
            long inChunk = offset - _starts[index];
            Span<byte> part = destination[..(int)Math.Min(destination.Length, chunk.Length - inChunk)];
            Repeat(chunk.Fill, (int)(inChunk % sizeof(uint)), part);
            destination = destination[part.Length..];
            offset += part.Length;
        }
    }

    // Where what is known of the disk ends.
    private static long Read(SparseFile file, int index, List<(long Start, Stored Stored)> found, Action<string> warn)
    {
        long end = 0;
        long chunks = 0;
        try
        {
            foreach (SparseChunk chunk in file.ReadChunks())
            {
                chunks++;
                end = chunk.Start + chunk.Length;
                if (!chunk.HasData)
                {
                    continue;
                }

                if (found.Count == MaxChunks)
                {
                    throw new UnsupportedFeatureException($"a sparse image of more than {MaxChunks} chunks (simg2img makes a raw one of it)");
                }

                bool isFill = chunk.Type == ChunkType.Fill;
                found.Add((chunk.Start, new Stored(chunk.Length, isFill ? chunk.Value : chunk.Address, index, isFill)));
            }

            return file.Length;
        }
        catch (TruncatedImageException e)
        {
            warn($"{file.Name} is cut short after {chunks} of {file.Chunks} chunks, and what lies beyond cannot be read: {e.Message}");
            return end;
        }
    }

    private static void Repeat(uint value, int start, Span<byte> destination)
    {
        Span<byte> pattern = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(pattern, value);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = pattern[(start + i) % sizeof(uint)];
        }
    }

    private void CheckSums(CheckRun run)
    {
        int sums = 0;
        foreach (SparseFile file in _files)
        {
            run.Try(() => sums += CheckSum(file, run));
        }

        if (sums > 0 || run.Findings > 0)
        {
            run.Extent = sums.ToString(CultureInfo.InvariantCulture);
        }
        else
        {
            run.GiveUp("the image has none");
        }
    }

    // Of each file by itself, in which what the others have counts as zeros.
    private static int CheckSum(SparseFile file, CheckRun run)
    {
        if (file.Checksum == 0 && !file.ReadChunks().Any(chunk => chunk.Type == ChunkType.Checksum))
        {
            return 0;
        }

        int sums = 0;
        var crc = new SparseSum();
        byte[] piece = new byte[PieceLength];
        long end = 0;
        foreach (SparseChunk chunk in file.ReadChunks())
        {
            if (chunk.Type == ChunkType.Checksum)
            {
                sums++;
                Compare("android-sparse chunk", chunk.Address, chunk.Value);
            }
            else
            {
                Append(chunk);
                end = chunk.Start + chunk.Length;
            }
        }

        Append(new SparseChunk(ChunkType.DontCare, end, file.Length - end, 0));
        if (file.Checksum != 0)
        {
            sums++;
            Compare("android-sparse header", 24, file.Checksum);
        }

        return sums;

        void Append(SparseChunk chunk)
        {
            if (chunk.Type != ChunkType.Raw)
            {
                crc.AppendRepeated(chunk.Value, chunk.Length);
                run.Advance(chunk.Length);
                return;
            }

            for (long done = 0; done < chunk.Length;)
            {
                Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, chunk.Length - done));
                file.Source.ReadAt(chunk.Address + done, part);
                crc.Append(part);
                run.Advance(part.Length);
                done += part.Length;
            }
        }

        void Compare(string structure, long address, uint expected)
        {
            uint found = crc.Value;
            if (found != expected)
            {
                run.Find(structure, address, $"the checksum of the disk{(file.Length == end ? string.Empty : " up to there")} is 0x{found:X8}, and the image says 0x{expected:X8}", SparseFile.Clause);
            }
        }
    }

    // Of a chunk with data: bytes, and where they are in which file, or what they are full of.
    private readonly record struct Stored(long Length, long Place, int File, bool IsFill)
    {
        public long Address => IsFill ? 0 : Place;

        public uint Fill => (uint)Place;
    }
}
