using System.Buffers.Binary;
using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>What <c>verify</c> checks of a forensic image: both copies of its tables, the checksums of all chunks, and the hashes of the disk.</summary>
/// <param name="disk">The disk.</param>
/// <param name="image">What the image tells.</param>
internal sealed class EwfChecks(EwfDisk disk, EwfReader image)
{
    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("tables of chunks", CheckTables),
        new Check(image.Hashes.Count == 0 ? "checksums of chunks" : $"checksums of chunks, {string.Join(" and ", image.Hashes.Select(hash => hash.Name.ToUpperInvariant()).Distinct())} of the disk", CheckChunks)
        {
            Length = disk.Length,
        },
    ];

    private void CheckTables(CheckRun run)
    {
        foreach (ChunkTable table in image.Tables)
        {
            run.Try(() =>
            {
                foreach (InvalidImageException damage in table.FindDamage())
                {
                    run.Find(Finding.Of(damage));
                }
            });
        }

        if (image.Missing is not null)
        {
            run.Find(string.Empty, 0, image.Missing);
        }

        run.Extent = image.Tables.Count.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckChunks(CheckRun run)
    {
        bool isWhole = image.Missing is null;
        using var hashes = new Hashes(image.Hashes, run);
        byte[] bytes = new byte[image.Geometry.ChunkSize];
        byte[] stored = [];
        foreach (ChunkTable table in image.Tables)
        {
            for (int i = 0; i < table.Count && (table.First + i) * bytes.Length < disk.Length; i++)
            {
                long chunk = table.First + i;
                int length = disk.LengthOf(chunk);
                isWhole &= run.Try(() =>
                {
                    StoredChunk place = table.Find(i);
                    disk.ReadAt(chunk * bytes.Length, bytes.AsSpan(0, length));
                    if (!place.IsCompressed)
                    {
                        CheckStored(table.Segment, place, bytes.AsSpan(0, length), ref stored);
                    }
                });
                hashes.Append(bytes.AsSpan(0, length));
                run.Advance(length);
            }
        }

        if (isWhole)
        {
            hashes.Compare();
        }

        run.Extent = image.Chunks.ToString(CultureInfo.InvariantCulture);
    }

    // Behind its bytes a chunk that is not compressed has their Adler-32; of the last one, which may be filled up, that of all of them.
    private static void CheckStored(Segment segment, StoredChunk place, ReadOnlySpan<byte> bytes, ref byte[] stored)
    {
        if (place.Length < bytes.Length + sizeof(uint))
        {
            throw segment.Invalid("chunk", place.Address, "it has no checksum");
        }

        if (place.Length > int.MaxValue || place.Length > (2L * bytes.Length) + (1 << 20))
        {
            throw segment.Invalid("chunk", place.Address, $"it has {place.Length} bytes for {bytes.Length}");
        }

        if (stored.Length < place.Length)
        {
            stored = new byte[place.Length];
        }

        Span<byte> all = stored.AsSpan(0, (int)place.Length);
        segment.Source.ReadAt(place.Address, all);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(all[^sizeof(uint)..]);
        uint behind = BinaryPrimitives.ReadUInt32LittleEndian(all[bytes.Length..]);
        uint found = Adler32.Of(bytes);
        if (behind != found && checksum != Adler32.Of(all[..^sizeof(uint)]))
        {
            throw segment.Invalid("chunk", place.Address, $"its Adler-32 is 0x{found:X8}, and the image says 0x{behind:X8}");
        }
    }

    // What is added up of the disk while its chunks are read.
    private sealed class Hashes : IDisposable
    {
        private readonly List<(StoredHash Stored, HashState State, int Size)> _states = [];
        private readonly CheckRun _run;

        public Hashes(IReadOnlyList<StoredHash> stored, CheckRun run)
        {
            _run = run;
            foreach (StoredHash hash in stored)
            {
                try
                {
                    if (HashFunction.Find(hash.Name) is { } function)
                    {
                        HashState state = function.MakeState();
                        state.Begin();
                        _states.Add((hash, state, function.Size));
                        continue;
                    }
                }
                catch (DllNotFoundException)
                {
                }

                run.Block($"{hash.Name} without the library {Libcrypto.Library} (Debian's package {Libcrypto.Package} has it)");
            }
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            foreach ((_, HashState state, _) in _states)
            {
                state.Append(bytes);
            }
        }

        public void Compare()
        {
            Span<byte> hash = stackalloc byte[HashFunction.MaxSize];
            foreach ((StoredHash stored, HashState state, int size) in _states)
            {
                state.Finish(hash);
                string found = Convert.ToHexStringLower(hash[..size]);
                if (found != stored.Value)
                {
                    _run.Find(Finding.Of(stored.Segment.Invalid($"{stored.Section.Type} section", stored.Section.Address, $"the {stored.Name} of the disk is {found}, and the image says {stored.Value}")));
                }
            }
        }

        public void Dispose() => _states.ForEach(state => state.State.Dispose());
    }
}
